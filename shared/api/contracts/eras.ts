import * as z from 'zod'
import {
  account,
  amount,
  count,
  cursorParam,
  digest,
  era,
  eraParam,
  limitParam,
  moment,
  next,
  position,
  signedAmount,
} from './fields.ts'

/** Requests and responses about eras. */

export const erasQuery = z.strictObject({ cursor: cursorParam, limit: limitParam })
export const eraPath = z.strictObject({ n: eraParam })

export const state = z
  .enum(['DISTRIBUTED', 'CARRIED', 'LOSS_COVERED', 'LOSS_SHORT', 'HELD'])
  .meta({ id: 'EraState', description: 'The result of an era.' })
const previousHash = digest
  .or(z.literal(''))
  .meta({ description: 'Hash of the seal before; empty for the first.' })
const through = era.meta({
  description: 'Last era of a range in which nothing moved; equal to `era` for any other.',
})

const eraSummary = z
  .strictObject({
    era,
    through,
    from: position,
    to: position,
    state,
    income: amount,
    cost: amount,
    net: signedAmount,
    credits: z.strictObject({ total: amount, accounts: count }),
    hash: digest,
  })
  .meta({ id: 'EraSummary' })

export const erasResponse = z.strictObject({ eras: z.array(eraSummary), next }).meta({ id: 'Eras' })

const incomeOfKind = z.strictObject({
  count,
  charged: amount.meta({ description: 'What payers were charged.' }),
  admitted: amount.meta({ description: 'What came to the pool at once.' }),
  deferred: amount.meta({ description: 'What waits to be recognised.' }),
  recognised: amount.meta({ description: 'Recognised in this era of what waited.' }),
})

export const eraResponse = z
  .strictObject({
    era,
    phase: z.literal('SEALED'),
    from: position,
    to: position,
    state,
    policy: z.strictObject({ version: count, hash: digest }),
    income: z.strictObject({ total: amount, kinds: z.record(z.string(), incomeOfKind) }),
    cost: z.strictObject({
      total: amount,
      owedBefore: amount,
      kinds: z.record(z.string(), z.strictObject({ count, amount })),
    }),
    net: signedAmount,
    draw: amount.optional().meta({ description: 'What the reserve paid of a loss.' }),
    owed: amount.optional().meta({ description: 'What of a loss is still owed.' }),
    held: z
      .strictObject({
        amount,
        because: z.array(
          z.strictObject({
            rule: z.string(),
            value: signedAmount,
            least: signedAmount.optional(),
            most: signedAmount.optional(),
          }),
        ),
      })
      .optional()
      .meta({
        description: 'Only of an era that was held: how much waits, and the figures outside their bounds.',
      }),
    decided: z
      .array(z.strictObject({ era, decision: z.enum(['pay', 'return']), amount }))
      .optional()
      .meta({ description: 'Held eras that were paid or returned to the pool in this one.' }),
    lines: z
      .record(z.string(), z.record(z.string(), amount))
      .meta({ description: 'stage -> line -> amount, before rollover and cap.' }),
    credits: z.strictObject({
      total: amount,
      accounts: count,
      largest: z.array(z.strictObject({ account, amount })),
    }),
    opening: z.record(z.string(), amount).meta({ description: 'System accounts before the era.' }),
    system: z.record(z.string(), amount).meta({ description: 'System accounts after the era.' }),
    postings: z.array(z.strictObject({ from: account, to: account, amount, why: z.string() })),
    releaseAt: moment.meta({
      description: 'From then on, by the network clock, the credits of the era can be spent.',
    }),
    counted: z.record(z.string(), count).meta({ description: 'Events counted, by name.' }),
    late: count.meta({ description: 'Of those, how many occurred in an era that was already closed.' }),
    duplicates: count.meta({ description: 'Came again, not counted.' }),
    conflicts: z
      .strictObject({ count, first: z.array(z.strictObject({ name: z.string(), id: z.string() })) })
      .meta({ description: 'Same id with other content: the first one counted.' }),
    streams: z
      .array(
        z.strictObject({
          stream: z.string(),
          first: count,
          last: count,
          distinct: count,
          gaps: z
            .array(z.tuple([count, count]))
            .meta({ description: 'Missing numbers between first and last, as inclusive ranges.' }),
        }),
      )
      .meta({ description: 'Producers’ own numbering.' }),
    eventsDigest: digest,
    statementsDigest: digest,
    seal: z
      .strictObject({ era, through, hash: digest, previousHash })
      .meta({ description: 'The seal that covers the era; it covers more than one where nothing moved.' }),
  })
  .meta({ id: 'Era' })

export const decisionBody = z.strictObject({ decision: z.enum(['pay', 'return']) }).meta({
  id: 'DecisionRequest',
  description: 'Pay a held era by its frozen plan, or return it to the pool.',
})

export const decisionResponse = z
  .strictObject({
    era,
    decision: z.enum(['pay', 'return']),
    doneIn: era.meta({
      description: 'The era that was open when it was decided: it is done when that is settled.',
    }),
    by: z.string().meta({ description: 'Whose token decided it.' }),
    at: moment,
  })
  .meta({ id: 'Decision' })

const running = z.record(z.string(), z.strictObject({ count, amount }))

export const currentEraResponse = z
  .strictObject({
    era,
    phase: z.literal('OPEN'),
    from: position,
    to: position,
    provisional: z.literal(true),
    note: z.string(),
    income: z.strictObject({ count, charged: amount, kinds: running }),
    cost: z.strictObject({ count, total: amount, kinds: running }),
    unsealed: z
      .array(z.strictObject({ era, through, phase: z.enum(['CLOSED', 'SETTLING']) }))
      .meta({ description: 'Eras that have ended and are not sealed yet, oldest first.' }),
    sealedThrough: z.int().min(-1).meta({ description: 'Greatest sealed era; -1 before the first seal.' }),
  })
  .meta({ id: 'CurrentEra' })
