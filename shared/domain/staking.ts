import { formatMoment } from './calendar.ts'
import { ExchequerError } from './errors.ts'
import { min, sum } from './money.ts'
import type { AccountState, Stake } from './page.ts'
import type { CommandTime } from './release.ts'
import type { StakeSpan } from './stake.ts'

/** The most stakes an account holds here, those on their way back included. Source: design, While commands go on. */
export const MAX_STAKES = 64

/** Stakes what is available under a lock, from now on. Throws `NotEnough`, `StakeExists`, `TooManyStakes`. */
export function stake(
  state: AccountState,
  { lot, amount, lockSeconds }: { lot: string; amount: bigint; lockSeconds: number },
  { at, position }: Pick<CommandTime, 'at' | 'position'>,
): AccountState {
  const { account, available, stakes } = state
  if (available < amount) {
    throw new ExchequerError(
      'NotEnough',
      `an account stakes what it has available: ${account} has ${available}, not ${amount}`,
    )
  }
  if (stakes.some((other) => other.lot === lot && isOpen(other)))
    throw new ExchequerError('StakeExists', `a stake is made once: ${account} has ${lot} already`)
  const made = { lot, amount, lockSeconds, from: position, lockedUntil: at + lockSeconds * 1000 }
  return { ...state, available: available - amount, stakes: limited(account, [...stakes, made]) }
}

/**
 * Takes a stake back, or a part of it: it weighs no more from now on, and its tokens come back `unbondingMs` later.
 * Throws `StakeNotHeld` for what is only reported from outside, `StakeLocked`, `StakeTooSmall`, `TooManyStakes`.
 */
export function unstake(
  state: AccountState,
  { lot, amount, unbondingMs }: { lot: string; amount: bigint; unbondingMs: number },
  { at, position }: Pick<CommandTime, 'at' | 'position'>,
): AccountState {
  const found = openStake(state, lot)
  if (at < found.lockedUntil) {
    throw new ExchequerError(
      'StakeLocked',
      `a lock holds from the first second to the last: ${lot} of ${state.account} is locked until ${formatMoment(found.lockedUntil)}, now is ${formatMoment(at)}`,
    )
  }
  if (amount > found.amount) throw tooSmall(state, lot, found.amount, amount)
  const stopped = { ...found, amount, until: position, returnsAt: at + unbondingMs }
  return { ...state, stakes: limited(state.account, split(state, found, amount, stopped)) }
}

/**
 * Takes staked tokens away, of what is open first, then of what is on its way back: they leave the account. It may
 * leave more stakes than an account makes, so that nobody escapes it by having as many as there may be.
 * Throws `StakeNotHeld`, `StakeTooSmall`.
 */
export function slash(
  state: AccountState,
  { lot, amount }: { lot: string; amount: bigint },
  { position }: Pick<CommandTime, 'position'>,
): AccountState {
  const of = state.stakes.filter((stake) => stake.lot === lot && !stake.isReturned)
  if (of.length === 0) throw notHeld(state, lot)
  const whole = sum(of.map((stake) => stake.amount))
  if (amount > whole) throw tooSmall(state, lot, whole, amount)
  let left = amount
  let slashed = state
  for (const found of [...of].sort((a, b) => Number(isOpen(b)) - Number(isOpen(a)))) {
    const taken = min(left, found.amount)
    if (taken === 0n) break
    left -= taken
    const gone = { ...found, amount: taken, until: found.until ?? position, isReturned: true as const }
    slashed = { ...slashed, stakes: split(slashed, found, taken, gone) }
  }
  return { ...slashed, paid: state.paid + amount }
}

/** What stakes held here weigh in an era, positions half-open. */
export function spansOf(stakes: readonly Stake[], from: number, to: number): StakeSpan[] {
  return stakes.flatMap(({ amount, lockSeconds, ...stake }) => {
    const ms = Math.min(stake.until ?? to, to) - Math.max(stake.from, from)
    return ms > 0 ? [{ amount, lockSeconds, ms }] : []
  })
}

/** What is staked here when an era ends, at the position `to`. */
export function stakedAt(stakes: readonly Stake[], to: number): bigint {
  const standing = stakes.filter(({ from, until = to }) => from < to && until >= to)
  return sum(standing.map(({ amount }) => amount))
}

function isOpen({ until }: Stake): boolean {
  return until === undefined
}

/** The stake of this name that still stands. Throws `StakeNotHeld` for what is only reported from outside, too. */
export function openStake(state: AccountState, lot: string): Stake {
  const found = state.stakes.find((stake) => stake.lot === lot && isOpen(stake))
  if (found) return found
  throw notHeld(state, lot)
}

/** Puts `taken` of a stake into a record of its own. One that began where it ends never weighs, and is not kept. */
function split(state: AccountState, found: Stake, taken: bigint, apart: Stake): Stake[] {
  const rest = { ...found, amount: found.amount - taken }
  const weighs = apart.until !== undefined && apart.until > apart.from
  const kept = apart.isReturned && !weighs ? [] : [apart]
  return state.stakes.flatMap((stake) =>
    stake !== found ? [stake] : rest.amount > 0n ? [rest, ...kept] : kept,
  )
}

function limited(account: string, stakes: Stake[]): Stake[] {
  if (stakes.length <= MAX_STAKES) return stakes
  throw new ExchequerError(
    'TooManyStakes',
    `an account has at most ${MAX_STAKES} stakes, those not yet settled included: ${account} would have ${stakes.length}`,
  )
}

function notHeld({ account, lots }: AccountState, lot: string): ExchequerError {
  const isReported = lots.some((reported) => reported.lot === lot)
  const why = isReported ? 'is reported from outside and no tokens of it are here' : 'is not there'
  return new ExchequerError(
    'StakeNotHeld',
    `what is unstaked or slashed is held here: ${lot} of ${account} ${why}`,
  )
}

function tooSmall({ account }: AccountState, lot: string, has: bigint, wanted: bigint): ExchequerError {
  return new ExchequerError(
    'StakeTooSmall',
    `no more than is staked is taken: ${lot} of ${account} has ${has}, not ${wanted}`,
  )
}
