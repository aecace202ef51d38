import { type Account, EXTERNAL } from '../account.ts'
import { formatMoment } from '../calendar.ts'
import { ExchequerError } from '../errors.ts'
import { max } from '../money.ts'
import type { Move } from '../moves.ts'
import type { Policy } from '../policy/schema.ts'
import { type Inventory, reserved } from './inventory.ts'
import { exchanged, type Rate } from './rate.ts'

/**
 * REQUESTED: it may be released at once. TIMELOCKED: not before its release time. RELEASED: whoever moves the money is
 * told to. CONFIRMED: the money has left. FAILED, CANCELLED: it has not, and is the account's again.
 */
export type PayoutState = 'REQUESTED' | 'TIMELOCKED' | 'RELEASED' | 'CONFIRMED' | 'FAILED' | 'CANCELLED'

/** Tokens that leave, or have left. Amounts in base units, moments in ms by the network clock. */
export interface Payout {
  id: string
  account: Account
  /** What was asked for, of the network's asset. */
  asked: bigint
  /** What of it is held, and charged in the end. */
  amount: bigint
  /** What leaves: `out` of this asset. */
  asset: string
  decimals: number
  out: bigint
  /** Where it leaves in another asset: the rate, as it was then, and whose the tokens become that are charged. */
  exchange?: { rate: Rate; to: Account }
  /** Where it goes, in the words of whoever moves the money. */
  destination: string
  state: PayoutState
  requestedAt: number
  /** Not released before. Source: policy `payout.timelock`. */
  releaseAt: number
  /** When the release is tried next. */
  dueAt: number
  /** Why it was not released when it was due. */
  waitsFor?: Reason & { at: number }
  /** When the bus had been told of the release; until then it is told again. */
  announcedAt?: number
  /** The states it was in, in order. */
  history: { state: PayoutState; at: number }[]
}

/** Why something was not done: a problem by its code, and in words. */
export interface Reason {
  code: string
  message: string
}

/** How long a payout that cannot be released just now is left alone. */
export const RETRY_MS = 3_600_000

/** What leaves for what was asked for, and what that charges. */
export type Terms = Pick<Payout, 'asked' | 'amount' | 'asset' | 'decimals' | 'out' | 'exchange'>

/** What a policy says about payouts. */
type PayoutPolicy = Pick<Policy, 'asset' | 'payout'>

/** Holds that enough was asked for. Source: policy `payout.minimum`; at least 1. Throws `BelowMinimum`. */
export function requireMinimum(asked: bigint, { payout }: Pick<Policy, 'payout'>, own = 0n): void {
  const least = max(max(payout.minimum ?? 0n, own), 1n)
  if (asked >= least) return
  throw new ExchequerError('BelowMinimum', `a payout is at least ${least} base units: got ${asked}`)
}

/** Holds that the policy pays out in an asset. Source: policy `payout.assets`. Throws `AssetNotOffered`. */
export function requireOffered(asset: string, { asset: own, payout }: PayoutPolicy): void {
  if (asset === own.symbol || payout.assets?.includes(asset)) return
  const offered = [own.symbol, ...(payout.assets ?? [])].join(', ')
  throw new ExchequerError('AssetNotOffered', `payouts are in ${offered}: got ${JSON.stringify(asset)}`)
}

/** Terms of a payout in the network's own asset. */
export function ownTerms(asked: bigint, { asset }: PayoutPolicy): Terms {
  return { asked, amount: asked, asset: asset.symbol, decimals: asset.decimals, out: asked }
}

/**
 * Terms of a payout in another asset, at the rate, with the inventory it is reserved in. Throws `BelowMinimum` where
 * nothing would leave, `NotEnoughInventory`, `OwnInventory`.
 */
export function exchangeTerms(
  asked: bigint,
  { account, rate, inventory }: { account: Account; rate: Rate; inventory: Inventory },
): { terms: Terms; inventory: Inventory } {
  const { asset, decimals, account: to } = inventory
  if (account === to) {
    throw new ExchequerError(
      'OwnInventory',
      `an inventory pays out to others: ${account} would be charged for its own ${asset}`,
    )
  }
  const { amount, out } = exchanged(asked, rate)
  if (out === 0n) {
    throw new ExchequerError(
      'BelowMinimum',
      `something leaves by a payout: ${asked} at ${rate.numerator}/${rate.denominator} is less than one base unit of ${asset}`,
    )
  }
  return {
    terms: { asked, amount, asset, decimals, out, exchange: { rate, to } },
    inventory: reserved(inventory, out),
  }
}

/** A payout as it is asked for: TIMELOCKED where the policy has a timelock, else REQUESTED until the next release. */
export function requested(
  { id, account, destination, terms }: { id: string; account: Account; destination: string; terms: Terms },
  at: number,
  { payout: { timelock } }: Pick<Policy, 'payout'>,
): Payout {
  const releaseAt = at + timelock
  const made = { id, account, ...terms, destination, requestedAt: at, releaseAt, dueAt: releaseAt }
  const history: Payout['history'] = [{ state: 'REQUESTED', at }]
  if (timelock > 0) history.push({ state: 'TIMELOCKED', at })
  return { ...made, state: timelock > 0 ? 'TIMELOCKED' : 'REQUESTED', history }
}

/** Whether it waits for its release: it may still be cancelled. */
export function isWaiting({ state }: Pick<Payout, 'state'>): boolean {
  return state === 'REQUESTED' || state === 'TIMELOCKED'
}

/** Whether the bus is still to be told that it was released. */
export function isUnannounced({ state, announcedAt }: Payout): boolean {
  return state === 'RELEASED' && announcedAt === undefined
}

/** Whether its outcome is known. */
export function hasEnded({ state }: Pick<Payout, 'state'>): boolean {
  return state === 'CONFIRMED' || state === 'FAILED' || state === 'CANCELLED'
}

/** Throws `PayoutState` once it is released or has ended, or before its release time; `AssetNotOffered`. */
export function released(payout: Payout, at: number, policy: PayoutPolicy): Payout {
  if (!isWaiting(payout)) throw wrongState(payout, 'released while it waits')
  if (at < payout.releaseAt)
    throw wrongState(
      payout,
      `released from ${formatMoment(payout.releaseAt)} on`,
      `, now is ${formatMoment(at)}`,
    )
  requireOffered(payout.asset, policy)
  const { waitsFor: _, ...rest } = payout
  return inState(rest, 'RELEASED', at)
}

/** It stays as it is, with the reason, and is tried again later. */
export function postponed(payout: Payout, at: number, { code, message }: Reason): Payout {
  return { ...payout, dueAt: at + RETRY_MS, waitsFor: { at, code, message } }
}

export function announced(payout: Payout, at: number): Payout {
  return { ...payout, announcedAt: at }
}

/**
 * How it ends by what came from outside, or by the account. Throws `PayoutState`; `PayoutFixed` where the account would
 * take back what it was priced: its rate stands from the request on, as that of a sale, and the inventory bears what
 * becomes of it. What is postponed because the network does not pay that asset out may be taken back.
 */
export function ended(payout: Payout, how: 'CONFIRMED' | 'FAILED' | 'CANCELLED', at: number): Payout {
  if (how === 'CANCELLED' && !isWaiting(payout)) throw wrongState(payout, 'cancelled before it is released')
  if (how === 'CANCELLED' && payout.exchange && !payout.waitsFor)
    throw new ExchequerError(
      'PayoutFixed',
      `a payout in another asset is not cancelled, for its price stands from the request on: ${payout.id} is ${payout.amount} for ${payout.out} ${payout.asset}`,
    )
  if (how !== 'CANCELLED' && payout.state !== 'RELEASED')
    throw wrongState(payout, `${how.toLowerCase()} once it is released`)
  return inState(payout, how, at)
}

/** The hold that keeps what a payout charges. */
export function holdOf({ id }: Pick<Payout, 'id'>): string {
  return `payout#${id}`
}

/** What moves when a payout is asked for, and when it ends. */
export function movesOf(payout: Payout): Move[] {
  const { account, amount, state, exchange } = payout
  const id = holdOf(payout)
  switch (state) {
    case 'REQUESTED':
    case 'TIMELOCKED':
      return [{ move: 'hold', account, id, amount }]
    case 'CONFIRMED':
      return [
        {
          move: 'capture',
          from: account,
          hold: id,
          to: exchange?.to ?? EXTERNAL,
          amount,
          why: `payout.${payout.id}`,
        },
      ]
    case 'FAILED':
    case 'CANCELLED':
      return [{ move: 'release', account, id }]
    case 'RELEASED':
      return []
  }
}

function inState(payout: Payout, state: PayoutState, at: number): Payout {
  return { ...payout, state, history: [...payout.history, { state, at }] }
}

function wrongState({ id, state }: Payout, rule: string, more = ''): ExchequerError {
  return new ExchequerError('PayoutState', `a payout is ${rule}: ${id} is ${state}${more}`)
}
