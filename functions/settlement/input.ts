import * as z from 'zod'

/** What the state machine hands to its steps. Keys that a step does not know are the machine's own, and dropped. */
const whole = z.int().nonnegative()

export const ofEra = z.object({ era: whole })
export const ofShard = z.object({ era: whole, shard: whole })
export const ofPartition = z.object({ era: whole, partition: whole })

/** `after` is where an earlier call of credit stopped. */
export const ofCredit = ofPartition.extend({ after: whole.optional() })

/** From the schedule nothing; from an operator the position up to which all has been sent. */
export const ofTick = z.object({ advanceTo: z.union([z.string(), whole]).optional() })
