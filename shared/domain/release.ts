import { sum } from './money.ts'
import { type AccountState, heldOf, type PendingCredit } from './page.ts'

/** When a command happens. Positions are ms, or blocks where eras are counted in blocks. */
export interface CommandTime extends ReleaseTime {
  /** The era that is open, or a later one that a page of the command has seen. */
  label: number
  /** The era it is labelled with: the label, or a later one for what happens ahead of the clock. */
  era: number
  /** By the network clock, and not before the era of the label begins. */
  position: number
  /** Where the last sealed era ends: what stopped weighing before is weighed. */
  settledTo: number
  /** Whether a policy of an era that is not settled yet weighs by balance. */
  freezes: boolean
}

/** What decides whether something that waits is over. */
export interface ReleaseTime {
  /** Network clock, ms. */
  at: number
  sealedThrough: number
  /** Credits of this era and later ones wait for their seal only: see {@link isReleased}. */
  sealIsEnoughFrom?: number | undefined
}

/**
 * Whether a pending credit can be spent: its era is sealed and its release time has come. Where eras are counted in
 * blocks and the policy has no timelock the seal is enough, for no moment need ever be accepted again.
 * Source of the rule: policy `payout.timelock`.
 */
export function isReleased(
  { era, releaseAt }: Pick<PendingCredit, 'era' | 'releaseAt'>,
  time: ReleaseTime,
): boolean {
  if (era > time.sealedThrough) return false
  return releaseAt <= time.at || era >= (time.sealIsEnoughFrom ?? Number.POSITIVE_INFINITY)
}

/** An account once all that time alone has released is available: credits, holds that are over, stakes that are back. */
export function matured(state: AccountState, time: ReleaseTime & { settledTo: number }): AccountState {
  const pending = state.pending.filter((credit) => !isReleased(credit, time))
  const holds = state.holds.filter(({ until = Number.POSITIVE_INFINITY }) => until > time.at)
  const stakes = state.stakes
    .map((stake) => (isBack(stake, time.at) ? { ...stake, isReturned: true as const } : stake))
    .filter(({ isReturned, until = 0 }) => !isReturned || until > time.settledTo)
  const back = state.stakes.filter((stake) => isBack(stake, time.at))
  const released =
    amountOf(state.pending) - amountOf(pending) + heldOf(state) - amountOf(holds) + amountOf(back)
  return { ...state, available: state.available + released, pending, holds, stakes }
}

/** Whether the tokens of a stake come back with this step of time. */
function isBack({ returnsAt, isReturned }: AccountState['stakes'][number], at: number): boolean {
  return !isReturned && returnsAt !== undefined && returnsAt <= at
}

function amountOf(parts: readonly { amount: bigint }[]): bigint {
  return sum(parts.map(({ amount }) => amount))
}
