import { decideEra } from '../../shared/api/decisions.ts'
import { connectStore } from '../../shared/store/table.ts'
import { setting } from '../middleware/wiring.ts'
import { serveWith } from './http/serve.ts'

/** Its route needs the scope `network:operate`: in the gateway's authorizer, and again in `serveWith`. */
export const handler = serveWith(
  () => ({ store: connectStore({ tableName: setting('TABLE_NAME') }), now: Date.now }),
  { 'POST /eras/{n}/decision': decideEra },
)
