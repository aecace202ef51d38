import { sum } from './money.ts'

/**
 * The rounding rule among the few lines of a split and the parts of a hybrid: each gets the floor of its quota,
 * and the units left go one each to the largest remainders, ties in the given order. `shares` are weights of any
 * common unit, at least one above 0; the result sums to `total` exactly.
 *
 * The method is not monotone in `total`: a line may get less of more (the Alabama paradox).
 */
export function largestRemainder(total: bigint, shares: readonly bigint[]): bigint[] {
  const whole = sum(shares)
  const floors = shares.map((share) => (total * share) / whole)
  let left = total - sum(floors)
  const byRemainder = shares
    .map((share, index) => ({ index, remainder: (total * share) % whole }))
    .sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1))
  for (const { index } of byRemainder) {
    if (left === 0n) break
    floors[index] = (floors[index] as bigint) + 1n
    left -= 1n
  }
  return floors
}
