import * as z from 'zod'
import {
  account,
  accountParam,
  amount,
  count,
  cursorParam,
  digest,
  era,
  eraParam,
  limitParam,
  moment,
  next,
  quantity,
  reason,
} from './fields.ts'

/** Requests and responses about one account. */

export const accountPath = z.strictObject({ account: accountParam })

export const balanceResponse = z
  .strictObject({
    account,
    available: amount.meta({ description: 'Can be spent.' }),
    pending: amount.meta({
      description: 'Credited, but its era is not sealed or its release time has not come.',
    }),
    pendingCredits: z.array(z.strictObject({ era, amount, releaseAt: moment })),
    total: amount.meta({ description: 'available + pending.' }),
    owed: amount.meta({ description: 'Costs that could not be paid back to the account yet.' }),
    earned: amount.meta({ description: 'All that eras ever credited.' }),
    deposited: amount.meta({
      description: 'All that ever came in from outside, with what the account began with.',
    }),
    paid: amount.meta({ description: 'All that ever left.' }),
    asOf: z.strictObject({
      sealedThrough: z
        .int()
        .min(-1)
        .meta({ description: 'Every era up to this one is in the answer; -1 before the first seal.' }),
    }),
  })
  .meta({ id: 'Balance' })

export const statementQuery = z.strictObject({
  era: eraParam.optional(),
  cursor: cursorParam,
  limit: limitParam,
})

const statementRow = z
  .strictObject({
    era,
    state: z.enum(['pending', 'available']),
    releaseAt: moment.meta({ description: 'From then on, by the network clock, the credit can be spent.' }),
    lines: z.array(z.strictObject({ why: reason, amount })),
    capped: z.array(z.strictObject({ why: reason, amount })).meta({ description: 'Taken back by caps.' }),
    credited: amount.meta({ description: 'All lines less what was capped.' }),
    owed: amount
      .optional()
      .meta({ description: 'Costs still owed to the account after the era; absent where there were none.' }),
    dues: z
      .record(z.string(), amount)
      .meta({ description: 'Dues still to be paid to the account after the era, by obligation.' }),
  })
  .meta({ id: 'StatementRow' })

export const statementResponse = z
  .strictObject({
    account,
    rows: z.array(statementRow).meta({
      description:
        'Newest era first. May be empty although `next` is there: nothing moved in the eras looked at.',
    }),
    next,
  })
  .meta({ id: 'Statement' })

export const receiptQuery = z.strictObject({ era: eraParam })

const share = z
  .strictObject({
    why: reason,
    by: z.string().meta({
      description: 'What w measures.',
      example: 'weight {"metric":"costPaid"} of group "collators"',
    }),
    line: amount.optional().meta({
      description: 'The line as the plan has it, before a rollover came to it and before it was parted.',
    }),
    numbers: z.strictObject({
      T: quantity.meta({ description: 'What is shared, base units.' }),
      W: quantity.meta({ description: 'Sum of the weights of all accounts.' }),
      C: quantity.meta({
        description: 'Sum of the weights through this account, in the order of sha-256(account).',
      }),
      w: quantity.meta({ description: 'Weight of this account.' }),
    }),
    amount: amount.meta({ description: 'floor(T*C/W) - floor(T*(C-w)/W).' }),
  })
  .meta({ id: 'Share' })

export const receiptResponse = z
  .strictObject({
    account,
    era,
    formula: z.literal('floor(T*C/W) - floor(T*(C-w)/W)'),
    how: z.string(),
    shares: z.array(share),
    direct: z
      .array(z.strictObject({ why: reason, amount }))
      .meta({ description: 'Credits that are not shared with anybody.' }),
    capped: z.array(z.strictObject({ why: reason, amount })),
    credited: amount.meta({ description: 'Shares and direct credits less what was capped.' }),
    releaseAt: moment,
    policy: z.strictObject({ version: count, hash: digest }),
    seal: z.strictObject({ hash: digest, previousHash: digest.or(z.literal('')), statementsDigest: digest }),
  })
  .meta({ id: 'Receipt' })
