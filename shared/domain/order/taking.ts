import { ExchequerError } from '../errors.ts'
import { type Offer, retake, take, takenOf } from '../market/offer.ts'
import { HOUR_SECONDS, nameOf, type Order } from './order.ts'

/** What all fulfilled orders of an offer have taken: it is never free again, and needs no more room than one of them. */
const SOLD = 'sold'

/** An offer when an order was placed: its units are taken until the order expires. Throws as `take` does. */
export function takeFor(offer: Offer, order: Order, at: number): Offer {
  return take(offer, { by: nameOf(order), quantity: order.quantity, until: order.until }, at)
}

/**
 * An offer after a step of one of its orders: what waits keeps its units, what is cancelled frees them, the rest is
 * sold. Throws `NotEnoughCapacity` where a clock that is ahead has found the order expired and sold its units.
 */
export function retakeFor(offer: Offer, order: Order, at: number): Offer {
  const { state, quantity, until } = order
  const by = nameOf(order)
  if (state === 'ACCEPTED' || state === 'DISPUTED')
    return withinOffer(retake(offer, by, { by, quantity, until }, at), at)
  const freed = retake(offer, by, undefined, at)
  const sold = state === 'CANCELLED' ? 0n : soldBy(order)
  if (sold === 0n) return freed
  const before = freed.takings.find((taking) => taking.by === SOLD)?.quantity ?? 0n
  return withinOffer(retake(freed, SOLD, { by: SOLD, quantity: before + sold }, at), at)
}

function withinOffer(offer: Offer, at: number): Offer {
  const taken = takenOf(offer, at)
  if (taken <= offer.quantity) return offer
  throw new ExchequerError(
    'NotEnoughCapacity',
    `no more is taken of an offer than it has: ${offer.id} has ${offer.quantity}, and ${taken} would be taken`,
  )
}

/** Whether a step changes what an order takes of its offer; what was sold stays sold when it is refunded. */
export function changesTaking(before: Order, after: Order): boolean {
  return after.state !== before.state && after.state !== 'REFUNDED'
}

/** Units that nobody else can be sold: of compute the hours that were begun, of anything else all. */
function soldBy({ quantity, used }: Order): bigint {
  if (used === undefined) return quantity
  const hour = BigInt(HOUR_SECONDS)
  return (used + hour - 1n) / hour
}
