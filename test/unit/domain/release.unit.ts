import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AccountState, balanceOf, heldOf, newAccount, stakedOf } from '../../../shared/domain/page.ts'
import { isReleased, matured, type ReleaseTime } from '../../../shared/domain/release.ts'

const has = (rest: Partial<AccountState>): AccountState => ({ ...newAccount('ann'), available: 1n, ...rest })
const time = (at: number, rest: Partial<ReleaseTime & { settledTo: number }> = {}) => ({
  at,
  sealedThrough: 0,
  settledTo: 100,
  ...rest,
})
const lot = { lot: 'a', amount: 5n, lockSeconds: 0, from: 10, lockedUntil: 10 }

describe('given a pending credit', () => {
  const credit = { era: 2, amount: 5n, releaseAt: 100 }

  it.each([
    ['its era is sealed and its time has come', 100, 2, undefined, true],
    ['its time has not come', 99, 2, undefined, false],
    ['its era is not sealed', 500, 1, undefined, false],
    ['the seal is enough, and it is sealed', 0, 2, 2, true],
    ['the seal is enough for later ones only', 0, 2, 3, false],
    ['the seal is enough, and it is not sealed', 500, 1, 0, false],
  ])('when %s, then it says whether it is released', (_, at, sealedThrough, sealIsEnoughFrom, expected) => {
    expect(isReleased(credit, { at, sealedThrough, sealIsEnoughFrom })).toBe(expected)
  })

  it('when it is released, then it is available, and others wait', () => {
    const later = { ...credit, era: 3 }
    const state = matured(has({ pending: [credit, later] }), time(100, { sealedThrough: 2 }))
    expect(state).toMatchObject({ available: 6n, pending: [later] })
  })
})

describe('given a hold', () => {
  it('when its time is over, then it is available; one that only a command ends is not', () => {
    const holds = [
      { id: 'over', amount: 2n, until: 100 },
      { id: 'not yet', amount: 3n, until: 101 },
      { id: 'for ever', amount: 4n },
    ]
    const state = matured(has({ holds }), time(100))
    expect(state).toMatchObject({ available: 3n, holds: [{ id: 'not yet' }, { id: 'for ever' }] })
  })
})

describe('given a stake', () => {
  const unstaked = { ...lot, until: 150, returnsAt: 200 }

  it('when it was not unstaked, then no time returns it', () => {
    expect(matured(has({ stakes: [lot] }), time(1e15, { settledTo: 1e15 })).stakes).toEqual([lot])
  })

  it('when its tokens come back before the era that weighs it is settled, then it is kept without them', () => {
    const state = matured(has({ stakes: [unstaked] }), time(200))
    expect(state).toMatchObject({ available: 6n, stakes: [{ ...unstaked, isReturned: true }] })
    expect(stakedOf(state)).toBe(0n)
    expect(matured(state, time(300))).toEqual(state)
  })

  it('when that era is settled, then it is forgotten', () => {
    const returned = { ...unstaked, isReturned: true as const }
    expect(matured(has({ stakes: [returned] }), time(300, { settledTo: 149 })).stakes).toHaveLength(1)
    expect(matured(has({ stakes: [returned] }), time(300, { settledTo: 150 })).stakes).toEqual([])
  })

  it('when it is settled before its tokens come back, then it waits for them', () => {
    const settled = { settledTo: 1_000 }
    expect(matured(has({ stakes: [unstaked] }), time(199, settled))).toMatchObject({
      available: 1n,
      stakes: [unstaked],
    })
    expect(matured(has({ stakes: [unstaked] }), time(200, settled))).toMatchObject({
      available: 6n,
      stakes: [],
    })
  })
})

describe('whatever an account has', () => {
  const moment = fc.integer({ min: 0, max: 1_000 })
  const amount = fc.bigInt(1n, 10n ** 30n)
  const state = fc.record({
    pending: fc.array(fc.record({ era: fc.nat(5), amount, releaseAt: moment }), { maxLength: 5 }),
    holds: fc.array(
      fc.record({ id: fc.string(), amount, until: moment }, { requiredKeys: ['id', 'amount'] }),
      { maxLength: 5 },
    ),
    stakes: fc.array(
      fc
        .tuple(amount, moment, moment, fc.constantFrom('stands', 'returns', 'returned'))
        .map(([of, from, returnsAt, is]) => ({
          ...lot,
          amount: of,
          from,
          ...(is !== 'stands' && { until: from + 5, returnsAt }),
          ...(is === 'returned' && { isReturned: true as const }),
        })),
      { maxLength: 5 },
    ),
  })
  const later = fc.array(fc.tuple(moment, fc.integer({ min: -1, max: 5 }), moment), {
    minLength: 1,
    maxLength: 6,
  })

  it('time moves it between its parts and changes no sum, and by which steps it goes by says nothing', () => {
    fc.assert(
      fc.property(state, later, (rest, steps) => {
        const before = has(rest)
        const times = [...steps]
          .sort(([a], [b]) => a - b)
          .map(([at], i) => {
            const sealed = steps.map(([, era]) => era).sort((a, b) => a - b)[i] as number
            const settledTo = steps.map(([, , to]) => to).sort((a, b) => a - b)[i] as number
            return time(at, { sealedThrough: sealed, settledTo })
          })
        const after = times.reduce(matured, before)
        expect(after).toEqual(matured(before, times.at(-1) as (typeof times)[number]))
        expect(balanceOf(after)).toBe(balanceOf(before))
        expect(after.available >= before.available).toBe(true)
      }),
    )
  })

  it('every hold that has an end ends', () => {
    fc.assert(
      fc.property(state, (rest) => {
        const holds = rest.holds.map((hold) => ({ ...hold, until: hold.until ?? 0 }))
        expect(heldOf(matured(has({ ...rest, holds }), time(1_000)))).toBe(0n)
      }),
    )
  })
})
