import { least } from '../arithmetic.ts'
import type { AccountMove } from '../journal.ts'

/** A stretch in which tokens were staked here. */
export interface HeldStake {
  lot: string
  amount: bigint
  lockSeconds: number
  from: number
  until?: number
  /** When the tokens come back, ms, of what was unstaked. */
  returnsAt?: number
  /** Taken away. */
  isSlashed?: true
}

/**
 * The stakes of one account, from its commands. A command happens at the network's moment, which is its position
 * where eras are by time; where they are by block the journal does not say at which block it happened.
 */
export function stakesOf(moves: readonly AccountMove[]): HeldStake[] {
  const stakes: HeldStake[] = []
  for (const { entry, move } of moves) {
    const at = entry.networkAt
    if (move.move === 'stake') {
      const { lot, amount, lockSeconds } = move
      stakes.push({ lot, amount, lockSeconds, from: at })
    } else if (move.move === 'unstake') {
      const open = stakes.filter(({ lot, until }) => lot === move.lot && until === undefined)
      split(stakes, open, move.amount ?? 0n, { until: at, returnsAt: at + move.unbondingMs })
    } else if (move.move === 'slash') {
      const own = stakes.filter(({ lot, isSlashed }) => lot === move.lot && !isSlashed)
      const openFirst = own.sort((a, b) => Number(a.until !== undefined) - Number(b.until !== undefined))
      split(stakes, openFirst, move.amount, { until: at, isSlashed: true })
    }
  }
  return stakes.filter(({ amount }) => amount > 0n)
}

/** Parts an amount from some stakes, in their order. What weighed no more already goes on from there. */
function split(
  stakes: HeldStake[],
  from: readonly HeldStake[],
  amount: bigint,
  more: Pick<HeldStake, 'until' | 'returnsAt' | 'isSlashed'> & { until: number },
): void {
  let left = amount
  for (const stake of from) {
    const taken = least(left, stake.amount)
    if (taken === 0n) continue
    left -= taken
    stake.amount -= taken
    stakes.push({ ...stake, amount: taken, ...more, until: stake.until ?? more.until })
  }
}
