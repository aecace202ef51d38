import { readBalance } from '../../shared/api/balance.ts'
import { readReceipt } from '../../shared/api/receipt.ts'
import { readStatement } from '../../shared/api/statement.ts'
import { serve } from './http/serve.ts'

export const handler = serve({
  'GET /accounts/{account}/balance': readBalance,
  'GET /accounts/{account}/statement': readStatement,
  'GET /accounts/{account}/receipt': readReceipt,
})
