import * as z from 'zod'
import { isParticipant, normaliseAccount } from '../domain/account.ts'
import { parseMoment } from '../domain/calendar.ts'
import type { BusEvent, BusEventName } from '../domain/event.ts'
import { isAmount } from '../domain/money.ts'
import { isName, NAME_RULE } from '../domain/name.ts'
import { ASSET_RULE, isAsset } from '../domain/payout/rate.ts'
import { canonicalJson } from '../domain/policy/policy.ts'

/** What producers send: the contract of each event's `data`, read into the domain's own event. */

const MAX_DETAILS_BYTES = 8_192

/** How much of a value a rejection shows, characters. */
const MAX_SHOWN = 256

const ID_RULE = 'an id is 1 to 128 printable ASCII characters'
const ACCOUNT_RULE = 'an account is 1 to 128 of A-Z a-z 0-9 : . _ -'
const MOMENT_RULE = 'a moment is ISO 8601 with an offset, like "2026-01-01T00:00:00Z"'
const WHOLE_RULE = 'a block or a sequence is a whole number, 0 or above'

const id = z.string(ID_RULE).regex(/^[\x20-\x7e]{1,128}$/, ID_RULE)
const name = z.string(NAME_RULE).refine(isName, NAME_RULE)
const account = z.string(ACCOUNT_RULE).refine(isParticipant, ACCOUNT_RULE).transform(normaliseAccount)
const amount = z
  .string('an amount is a decimal string of base units')
  .refine(
    isAmount,
    'an amount is a whole number from 0 to 10^38 - 1, without sign, point, exponent or leading zeros',
  )
  .transform(BigInt)
const moment = z.string(MOMENT_RULE).transform((text, context) => {
  const ms = parseMoment(text)
  if (ms !== undefined) return ms
  context.addIssue({
    code: 'custom',
    message: MOMENT_RULE,
  })
  return z.NEVER
})
const ratePart = amount.refine((part) => part > 0n, 'both parts of a rate are above 0')
const block = z.int(WHOLE_RULE).nonnegative(WHOLE_RULE)
const spread = z
  .strictObject({ from: z.union([block, moment]), to: z.union([block, moment]) })
  .refine(({ from, to }) => from < to, 'a spread ends after it begins')
const details = z.json().transform((value, context) => {
  const text = canonicalJson(value)
  const bytes = Buffer.byteLength(text)
  if (bytes <= MAX_DETAILS_BYTES) return text
  context.addIssue({
    code: 'custom',
    message: `details are at most ${MAX_DETAILS_BYTES} bytes of JSON: got ${bytes}`,
  })
  return z.NEVER
})

const common = {
  id,
  occurredAt: moment,
  block: block.optional(),
  stream: id.optional(),
  sequence: block.optional(),
}
const money = {
  kind: name,
  amount,
  payer: account.optional(),
  spread: spread.optional(),
  details: details.optional(),
}

export const contracts = {
  FeeCharged: z.strictObject({
    ...common,
    ...money,
    amount: amount.refine((fee) => fee > 0n, 'a fee is above 0'),
  }),
  CostIncurred: z.strictObject({ ...common, ...money }),
  MetricReported: z.strictObject({ ...common, account, metric: name, value: amount }),
  StakeReported: z.strictObject({
    ...common,
    account,
    lot: id.default('default'),
    amount,
    lockSeconds: z
      .int()
      .min(0)
      .max(100 * 366 * 86_400)
      .default(0),
  }),
  ParticipantChanged: z.strictObject({
    ...common,
    account,
    group: name,
    status: z.enum(['active', 'suspended', 'left']),
  }),
  ObligationDue: z.strictObject({ ...common, account, obligation: name, amount, spread: spread.optional() }),
  SpreadEnded: z.strictObject({
    ...common,
    event: z.enum(['FeeCharged', 'CostIncurred', 'ObligationDue']),
    spreadId: id,
    refundTo: account.optional(),
  }),
  TokensDeposited: z.strictObject({
    ...common,
    account,
    amount: amount.refine((deposit) => deposit > 0n, 'a deposit is above 0'),
  }),
  RatePublished: z.strictObject({
    ...common,
    asset: z.string(ASSET_RULE).refine(isAsset, ASSET_RULE),
    numerator: ratePart,
    denominator: ratePart,
  }),
  PayoutConfirmed: z.strictObject({ ...common, payoutId: id }),
  PayoutFailed: z.strictObject({ ...common, payoutId: id }),
} satisfies Record<BusEventName, z.ZodType>

export const EVENT_NAMES = Object.keys(contracts) as BusEventName[]

/** Why an event cannot be accepted: the rule it breaks and the value that breaks it. */
export interface Rejection {
  /** Stable name of the rule, such as `amount` or `era.lateness`. */
  rule: string
  message: string
  /** The offending value, as JSON, cut to 256 characters. */
  value: string
}

/** Reads one event's data by its contract. `position` fields stay as given; policy rules are checked by admission. */
export function readEvent<Name extends BusEventName>(
  name: Name,
  data: unknown,
): { event: Extract<BusEvent, { name: Name }> } | { rejection: Rejection } {
  const read = contracts[name].safeParse(data)
  if (read.success) return { event: { name, ...read.data } as Extract<BusEvent, { name: Name }> }
  const issue = read.error.issues[0] as (typeof read.error.issues)[number]
  const path = issue.path.join('.')
  const unknown =
    issue.code === 'unrecognized_keys'
      ? `unknown key ${issue.keys.join(', ').slice(0, MAX_SHOWN)}`
      : undefined
  return {
    rejection: {
      rule: path || 'data',
      message: unknown ?? issue.message,
      value: showValue(valueAt(data, issue.path)),
    },
  }
}

export function showValue(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, MAX_SHOWN)
}

function valueAt(data: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    data,
  )
}
