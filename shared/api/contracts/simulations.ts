import * as z from 'zod'
import { state as eraState } from './eras.ts'
import { account, amount, count, digest, era, json, signedAmount } from './fields.ts'

/** Who gains and who loses by a policy that nobody has stored yet. */

export const simulationBody = z
  .strictObject({
    policy: z
      .record(z.string(), json)
      .meta({ description: 'A whole policy; its `version` is not looked at.' }),
  })
  .meta({ id: 'PolicyToSimulate' })

const change = {
  difference: signedAmount.meta({ description: 'After less before.' }),
  percent: z
    .string()
    .optional()
    .meta({ description: 'Of what was before; absent where that was nothing.', example: '-50.00%' }),
}
const changed = { before: amount, after: amount, ...change }
const amountChange = z.strictObject(changed)

const sideOfIt = z.strictObject({ count, total: signedAmount })

const identity = z.strictObject({ version: count, hash: digest })

export const simulationResponse = z
  .strictObject({
    era,
    policy: identity.meta({ description: 'What the era was settled by: "before".' }),
    proposed: identity.meta({ description: 'What was sent: "after".' }),
    state: z.strictObject({ before: eraState, after: eraState }),
    events: count.meta({ description: 'Events of the log that were settled again.' }),
    leftOut: z
      .strictObject({
        count,
        first: z.array(
          z.strictObject({
            name: z.string(),
            id: z.string(),
            rule: z.string(),
            message: z.string(),
            value: z.string(),
          }),
        ),
      })
      .meta({
        description: 'Events that would go to quarantine under the proposed policy, and the first of them.',
      }),
    isReproduced: z
      .boolean()
      .meta({ description: 'Whether "before" comes to what the seal of the era says, to the unit.' }),
    approximations: z
      .array(z.string())
      .meta({ description: 'What is not as it was when the era was settled.' }),
    income: amountChange,
    cost: amountChange,
    net: z.strictObject({ before: signedAmount, after: signedAmount, ...change }),
    lines: z.array(z.strictObject({ stage: z.string(), line: z.string(), ...changed })),
    system: z
      .array(z.strictObject({ account, ...changed }))
      .meta({ description: "What the network's own accounts hold after the era." }),
    accounts: z
      .strictObject({
        gained: sideOfIt,
        lost: sideOfIt,
        unchanged: count,
        largest: z
          .array(z.strictObject({ account, ...changed }))
          .meta({ description: 'The 100 greatest differences, the greatest first.' }),
      })
      .meta({ description: 'What participants are credited.' }),
  })
  .meta({ id: 'PolicySimulation' })
