import fc from 'fast-check'
import type { Event } from '../../shared/domain/event.ts'
import type { Move } from '../../shared/domain/moves.ts'
import type { Acting } from './acting.ts'
import { due, ending, fee, stake } from './events.ts'
import { charging, deposit, ends, owing, stakes, transfer } from './moves.ts'
import { HOUR_MS, type Json, policyJson, START_MS, split } from './policies.ts'

/** Random commands over a few hours, which can be done in any order inside their era, and the events that say the same. */

export const ERAS = 4
export const ACCOUNTS = ['ann', 'bob', 'cay', 'dee', 'eve', 'zoe']
const RICH = 10n ** 12n

/** Money to stakers, payers and landlords, of fees that are admitted in part; `zoe` has the rest of some. */
export function busyPolicy(changes: Json = {}): Json {
  return policyJson({
    income: {
      fee: { admit: '70%', restTo: 'zoe', recognise: 'ratable' },
      tip: { admit: '33.3333333%', restTo: '@insurance' },
    },
    stages: [
      split({ stakers: 'group:stakers 40%', payers: 'group:payers 30%', reserve: '@reserve 30%' }),
      {
        id: 'rents',
        from: '@reserve',
        take: [{ id: 'rent', to: 'group:landlords', obligation: 'rent' }],
        rest: '@reserve',
      },
    ],
    groups: {
      stakers: {
        weight: {
          stakeSeconds: {
            lockCurve: [
              ['PT0S', '100%'],
              ['PT1H', '150%'],
            ],
          },
        },
        ifEmpty: 'rollover',
      },
      payers: {
        weight: {
          hybrid: [
            { share: '60%', weight: { metric: 'feesPaid' } },
            { share: '40%', weight: { metric: 'staked' } },
          ],
        },
        ifEmpty: '@treasury',
      },
      landlords: { weight: { metric: 'none' }, ifEmpty: '@treasury' },
    },
    ...changes,
  })
}

/** The same where what accounts had at the opening weighs, too. */
export function reflectingPolicy(): Json {
  const { groups, ...json } = busyPolicy()
  const payers = {
    weight: {
      hybrid: [
        { share: '60%', weight: { metric: 'balance' } },
        { share: '40%', weight: { metric: 'staked' } },
      ],
    },
    ifEmpty: '@treasury',
  }
  return { ...json, groups: { ...(groups as Json), payers } }
}

/** One thing that is done, in its era and so many ms after it begins, by moves or by events. */
export interface Action {
  era: number
  after: number
  moves: Move[]
  /** Absent where no event says the same. */
  events?: Event[]
}

const someone = fc.constantFrom(...ACCOUNTS)
const after = fc.integer({ min: 0, max: HOUR_MS - 1 })
const amount = fc.oneof(fc.bigInt(1n, 50n), fc.bigInt(1n, 1_000_000_007n))
const spread = fc
  .tuple(fc.integer({ min: -2, max: 8 }), fc.integer({ min: 1, max: 9 }))
  .map(([from, length]) => ({
    from: START_MS + (from * HOUR_MS) / 2,
    to: START_MS + ((from + length) * HOUR_MS) / 2,
  }))

const drawn = fc.record({
  does: fc.constantFrom('charge', 'charge', 'due', 'stake', 'stake', 'transfer'),
  kind: fc.constantFrom('fee', 'fee', 'tip'),
  era: fc.nat(ERAS - 1),
  after,
  account: someone,
  other: someone,
  amount,
  lockSeconds: fc.constantFrom(0, 3_600),
  spread: fc.option(spread, { nil: undefined }),
  refundTo: fc.option(someone, { nil: undefined }),
  /** What ends a spread, or a stake, so many eras later; a stake by 0 never. */
  end: fc.option(
    fc.record({
      later: fc.nat(2),
      after,
      refundTo: fc.option(someone, { nil: undefined }),
      keep: fc.option(fc.bigInt(0n, 1_000_000_000n), { nil: undefined }),
      isSlash: fc.boolean(),
    }),
    { nil: undefined },
  ),
})
type Drawn = typeof drawn extends fc.Arbitrary<infer Value> ? Value : never

export const randomActions: fc.Arbitrary<Action[]> = fc
  .array(drawn, { minLength: 5, maxLength: 40 })
  .map((all) => all.flatMap(actionsOf).filter(({ era }) => era < ERAS))

function actionsOf(one: Drawn, n: number): Action[] {
  if (one.does === 'charge') return charge(one, `c${n}`)
  if (one.does === 'due') return dueOf(one, `d${n}`)
  if (one.does === 'stake') return stakeOf(one, `l${n}`)
  const { era, after, account, other, amount } = one
  return account === other ? [] : [{ era, after, moves: [transfer(account, other, amount)], events: [] }]
}

function charge(one: Drawn, id: string): Action[] {
  const { era, after, account, amount, kind } = one
  const over = one.spread ? { spread: one.spread } : {}
  const refund = one.refundTo === undefined ? {} : { refundTo: one.refundTo }
  const charged = fee(id, amount, { kind, payer: account, occurredAt: at(era, after), ...over })
  const first = {
    era,
    after,
    moves: charging(account, id, amount, { kind, ...over, ...refund }),
    events: [charged],
  }
  if (!one.end) return [first]
  const { keep } = one.end
  const to = one.end.refundTo === undefined ? {} : { refundTo: one.end.refundTo }
  const ended = { era: era + one.end.later, after: one.end.after }
  const moment = at(ended.era, ended.after)
  const moves = [ends(account, 'Charge', id, moment, { ...to, ...(keep !== undefined && { keep }) })]
  if (keep !== undefined) return [first, { ...ended, moves }]
  return [
    first,
    { ...ended, moves, events: [ending(`e${id}`, charged, { occurredAt: moment, ...refund, ...to })] },
  ]
}

function dueOf({ era, after, account, amount, spread, end }: Drawn, id: string): Action[] {
  const over = spread ? { spread } : {}
  const owed = due(account, 'rent', amount, { id, occurredAt: at(era, after), ...over })
  const first = { era, after, moves: [owing(account, id, amount, over)], events: [owed] }
  if (!end) return [first]
  const moment = at(era + end.later, end.after)
  const events = [ending(`e${id}`, owed, { occurredAt: moment })]
  return [
    first,
    { era: era + end.later, after: end.after, moves: [ends(account, 'Due', id, moment)], events },
  ]
}

function stakeOf({ era, after, account, amount, lockSeconds, end }: Drawn, lot: string): Action[] {
  const report = (level: bigint, occurredAt: number, id: string) =>
    stake(account, level, { id, lot, lockSeconds, occurredAt })
  const first = {
    era,
    after,
    moves: [stakes(account, lot, amount, lockSeconds)],
    events: [report(amount, at(era, after), `s${lot}`)],
  }
  if (!end || end.later === 0) return [first]
  // Two eras later every lock is over.
  const ended = { era: era + 2, after: end.after }
  if (end.isSlash) {
    const part = amount - amount / 3n
    const id = `x${lot}`
    return [first, { ...ended, moves: [{ move: 'slash', account, id, lot, amount: part, to: '@insurance' }] }]
  }
  const moves: Move[] = [{ move: 'unstake', account, lot, unbondingMs: (end.later - 1) * HOUR_MS }]
  return [first, { ...ended, moves, events: [report(0n, at(ended.era, ended.after), `u${lot}`)] }]
}

function at(era: number, after: number): number {
  return START_MS + era * HOUR_MS + after
}

/** What every account has before anything is done: more than all of it can cost. */
export function enrich(acting: Acting): bigint {
  for (const account of ACCOUNTS) acting.act([deposit(account, RICH)])
  return RICH * BigInt(ACCOUNTS.length)
}
