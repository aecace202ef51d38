import { listPurchases, readPurchase } from '../../shared/api/purchases.ts'
import { serve } from './http/serve.ts'

export const handler = serve({
  'GET /purchases': listPurchases,
  'GET /purchases/{id}': readPurchase,
})
