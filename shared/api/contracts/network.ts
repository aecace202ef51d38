import * as z from 'zod'
import { count, digest, era, json, versionParam } from './fields.ts'

/** Requests and responses about the network itself. */

export const nothing = z.strictObject({})
export const versionPath = z.strictObject({ n: versionParam })

export const policyResponse = z
  .strictObject({
    version: count,
    hash: digest.meta({
      description: 'sha-256 of the canonical JSON of `policy`: keys sorted, no white space.',
    }),
    effectiveFromEra: era.meta({ description: 'The first era it rules.' }),
    policy: z.record(z.string(), json).meta({ description: 'As it was written.' }),
  })
  .meta({ id: 'Policy' })

export const openApiResponse = z
  .looseObject({ openapi: z.string(), info: z.looseObject({}), paths: z.looseObject({}) })
  .meta({ id: 'OpenApi' })
