import { listOffers, putOffer, readOffer } from '../../shared/api/market/offers.ts'
import { connectStore } from '../../shared/store/table.ts'
import { setting } from '../middleware/wiring.ts'
import { serveWith } from './http/serve.ts'

export const handler = serveWith(
  () => ({ store: connectStore({ tableName: setting('TABLE_NAME') }), now: Date.now }),
  {
    'PUT /offers/{id}': putOffer,
    'GET /offers': listOffers,
    'GET /offers/{id}': readOffer,
  },
)
