import * as z from 'zod'
import { cursorParam, limitParam, moment, next } from './fields.ts'

/** Requests and responses about events that were not booked. */

export const quarantineQuery = z.strictObject({ cursor: cursorParam, limit: limitParam })

export const quarantineResponse = z
  .strictObject({
    events: z.array(
      z
        .strictObject({
          id: z.string(),
          reason: z.strictObject({
            rule: z.string().meta({ description: 'Stable name of the rule.', example: 'amount' }),
            message: z.string(),
            value: z.string().meta({ description: 'The offending value as JSON, cut to 256 characters.' }),
          }),
          source: z.string(),
          detailType: z.string(),
          receivedAt: moment,
          original: z.string().meta({ description: 'What was sent.' }),
          status: z.enum(['waiting', 'replayed']),
        })
        .meta({ id: 'QuarantinedEvent' }),
    ),
    next,
  })
  .meta({ id: 'Quarantine' })
