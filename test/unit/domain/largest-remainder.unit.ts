import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { largestRemainder } from '../../../shared/domain/largest-remainder.ts'
import { MAX_AMOUNT, sum } from '../../../shared/domain/money.ts'

const totals = fc.oneof(fc.bigInt(0n, 30n), fc.bigInt(0n, 10n ** 21n), fc.bigInt(0n, MAX_AMOUNT))
const shares = fc
  .array(fc.oneof(fc.constantFrom(0n, 1n, 333_333_333n, 500_000_000n), fc.bigInt(0n, 1_000_000_000n)), {
    minLength: 1,
    maxLength: 12,
  })
  .filter((some) => sum(some) > 0n)

describe('largest remainder', () => {
  it('sums to the total exactly', () => {
    fc.assert(
      fc.property(totals, shares, (total, some) => {
        expect(sum(largestRemainder(total, some))).toBe(total)
      }),
    )
  })

  it('gives each its quota rounded down or up, and nothing where the quota is a whole number', () => {
    fc.assert(
      fc.property(totals, shares, (total, some) => {
        const whole = sum(some)
        largestRemainder(total, some).forEach((amount, index) => {
          const [quota, remainder] = [
            total * (some[index] as bigint),
            (total * (some[index] as bigint)) % whole,
          ]
          const floor = quota / whole
          expect(amount === floor || (remainder > 0n && amount === floor + 1n)).toBe(true)
        })
      }),
    )
  })

  it('gives the units left to the largest remainders, ties in written order', () => {
    fc.assert(
      fc.property(totals, shares, (total, some) => {
        const whole = sum(some)
        const lines = largestRemainder(total, some).map((amount, index) => {
          const quota = total * (some[index] as bigint)
          return { isRaised: amount > quota / whole, remainder: quota % whole, index }
        })
        for (const raised of lines.filter(({ isRaised }) => isRaised)) {
          for (const other of lines.filter(({ isRaised }) => !isRaised)) {
            expect(
              raised.remainder > other.remainder ||
                (raised.remainder === other.remainder && raised.index < other.index),
            ).toBe(true)
          }
        }
      }),
    )
  })

  it.each([
    [10n, [47_000n, 16_000n, 15_800n, 12_000n, 6_100n, 3_100n], [5n, 2n, 1n, 1n, 1n, 0n]],
    [100n, [92n, 93n, 70n], [36n, 37n, 27n]],
    [323n, [5_670n, 3_850n, 420n, 60n], [183n, 124n, 14n, 2n]],
    [324n, [5_670n, 3_850n, 420n, 60n], [184n, 125n, 13n, 2n]],
    [1_000_000_000_000_000_025n, [1n, 1n], [500_000_000_000_000_013n, 500_000_000_000_000_012n]],
  ])('published example: %d', (total, some, amounts) => {
    expect(largestRemainder(total, some)).toEqual(amounts)
  })

  it('is not monotone: of one unit more the third of four lines gets one less', () => {
    const of = (total: bigint) => largestRemainder(total, [5_670n, 3_850n, 420n, 60n])[2]
    expect(of(324n)).toBe((of(323n) as bigint) - 1n)
  })
})
