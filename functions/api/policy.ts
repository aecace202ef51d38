import { putPolicy } from '../../shared/api/policies.ts'
import { connectStore } from '../../shared/store/table.ts'
import { setting } from '../middleware/wiring.ts'
import { serveWith } from './http/serve.ts'

/** Its route needs the scope `policy:write`: in the gateway's authorizer, and again in `serveWith`. */
export const handler = serveWith(() => connectStore({ tableName: setting('TABLE_NAME') }), {
  'PUT /policy': putPolicy,
})
