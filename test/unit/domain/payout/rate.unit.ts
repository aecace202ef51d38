import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_AMOUNT } from '../../../../shared/domain/money.ts'
import { exchanged, type Rate, rateFor, replaces } from '../../../../shared/domain/payout/rate.ts'

const rate = (numerator: bigint, denominator: bigint, more: Partial<Rate> = {}): Rate => ({
  id: 'r1',
  asset: 'USDC',
  era: 3,
  numerator,
  denominator,
  occurredAt: 1_000,
  ...more,
})
const amounts = fc.bigInt({ min: 0n, max: MAX_AMOUNT })
const parts = fc.oneof(fc.bigInt({ min: 1n, max: 1_000n }), fc.bigInt({ min: 1n, max: MAX_AMOUNT }))

describe('what leaves in another asset', () => {
  it.each([
    ['7 at 1/2: 3 leave, 6 are charged', 7n, 1n, 2n, 6n, 3n],
    ['10 at 3/7: 4 leave, 10 are charged', 10n, 3n, 7n, 10n, 4n],
    ['11 at 3/7: the same 4 leave, and 1 stays', 11n, 3n, 7n, 10n, 4n],
    ['1 at 1/2: nothing leaves, nothing is charged', 1n, 1n, 2n, 0n, 0n],
    ['5 at 1000/1: nothing stays', 5n, 1_000n, 1n, 5n, 5_000n],
    [
      'more digits than a number has',
      1_000_000_000_000_000_025n,
      1n,
      2n,
      1_000_000_000_000_000_024n,
      500_000_000_000_000_012n,
    ],
  ])('%s', (_, asked, numerator, denominator, amount, out) => {
    expect(exchanged(asked, rate(numerator, denominator))).toEqual({ amount, out })
  })

  it('is never worth more than what is charged for it, and no less could be charged', () => {
    fc.assert(
      fc.property(amounts, parts, parts, (asked, numerator, denominator) => {
        const { amount, out } = exchanged(asked, rate(numerator, denominator))
        expect(amount).toBeLessThanOrEqual(asked)
        expect(out * denominator).toBeLessThanOrEqual(amount * numerator)
        if (amount > 0n) expect(out * denominator).toBeGreaterThan((amount - 1n) * numerator)
      }),
    )
  })

  it('is all that was asked for buys, and what is charged buys just that', () => {
    fc.assert(
      fc.property(amounts, parts, parts, (asked, numerator, denominator) => {
        const { amount, out } = exchanged(asked, rate(numerator, denominator))
        expect((out + 1n) * denominator).toBeGreaterThan(asked * numerator)
        expect(exchanged(amount, rate(numerator, denominator))).toEqual({ amount, out })
      }),
    )
  })
})

describe('the rate that holds', () => {
  it('is the one with the greatest moment and id, in whatever order the reports come', () => {
    const reports = fc.array(
      fc.record({ occurredAt: fc.integer({ min: 0, max: 3 }), id: fc.constantFrom('a', 'b', 'c') }),
      { minLength: 1, maxLength: 8 },
    )
    fc.assert(
      fc.property(reports, (drawn) => {
        let held: Rate | undefined
        for (const report of drawn) {
          const next = rate(1n, 1n, report)
          if (replaces(next, held)) held = next
        }
        const [greatest] = drawn.toSorted(
          (a, b) => b.occurredAt - a.occurredAt || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0),
        )
        expect(held).toMatchObject(greatest as object)
      }),
    )
  })

  it('is that of the open era, or none: the message names asset, era and the last era that has one', () => {
    const published = rate(1n, 2n)
    expect(rateFor('USDC', 3, published, 3)).toBe(published)
    expect(() => rateFor('USDC', 4, undefined, 3)).toThrow(
      'USDC has none for era 4, the last one is of era 3',
    )
    expect(() => rateFor('EURC', 4, undefined, undefined)).toThrow(
      'EURC has none for era 4, none was ever published',
    )
  })
})
