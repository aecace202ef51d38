import { readOpenApi } from '../../shared/api/openapi.ts'
import { readPolicy, readPolicyVersion } from '../../shared/api/policies.ts'
import { serve } from './http/serve.ts'

export const handler = serve({
  'GET /policy': readPolicy,
  'GET /policy/versions/{n}': readPolicyVersion,
  'GET /openapi.json': readOpenApi,
})
