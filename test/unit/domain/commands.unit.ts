import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EXTERNAL } from '../../../shared/domain/account.ts'
import { sum } from '../../../shared/domain/money.ts'
import { applyMoves, type Move, pagesOf } from '../../../shared/domain/moves.ts'
import { type AccountState, balanceOf } from '../../../shared/domain/page.ts'
import { matured } from '../../../shared/domain/release.ts'
import { deposit, moved, stateOf, time, transfer } from '../../support/moves.ts'

/** Random commands of a few accounts, one after the other, against what anybody can add up. */
describe('commands in any order', () => {
  const WHO = ['ann', 'bob', 'cay']
  const one = fc.record({
    does: fc.constantFrom(
      ...(['deposit', 'transfer', 'hold', 'hold', 'release', 'capture', 'charge'] as const),
      ...(['stake', 'unstake', 'slash', 'payout', 'extend'] as const),
    ),
    who: fc.constantFrom(...WHO),
    to: fc.constantFrom(...WHO),
    amount: fc.bigInt(1n, 20n),
    pick: fc.nat(9),
    later: fc.nat(30),
    lasts: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
  })
  type One = typeof one extends fc.Arbitrary<infer Value> ? Value : never

  const movesOf = (
    { does, who, to, amount, pick, lasts }: One,
    n: number,
    at: number,
    state: AccountState,
  ): Move[] => {
    const id = state.holds[pick % Math.max(1, state.holds.length)]?.id ?? 'none'
    const until = lasts === undefined ? {} : { until: at + lasts }
    switch (does) {
      case 'deposit':
        return [deposit(who, amount)]
      case 'payout':
        return [transfer(who, EXTERNAL, amount)]
      case 'transfer':
        return [transfer(who, to, amount)]
      case 'hold':
        return [{ move: 'hold', account: who, id: `h${n}`, amount, ...until }]
      case 'release':
        return [{ move: 'release', account: who, id, ...(pick > 5 && { amount }) }]
      case 'extend':
        return [{ move: 'extend', account: who, id, ...until }]
      case 'capture':
        return [{ move: 'capture', from: who, hold: id, to, amount, why: 'test' }]
      case 'charge':
        return [{ move: 'charge', account: who, hold: id, id: `c${n}`, kind: 'fee', amount }]
      case 'stake':
        return [{ move: 'stake', account: who, lot: `l${pick % 3}`, amount, lockSeconds: 0 }]
      case 'unstake':
        return [
          {
            move: 'unstake',
            account: who,
            lot: `l${pick % 3}`,
            unbondingMs: 20,
            ...(pick > 5 && { amount }),
          },
        ]
      default:
        return [{ move: 'slash', account: who, id: `s${n}`, lot: `l${pick % 3}`, amount, to: '@insurance' }]
    }
  }

  it('take nobody below zero, make and lose no money, and are done whole or not at all; every hold ends', () => {
    const done = new Map<string, number>()
    fc.assert(
      fc.property(fc.array(one, { minLength: 30, maxLength: 80 }), (steps) => {
        let pages = moved(WHO, ...WHO.map((who): [Move[]] => [[deposit(who, 100n)]]))
        let [at, inside] = [0, 300n]
        for (const [n, step] of steps.entries()) {
          at += step.later
          const when = time({ at, position: at })
          const moves = movesOf(step, n, at, stateOf(pages, step.who))
          const before = new Map(WHO.map((who) => [who, balanceOf(stateOf(pages, who))]))
          const unchanged = structuredClone(pages)
          try {
            pagesOf(moves)
            pages = applyMoves(pages, moves, when)
          } catch (error) {
            expect(error).toMatchObject({ code: expect.any(String) })
            expect(pages).toEqual(unchanged)
            continue
          }
          done.set(step.does, (done.get(step.does) ?? 0) + 1)
          if (step.does === 'deposit') inside += step.amount
          if (step.does === 'payout') inside -= step.amount
          const moneyLeaves = ['payout', 'transfer', 'capture', 'charge', 'slash'].includes(step.does)
          const expected = (who: string) =>
            (before.get(who) as bigint) +
            (step.does === 'deposit' && who === step.who ? step.amount : 0n) -
            (moneyLeaves && who === step.who ? step.amount : 0n) +
            (['transfer', 'capture'].includes(step.does) && who === step.to ? step.amount : 0n)
          const states = WHO.map((who) => stateOf(pages, who))
          for (const state of states) {
            expect(balanceOf(state)).toBe(expected(state.account))
            expect(balanceOf(state)).toBe(state.earned + state.deposited + state.received - state.paid)
            expect(state.available >= 0n).toBe(true)
            expect([...state.holds, ...state.stakes].every(({ amount }) => amount > 0n)).toBe(true)
          }
          const told = states.flatMap(({ outbox }) =>
            outbox.map((fact) => ('amount' in fact ? fact.amount : 0n)),
          )
          expect(sum(states.map(balanceOf)) + sum(told)).toBe(inside)
        }
        for (const state of WHO.map((who) => stateOf(pages, who))) {
          const ended = matured(state, time({ at: at + 61 }))
          expect(ended.holds.every(({ until }) => until === undefined)).toBe(true)
        }
      }),
      { numRuns: 200 },
    )
    // Every kind of command was done many times, or the property would say little.
    expect(done.size).toBe(11)
    expect(Math.min(...done.values())).toBeGreaterThan(20)
  })
})
