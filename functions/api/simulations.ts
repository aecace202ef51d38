import { simulatePolicy } from '../../shared/api/simulations.ts'
import { connectStore } from '../../shared/store/table.ts'
import { setting } from '../middleware/wiring.ts'
import { serveWith } from './http/serve.ts'

/** Its route needs the scope `policy:write`: it reads the whole of an era's log. */
export const handler = serveWith(() => connectStore({ tableName: setting('TABLE_NAME') }), {
  'POST /policy/simulations': simulatePolicy,
})
