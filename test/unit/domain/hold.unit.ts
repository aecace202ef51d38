import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { extend, hold, MAX_HOLDS, release, take } from '../../../shared/domain/hold.ts'
import { type AccountState, balanceOf, heldOf, newAccount } from '../../../shared/domain/page.ts'

const has = (available: bigint, rest: Partial<AccountState> = {}): AccountState => ({
  ...newAccount('ann'),
  available,
  deposited: available,
  ...rest,
})
const code = (expected: string) => expect.objectContaining({ code: expected })

describe('given what an account has available', () => {
  it('when a part is held, then it is kept aside, and the account has as much as before', () => {
    const state = hold(has(10n), { id: 'order#1', amount: 7n, until: 50 })
    expect(state).toMatchObject({ available: 3n, holds: [{ id: 'order#1', amount: 7n, until: 50 }] })
    expect(balanceOf(state)).toBe(10n)
  })

  it.each([
    ['more than is available', has(10n), 'a', 11n, 'NotEnough', 'ann has 10, not 11'],
    [
      'more than other holds leave',
      hold(has(10n), { id: 'a', amount: 6n }),
      'b',
      5n,
      'NotEnough',
      'ann has 4, not 5',
    ],
    [
      'under an id that is there',
      hold(has(10n), { id: 'a', amount: 6n }),
      'a',
      1n,
      'HoldExists',
      'ann has a already',
    ],
  ])('when %s is held, then it says so', (_, state, id, amount, expected, message) => {
    const act = () => hold(state, { id, amount })
    expect(act).toThrow(code(expected))
    expect(act).toThrow(message)
  })

  it('when it has as many holds as an account may, then one more is refused', () => {
    const holds = Array.from({ length: MAX_HOLDS }, (_, i) => ({ id: `h${i}`, amount: 1n }))
    expect(() => hold(has(1n, { holds }), { id: 'more', amount: 1n })).toThrow(code('TooManyHolds'))
    expect(hold(has(1n, { holds: holds.slice(1) }), { id: 'more', amount: 1n }).holds).toHaveLength(MAX_HOLDS)
  })
})

describe('given a hold', () => {
  const held = hold(hold(has(10n), { id: 'a', amount: 6n, until: 50 }), { id: 'b', amount: 1n })

  it('when it is released, then all of it is available and the hold is gone', () => {
    expect(release(held, 'a', 6n)).toMatchObject({ available: 9n, holds: [{ id: 'b' }] })
  })

  it('when a part is released, then the rest stays held as long as before', () => {
    expect(release(held, 'a', 2n)).toMatchObject({
      available: 5n,
      holds: [{ id: 'a', amount: 4n, until: 50 }, { id: 'b' }],
    })
  })

  it('when it is paid out of, then that leaves the account, and what is available stays', () => {
    const paid = take(held, 'a', 6n)
    expect(paid).toMatchObject({ available: 3n, paid: 6n, holds: [{ id: 'b' }] })
    expect(balanceOf(paid)).toBe(4n)
  })

  it('when it is to last longer, or for ever, then it says until when, and keeps its place', () => {
    expect(extend(held, 'a', 90).holds).toEqual([
      { id: 'a', amount: 6n, until: 90 },
      { id: 'b', amount: 1n },
    ])
    expect(extend(held, 'a', undefined).holds[0]).toEqual({ id: 'a', amount: 6n })
  })

  it('when more is asked of it than it keeps, then it says so', () => {
    expect(() => release(held, 'a', 7n)).toThrow('a of ann keeps 6, not 7')
    expect(() => take(held, 'a', 7n)).toThrow(code('HoldTooSmall'))
  })

  it('when it has ended, then nothing more can be asked of it', () => {
    const ended = release(held, 'a', 6n)
    expect(() => release(ended, 'a', 1n)).toThrow(code('HoldEnded'))
    expect(() => take(ended, 'a', 1n)).toThrow('a hold ends once: ann has no a')
    expect(() => extend(ended, 'a', 1)).toThrow(code('HoldEnded'))
  })

  it('however it is taken apart, what is released and paid is what was held', () => {
    const part = fc.tuple(fc.boolean(), fc.bigInt(1n, 40n))
    fc.assert(
      fc.property(fc.bigInt(1n, 10n ** 30n), fc.array(part, { maxLength: 20 }), (amount, parts) => {
        let state = hold(has(amount), { id: 'a', amount })
        for (const [pays, tenths] of parts) {
          const some = (heldOf(state) * tenths) / 40n
          if (some > 0n) state = (pays ? take : release)(state, 'a', some)
          expect(state.available + heldOf(state) + state.paid).toBe(amount)
          expect(state.holds.every((one) => one.amount > 0n)).toBe(true)
        }
      }),
    )
  })
})
