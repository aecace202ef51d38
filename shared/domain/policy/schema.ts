import * as z from 'zod'
import { type Account, OPERATOR, rolloverOf } from '../account.ts'
import type { Calendar } from '../calendar.ts'
import { parseDuration, parseMonths } from '../duration.ts'
import { WHOLE } from '../percent.ts'
import {
  account,
  amount,
  byKey,
  destination,
  duration,
  id,
  moment,
  name,
  percent,
  position,
  signedAmount,
  systemAccount,
} from './fields.ts'

/** The shape of a policy as JSON. Each key is described in the policy language; rules across keys are in check.ts. */

const clock = z.enum(['wall', 'events', 'manual'])
const DAY_MS = 86_400_000
const settling = { clock, grace: duration.default(300_000), lateness: duration.default(7 * DAY_MS) }

const every = z.string().transform((text, context) => {
  const months = parseMonths(text)
  if (months !== undefined) return { by: 'month' as const, length: months }
  const ms = parseDuration(text)
  if (ms !== undefined && ms > 0) return { by: 'time' as const, length: ms }
  context.addIssue({
    code: 'custom',
    message: `an era lasts months ("P1M") or days and time ("P7D"): got ${JSON.stringify(text)}`,
  })
  return z.NEVER
})

const era = byKey('an era', {
  every: z.strictObject({ every, from: moment, ...settling }).transform(({ every, from, ...rest }) => ({
    ...rest,
    calendar: { ...every, from } satisfies Calendar as Calendar,
  })),
  blocks: z
    .strictObject({ blocks: z.int().positive(), from: z.int().nonnegative(), ...settling })
    .transform(({ blocks, from, ...rest }) => ({
      ...rest,
      calendar: { by: 'block', length: blocks, from } as Calendar,
    })),
})

const income = z.strictObject({
  admit: percent.default(WHOLE),
  restTo: account.default(OPERATOR),
  recognise: z.enum(['immediate', 'ratable']).default('immediate'),
})

const cap = z.strictObject({ metric: name })
const line = { id, to: destination }

const split = z.strictObject({
  id,
  from: systemAccount,
  split: z.array(z.strictObject({ ...line, share: percent, cap: cap.optional() })).min(1),
  rest: systemAccount,
})

const take = z.strictObject({
  id,
  from: systemAccount,
  take: z
    .array(
      byKey('a take line', {
        obligation: z.strictObject({ ...line, obligation: name, cap: cap.optional() }),
        fixed: z.strictObject({ ...line, fixed: amount, cap: cap.optional() }),
        topUpTo: z.strictObject({ ...line, topUpTo: amount, cap: cap.optional() }),
        restShare: z.strictObject({ ...line, restShare: percent, cap: cap.optional() }),
      }),
    )
    .min(1),
  rest: systemAccount,
})

const stage = byKey('a stage', { split, take })

/** An expression over what an account did, answering with a whole number: only proportions count. */
export type Weight =
  | { const: bigint }
  | { metric: string }
  | { curve: string; points: [bigint, bigint][] }
  | { stakeSeconds: { lockCurve: [number, bigint][] } }
  | { product: Weight[] }

const weight: z.ZodType<Weight> = z.lazy(() => byKey('a weight', weights)) as z.ZodType<Weight>
const weights = {
  const: z.strictObject({ const: amount }),
  metric: z.strictObject({ metric: name }),
  curve: z.strictObject({ curve: name, points: z.array(z.tuple([amount, percent])).min(1) }),
  stakeSeconds: z.strictObject({
    stakeSeconds: z.strictObject({ lockCurve: z.array(z.tuple([duration, percent])).min(1) }),
  }),
  product: z.strictObject({ product: z.array(weight).min(1) }),
}

const hybrid = z.strictObject({ hybrid: z.array(z.strictObject({ share: percent, weight })).min(1) })

const group = z
  .strictObject({
    weight: byKey('a weight', { ...weights, hybrid }),
    members: z.enum(['any', 'registered']).default('any'),
    ifEmpty: z.union([z.literal('rollover'), systemAccount], 'ifEmpty is a system account or "rollover"'),
  })
  .transform(({ weight, members, ifEmpty }) => ({
    parts: ('hybrid' in weight ? weight.hybrid : [{ share: WHOLE, weight }]) as {
      share: bigint
      weight: Weight
    }[],
    hybrid: 'hybrid' in weight,
    registered: members === 'registered',
    ifEmpty,
  }))

const vesting = z.strictObject({ amount, from: position, cliff: position, to: position })
const genesisAccount = z.strictObject({ balance: amount.default(0n), vesting: z.array(vesting).default([]) })

const genesis = z.strictObject({
  system: z.record(systemAccount, amount).default({}),
  accounts: z.record(account, genesisAccount).default({}),
})

const range = z.tuple([signedAmount, signedAmount])
const mechanism = z.enum(['token-weighted', 'quadratic', 'one-person-one-vote'])

const governance = z.strictObject({
  mechanism,
  types: z.record(z.string(), mechanism).optional(),
  quorum: percent,
  pass: percent,
  votingPeriod: duration,
  review: z.boolean().optional(),
  proposalThreshold: amount.optional(),
  delegation: z.boolean().optional(),
  timelock: duration,
  multisig: z.strictObject({ m: z.int().positive(), n: z.int().positive() }).optional(),
  mutable: z.array(z.string()),
  bounds: z.record(z.string(), z.tuple([z.string(), z.string()])).optional(),
})

const pricing = z.strictObject({
  unit: z.string(),
  period: duration,
  clusterPrice: z.enum(['uniform-clearing', 'pay-as-bid', 'weighted-average']),
  maxClusterPrice: amount,
  margin: percent,
  scaling: percent.default(WHOLE),
  minimumDuration: duration.optional(),
  quoteValidity: duration,
})

export const policySchema = z.strictObject({
  network: id,
  version: z.int().positive(),
  asset: z.strictObject({
    symbol: z.string().regex(/^[A-Za-z0-9]{1,16}$/, 'a symbol is 1 to 16 letters and digits'),
    decimals: z.int().min(0).max(18),
  }),
  era,
  income: z.record(name, income),
  costs: z.record(name, z.strictObject({})).default({}),
  base: z.enum(['gross', 'net']),
  minimum: amount.default(0n),
  loss: z.strictObject({ from: systemAccount }).optional(),
  stages: z.array(stage).min(1),
  groups: z.record(id, group).default({}).transform(nameRollovers),
  metrics: z.record(name, z.enum(['sum', 'last', 'max'])).default({}),
  stabiliser: z
    .strictObject({ reserve: systemAccount, floor: percent, ceiling: percent, eras: z.int().min(1).max(64) })
    .optional(),
  buyback: z
    // biome-ignore lint/suspicious/noThenProperty: the policy language calls it so, and a policy is never awaited.
    .strictObject({ from: systemAccount, excessOver: amount, maxShare: percent, then: systemAccount })
    .optional(),
  genesis: genesis.optional(),
  bounds: z
    .strictObject({ net: range.optional(), income: range.optional(), change: percent.optional() })
    .optional(),
  pricing: pricing.optional(),
  orderFee: percent.optional(),
  payout: z
    .strictObject({
      timelock: duration.default(0),
      minimum: amount.optional(),
      assets: z.array(z.string()).optional(),
    })
    .prefault({}),
  staking: z
    .strictObject({
      /** How long the tokens of what is unstaked stay away: they weigh no more and cannot be spent yet. */
      unbonding: duration.default(7 * DAY_MS),
    })
    .prefault({}),
  governance: governance.optional(),
})

function nameRollovers(groups: Record<string, z.output<typeof group>>) {
  const named: Record<string, Omit<z.output<typeof group>, 'ifEmpty'> & { ifEmpty: Account }> = {}
  for (const [name, group] of Object.entries(groups)) {
    named[name] = { ...group, ifEmpty: group.ifEmpty === 'rollover' ? rolloverOf(name) : group.ifEmpty }
  }
  return named
}

/** A policy as the domain computes with it: amounts in base units, percentages in parts per billion, durations in ms. */
export type Policy = z.output<typeof policySchema>
export type Stage = Policy['stages'][number]
export type SplitLine = Extract<Stage, { split: unknown }>['split'][number]
export type TakeLine = Extract<Stage, { take: unknown }>['take'][number]
export type Line = SplitLine | TakeLine
