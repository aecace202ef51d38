import { ExchequerError } from './errors.ts'
import type { AccountState, Hold } from './page.ts'

/** The most holds an account has: its page is one item. */
export const MAX_HOLDS = 500

/** Keeps aside what is available. Throws `NotEnough`, `TooManyHolds`, `HoldExists`. */
export function hold(state: AccountState, { id, amount, until }: Hold): AccountState {
  const { account, available, holds } = state
  if (available < amount) {
    throw new ExchequerError(
      'NotEnough',
      `a hold is on what an account has available: ${account} has ${available}, not ${amount}`,
    )
  }
  if (holds.length >= MAX_HOLDS)
    throw new ExchequerError(
      'TooManyHolds',
      `an account has at most ${MAX_HOLDS} holds: ${account} has ${holds.length}`,
    )
  if (holds.some((other) => other.id === id))
    throw new ExchequerError('HoldExists', `a hold is made once: ${account} has ${id} already`)
  const made = { id, amount, ...(until !== undefined && { until }) }
  return { ...state, available: available - amount, holds: [...holds, made] }
}

/** Makes what a hold keeps available again, or a part of it. Throws `HoldEnded`, `HoldTooSmall`. */
export function release(state: AccountState, id: string, amount: bigint): AccountState {
  return { ...withLess(state, id, amount), available: state.available + amount }
}

/** Pays out of a hold. Throws `HoldEnded`, `HoldTooSmall`. */
export function take(state: AccountState, id: string, amount: bigint): AccountState {
  return { ...withLess(state, id, amount), paid: state.paid + amount }
}

/** Says anew when a hold ends by itself. Throws `HoldEnded`. */
export function extend(state: AccountState, id: string, until: number | undefined): AccountState {
  const { amount } = heldBy(state, id)
  const extended = { id, amount, ...(until !== undefined && { until }) }
  return { ...state, holds: state.holds.map((hold) => (hold.id === id ? extended : hold)) }
}

/** The hold of this id. Throws `HoldEnded`. */
export function heldBy({ account, holds }: AccountState, id: string): Hold {
  const found = holds.find((hold) => hold.id === id)
  if (found) return found
  throw new ExchequerError('HoldEnded', `a hold ends once: ${account} has no ${id}`)
}

function withLess(state: AccountState, id: string, amount: bigint): AccountState {
  const found = heldBy(state, id)
  if (amount > found.amount) {
    throw new ExchequerError(
      'HoldTooSmall',
      `no more than it keeps is taken out of a hold: ${id} of ${state.account} keeps ${found.amount}, not ${amount}`,
    )
  }
  const left = { ...found, amount: found.amount - amount }
  const holds = state.holds.flatMap((hold) => (hold !== found ? [hold] : left.amount > 0n ? [left] : []))
  return { ...state, holds }
}
