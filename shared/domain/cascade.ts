import { assertInvariant } from './errors.ts'

/**
 * The rounding rule among accounts (groups, and dues and debts that cannot be paid in full).
 *
 * Accounts stand in the order of sha-256(account). With `total` T to share, `weightTotal` W, and C the running
 * sum of weights through an account of weight w, its share is
 *
 *     floor(T * C / W) - floor(T * (C - w) / W)
 *
 * Shares sum to T exactly, each is within one unit of T * w / W, and anyone checks one from T, W, C and w.
 */
export function cascadeShare(total: bigint, weightTotal: bigint, running: bigint, weight: bigint): bigint {
  assertInvariant(
    weight >= 0n && weight <= running && running <= weightTotal,
    () => `a cascade needs 0 <= w <= C <= W: got w ${weight}, C ${running}, W ${weightTotal}`,
  )
  if (weight === 0n) return 0n
  return (total * running) / weightTotal - (total * (running - weight)) / weightTotal
}
