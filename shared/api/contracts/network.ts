import * as z from 'zod'
import { count, digest, era, json, MAX_ERA, versionParam } from './fields.ts'

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

export const policyInForceResponse = policyResponse
  .extend({
    pending: z
      .array(policyResponse)
      .meta({ description: 'Versions that are stored and wait for their era, in the order of their eras.' }),
  })
  .meta({ id: 'PolicyInForce' })

export const policyPutBody = z
  .strictObject({
    policy: z
      .record(z.string(), json)
      .meta({ description: 'A whole policy, with the next number as its `version`.' }),
    effectiveFrom: z
      .int('the era that a policy is effective from is a whole number')
      .nonnegative()
      .max(MAX_ERA)
      .meta({
        description: 'The first era it rules: above the open era, and above that of the version before.',
      }),
  })
  .meta({ id: 'PolicyPut' })

export const openApiResponse = z
  .looseObject({ openapi: z.string(), info: z.looseObject({}), paths: z.looseObject({}) })
  .meta({ id: 'OpenApi' })
