import * as z from 'zod'

/** What the state machine hands to its steps: where the one before, or the same, has stopped. */
export const ofStep = z.object({ after: z.string().optional(), failed: z.int().nonnegative().default(0) })
