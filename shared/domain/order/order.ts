import type { Account } from '../account.ts'
import { formatMoment } from '../calendar.ts'
import { ExchequerError } from '../errors.ts'
import type { Resource } from '../market/offer.ts'

/** What is ordered. Storage is not: it is booked for a time, by a quote. */
export type Orderable = Exclude<Resource, 'storage'>

/**
 * ACCEPTED: the buyer's tokens are held. DISPUTED: they are, and only who may resolve it ends that. FULFILLED: the
 * seller was paid. CANCELLED: nothing was paid. REFUNDED: all that the seller was paid went back.
 */
export type StoredState = 'ACCEPTED' | 'DISPUTED' | 'FULFILLED' | 'CANCELLED' | 'REFUNDED'

/** EXPIRED is written nowhere: it is what ACCEPTED and DISPUTED are once the hold has ended by itself. */
export type OrderState = StoredState | 'EXPIRED'

/** What its buyer may use, from the moment an order is fulfilled. */
export interface Entitlement {
  /** First moment at which it is over, ms. */
  expiresAt: number
  /** Of a model: how often it may still be used. */
  usesLeft?: bigint
}

/** An accepted offer of something else than capacity for a time. Amounts in base units, moments in ms by the network clock. */
export interface Order {
  id: string
  offer: string
  buyer: Account
  seller: Account
  resource: Orderable
  /** Of the resource's unit: hours of compute, uses of a model. */
  quantity: bigint
  /** Per unit, as the offer had it when the order was placed. */
  price: bigint
  /** How long a stream or the licence of a model lasts, from fulfilment. */
  seconds?: number
  /** Of compute: what has begun of so many seconds is billed whole. */
  billingSeconds?: number
  placedAt: number
  /** The hold ends by itself then: when the order expires, or its dispute was not resolved. */
  until: number
  state: StoredState
  /** What was held: captured and released come out of it. */
  held: bigint
  /** Paid out of the hold: the fee, and the rest to the seller. */
  captured: bigint
  fee: bigint
  /** Made available again; what a hold that ends by itself releases is not in it. */
  released: bigint
  /** What the seller has paid back. */
  refunded: bigint
  /** Of compute: seconds reported so far. */
  used?: bigint
  entitlement?: Entitlement
  dispute?: { at: number; reason: string; resolvedBy?: Account }
  /** When it was fulfilled, cancelled or resolved. */
  endedAt?: number
}

export const HOUR_SECONDS = 3_600

/** How long whoever resolves disputes has, 30 days; then the buyer has the tokens back. */
export const DISPUTE_MS = 30 * 86_400_000

/** The hold of an order, the fact of its fee, and its taking of the offer are called so. */
export function nameOf({ id }: Pick<Order, 'id'>): string {
  return `order#${id}`
}

/** The state of an order at a moment: time alone ends what waits. */
export function stateOf({ state, until }: Pick<Order, 'state' | 'until'>, at: number): OrderState {
  return (state === 'ACCEPTED' || state === 'DISPUTED') && until <= at ? 'EXPIRED' : state
}

/** Holds that an order is in this state. Throws `OrderState`. */
export function requireState(order: Order, at: number, wanted: StoredState, what: string): void {
  const state = stateOf(order, at)
  if (state === wanted) return
  throw new ExchequerError(
    'OrderState',
    `an order is ${what} while it is ${wanted}: ${order.id} is ${state}${state === 'EXPIRED' ? `, since ${formatMoment(order.until)}` : ''}`,
  )
}

/** What has been made available again: of an order that has expired, by the hold itself. */
export function releasedBy(order: Order, at: number): bigint {
  return stateOf(order, at) === 'EXPIRED' ? order.held : order.released
}

/** Compute is metered: paid by the seconds that were used. */
export function isMetered(resource: Resource): boolean {
  return resource === 'cpu-hour' || resource === 'gpu-hour'
}

/** Streams and models last for a time from fulfilment. */
export function lasts(resource: Resource): boolean {
  return resource === 'stream' || resource === 'model'
}
