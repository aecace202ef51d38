import { depositInventory, putInventory, readInventory } from '../../shared/api/payouts/inventories.ts'
import { cancelPayout, listPayouts, readPayout, requestPayout } from '../../shared/api/payouts/payouts.ts'
import { putPreference, readPayoutPreference } from '../../shared/api/payouts/preferences.ts'
import { connectStore } from '../../shared/store/table.ts'
import { setting } from '../middleware/wiring.ts'
import { serveWith } from './http/serve.ts'

export const handler = serveWith(
  () => ({ store: connectStore({ tableName: setting('TABLE_NAME') }), now: Date.now }),
  {
    'POST /accounts/{account}/payouts': requestPayout,
    'GET /accounts/{account}/payouts': listPayouts,
    'GET /payouts/{id}': readPayout,
    'POST /payouts/{id}/cancel': cancelPayout,
    'PUT /accounts/{account}/payout-preference': putPreference,
    'GET /accounts/{account}/payout-preference': readPayoutPreference,
    'PUT /inventories/{asset}': putInventory,
    'POST /inventories/{asset}/deposits': depositInventory,
    'GET /inventories/{asset}': readInventory,
  },
)
