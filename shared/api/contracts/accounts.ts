import * as z from 'zod'
import {
  account,
  accountParam,
  amount,
  amountMoved,
  command,
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
  signedAmount,
} from './fields.ts'

/** Requests and responses about one account. */

export const accountPath = z.strictObject({ account: accountParam })

const sealedThrough = z
  .int()
  .min(-1)
  .meta({ description: 'Every era up to this one is in the answer; -1 before the first seal.' })

export const balanceResponse = z
  .strictObject({
    account,
    available: amount.meta({
      description: 'Can be spent: what time has released is in it, no command is needed for that.',
    }),
    pending: amount.meta({
      description: 'Credited, but its era is not sealed or its release time has not come.',
    }),
    pendingCredits: z.array(z.strictObject({ era, amount, releaseAt: moment })),
    held: amount.meta({ description: 'Kept aside for what was begun: the sum of `holds`.' }),
    holds: z.array(
      z.strictObject({
        id: z.string().meta({ description: 'What it is kept for.', example: 'order#3f9a' }),
        amount,
        until: moment.optional().meta({
          description: 'Available again from then on by itself; absent where only a command ends it.',
        }),
      }),
    ),
    staked: amount.meta({
      description:
        'Staked here, that which is on its way back included. Stakes that are only reported from outside are not in it.',
    }),
    returning: z
      .array(z.strictObject({ lot: z.string(), amount, returnsAt: moment }))
      .meta({ description: 'The part of `staked` that was unstaked, with when it is available.' }),
    total: amount.meta({
      description:
        'available + pending + held + staked, and as much as earned + deposited + received - paid.',
    }),
    owed: amount.meta({ description: 'Costs that could not be paid back to the account yet.' }),
    dues: z
      .record(z.string(), amount)
      .meta({ description: 'Dues that could not be paid to the account yet, by obligation.' }),
    earned: amount.meta({ description: 'All that eras ever credited, but for what they gave back.' }),
    deposited: amount.meta({
      description: 'All that ever came in from outside, with what the account began with.',
    }),
    received: amount.meta({
      description:
        'All that other accounts ever paid to it, and all that eras gave back of what was stopped, as a booking.',
    }),
    paid: amount.meta({ description: 'All that ever left.' }),
    asOf: z.strictObject({ sealedThrough }),
  })
  .meta({ id: 'Balance' })

export const MOVES = [
  'transfer',
  'hold',
  'release',
  'extend',
  'capture',
  'charge',
  'end',
  'stake',
  'unstake',
  'slash',
] as const

const entryMove = z
  .strictObject({
    move: z.enum(MOVES),
    amount: amount.optional().meta({ description: 'What moved; absent where only a time was changed.' }),
    change: signedAmount.meta({
      description: 'What it changed of all that the account has: 0 where it only moved inside the account.',
    }),
    other: account.optional().meta({
      description:
        'The other side: another account, `@external` for the world outside, `@charged` for the network.',
    }),
    why: reason,
    memo: z.string().optional().meta({ description: 'What who did it wrote.' }),
    by: account.optional().meta({ description: 'Who decided it, of a slash.' }),
    hold: z
      .string()
      .optional()
      .meta({ description: 'What it is about: `booking#`, `order#` or `payout#` and its id.' }),
    lot: z.string().optional(),
    until: moment.optional().meta({ description: 'When a hold ends by itself.' }),
  })
  .meta({ id: 'Move' })

const entry = z
  .strictObject({
    command,
    era: era.meta({ description: 'The era it belongs to: the one that was open.' }),
    at: moment.meta({ description: 'When it happened, by the network clock.' }),
    moves: z.array(entryMove),
  })
  .meta({ id: 'Entry', description: 'What one command did to the account.' })

export const entriesQuery = z.strictObject({
  era: eraParam.optional(),
  cursor: cursorParam,
  limit: limitParam,
})

export const entriesResponse = z
  .strictObject({ account, entries: z.array(entry).meta({ description: 'Newest first.' }), next })
  .meta({ id: 'Entries' })

const MEMO_RULE = 'a memo is 1 to 256 characters, none of them a control character'

export const transferBody = z.strictObject({
  to: accountParam.meta({ description: 'The participant who gets it.', example: 'collator-008' }),
  amount: amountMoved,
  memo: z
    .string(MEMO_RULE)
    .regex(/^[^\p{Cc}\p{Cs}]{1,256}$/u, MEMO_RULE)
    .optional()
    .meta({
      description: 'What both sides read in their entries, and so does everybody who may read the books.',
    }),
})

export const transferResponse = z
  .strictObject({
    command,
    era: era.meta({ description: 'The era it belongs to: the one that was open.' }),
    at: moment.meta({ description: 'When it happened, by the network clock.' }),
    from: account,
    to: account,
    amount,
    memo: z.string().optional(),
  })
  .meta({ id: 'Transfer' })

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
    entries: z
      .array(entry)
      .meta({ description: 'What commands of the era did to the account, newest first.' }),
    more: z.boolean().meta({
      description:
        'Whether commands did more than `entries` shows: `/accounts/{account}/entries?era=` has all.',
    }),
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
