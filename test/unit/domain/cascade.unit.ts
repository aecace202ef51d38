import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cascadeShare } from '../../../shared/domain/cascade.ts'
import { InvariantError } from '../../../shared/domain/errors.ts'
import { MAX_AMOUNT, sum } from '../../../shared/domain/money.ts'

const amounts = fc.oneof(
  fc.bigInt(0n, 20n),
  fc.bigInt(0n, 10n ** 21n),
  fc.bigInt(0n, MAX_AMOUNT),
  fc.constantFrom(0n, 1n, 7n, MAX_AMOUNT),
)
const weightsAboveZero = fc
  .array(amounts, { minLength: 1, maxLength: 40 })
  .filter((weights) => sum(weights) > 0n)

function shareAll(total: bigint, weights: readonly bigint[]): bigint[] {
  const whole = sum(weights)
  let running = 0n
  return weights.map((weight) => {
    running += weight
    return cascadeShare(total, whole, running, weight)
  })
}

describe('cascade', () => {
  it('shares sum to the total exactly, whatever the weights', () => {
    fc.assert(
      fc.property(amounts, weightsAboveZero, (total, weights) => {
        expect(sum(shareAll(total, weights))).toBe(total)
      }),
    )
  })

  it('each share is within one unit of its quota', () => {
    fc.assert(
      fc.property(amounts, weightsAboveZero, (total, weights) => {
        const whole = sum(weights)
        shareAll(total, weights).forEach((share, index) => {
          const offByTimesWhole = share * whole - total * (weights[index] as bigint)
          expect(offByTimesWhole < whole && offByTimesWhole > -whole).toBe(true)
        })
      }),
    )
  })

  it('a receipt proves a share: T, W, C and w are all it takes', () => {
    fc.assert(
      fc.property(amounts, weightsAboveZero, (total, weights) => {
        const [whole, shares] = [sum(weights), shareAll(total, weights)]
        weights.forEach((weight, index) => {
          const running = sum(weights.slice(0, index + 1))
          const proved = (total * running) / whole - (total * (running - weight)) / whole
          expect(shares[index]).toBe(proved)
        })
      }),
    )
  })

  it('only proportions matter: weights may be multiplied', () => {
    fc.assert(
      fc.property(amounts, weightsAboveZero, fc.bigInt(1n, 10n ** 30n), (total, weights, factor) => {
        expect(
          shareAll(
            total,
            weights.map((weight) => weight * factor),
          ),
        ).toEqual(shareAll(total, weights))
      }),
    )
  })

  it('without weight there is no share', () => {
    expect(shareAll(100n, [0n, 3n, 0n])).toEqual([0n, 100n, 0n])
  })

  it('1000000000000000025 in halves is ...012 and ...013: the later account gets the unit', () => {
    expect(shareAll(1000000000000000025n, [1n, 1n])).toEqual([500000000000000012n, 500000000000000013n])
  })

  it.each([
    ['a running sum above the whole', 10n, 11n, 1n],
    ['a weight above the running sum', 10n, 3n, 4n],
    ['a weight below 0', 10n, 3n, -1n],
  ])('refuses %s', (_, whole, running, weight) => {
    const broken = new InvariantError(
      `a cascade needs 0 <= w <= C <= W: got w ${weight}, C ${running}, W ${whole}`,
    )
    expect(() => cascadeShare(1n, whole, running, weight)).toThrow(broken)
  })
})
