import { keepCurrentEra } from '../../shared/api/current.ts'
import { listEras, readEra } from '../../shared/api/eras.ts'
import { serve } from './http/serve.ts'

export const handler = serve({
  'GET /eras': listEras,
  'GET /eras/current': keepCurrentEra(),
  'GET /eras/{n}': readEra,
})
