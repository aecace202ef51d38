import { listQuarantine } from '../../shared/api/quarantine.ts'
import { serve } from './http/serve.ts'

/** Its route needs the scope `quarantine:read`: in the gateway's authorizer, and again in `serve`. */
export const handler = serve({ 'GET /quarantine': listQuarantine })
