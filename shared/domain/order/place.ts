import type { Account } from '../account.ts'
import { formatMoment } from '../calendar.ts'
import { ExchequerError } from '../errors.ts'
import type { Offer } from '../market/offer.ts'
import { MAX_AMOUNT } from '../money.ts'
import { type FeeTerms, feeOn, type Step } from './capture.ts'
import { HOUR_SECONDS, isMetered, lasts, nameOf, type Order, type Orderable } from './order.ts'

export interface Placing {
  id: string
  buyer: Account
  /** Units, above 0. */
  quantity: bigint
  /** How long a stream or a licence is to last. */
  seconds?: number | undefined
  /** How long the seller has to deliver. */
  fulfilWithinSeconds: number
}

/**
 * Accepts an offer that stands: price x quantity of the buyer is held until the order expires. `at` is the network
 * clock, ms. What it takes of the offer is taken apart. Throws, in this order, `OwnOffer`, `NotOrdered`,
 * `OrderDuration`, `OrderTooLarge`, `NotPriced`.
 */
export function place(offer: Offer, placing: Placing, at: number, policy: FeeTerms): Step {
  const { id, buyer, quantity, seconds, fulfilWithinSeconds } = placing
  const { provider: seller, price } = offer
  if (seller === buyer)
    throw new ExchequerError('OwnOffer', `nobody buys from oneself: ${offer.id} is an offer of ${buyer}`)
  const resource = orderable(offer)
  const until = at + fulfilWithinSeconds * 1_000
  checkDuration(offer, seconds, until)
  const held = price * quantity
  if (held > MAX_AMOUNT) {
    throw new ExchequerError(
      'OrderTooLarge',
      `an order costs at most 10^38 - 1: ${quantity} at ${price} is ${held}`,
    )
  }
  // Said now, and not when the seller has delivered.
  feeOn(held, policy)
  const order: Order = {
    id,
    offer: offer.id,
    buyer,
    seller,
    resource,
    quantity,
    price,
    ...(seconds !== undefined && { seconds }),
    ...(isMetered(resource) && { used: 0n, billingSeconds: offer.billingSeconds ?? HOUR_SECONDS }),
    placedAt: at,
    until,
    state: 'ACCEPTED',
    held,
    captured: 0n,
    fee: 0n,
    released: 0n,
    refunded: 0n,
  }
  if (held === 0n) return { order, moves: [] }
  const hold = { account: buyer, id: nameOf(order), amount: held, until }
  return { order, moves: [{ move: 'hold', ...hold, charges: true }] }
}

function orderable({ id, resource }: Offer): Orderable {
  if (resource !== 'storage') return resource
  throw new ExchequerError(
    'NotOrdered',
    `storage is booked by a quote, and not ordered: ${id} offers storage`,
  )
}

/** What is sold for a time keeps to the limits of its offer, and everything to the provider's commitment. */
function checkDuration(offer: Offer, seconds: number | undefined, until: number): void {
  const { id, resource, minSeconds = 0, maxSeconds = Number.POSITIVE_INFINITY, committedUntil } = offer
  if (lasts(resource) !== (seconds !== undefined))
    throw wrongDuration(
      `a stream or a model, and nothing else, lasts for \`seconds\`: got ${seconds} for ${resource}`,
    )
  if (seconds !== undefined && (seconds < minSeconds || seconds > maxSeconds))
    throw wrongDuration(`${id} is sold for ${minSeconds} to ${maxSeconds} seconds: got ${seconds}`)
  const ends = until + (seconds ?? 0) * 1_000
  if (committedUntil !== undefined && ends > committedUntil)
    throw wrongDuration(
      `the provider of ${id} is committed until ${formatMoment(committedUntil)}: the order may take until ${formatMoment(ends)}`,
    )
}

function wrongDuration(message: string): ExchequerError {
  return new ExchequerError('OrderDuration', message)
}
