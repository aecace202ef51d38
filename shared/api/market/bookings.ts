import type * as z from 'zod'
import type { Account } from '../../domain/account.ts'
import { formatMoment } from '../../domain/calendar.ts'
import { type Booking, bookingState } from '../../domain/market/booking.ts'
import { UNITS } from '../../domain/market/offer.ts'
import { formulasOf } from '../../domain/market/pricing.ts'
import { type Quote, stateOf } from '../../domain/market/quote.ts'
import { formatPercent } from '../../domain/percent.ts'
import type { PostDeps } from '../../ledger/post.ts'
import { momentOf } from '../../ledger/time.ts'
import { acceptQuote as accept, bookingOf, bookingsBy, endBooking as end } from '../../market/bookings.ts'
import { makeQuote as make, quoteOf } from '../../market/quotes.ts'
import { ownAccount, requireAccount } from '../authority.ts'
import type { bookingResponse, bookingsResponse, quoteResponse } from '../contracts/market.ts'
import { readCursor, writeCursor } from '../cursor.ts'
import type { Input, RouteKey } from '../operations.ts'
import { type Money, moneyOf } from '../present.ts'
import { commandOf, type Request } from '../request.ts'

type QuoteResponse = z.output<typeof quoteResponse>
type BookingResponse = z.output<typeof bookingResponse>

/** Prices capacity for the account of the token. Throws `NotYours`, `NotPriced`, `NotEnoughCapacity`. */
export async function makeQuote(
  deps: PostDeps,
  { body }: Input<'POST /quotes'>,
  request: Request,
): Promise<QuoteResponse> {
  const wanted = { ...body, quantity: BigInt(body.quantity), buyer: ownAccount(request.caller) }
  const quote = await make(deps, commandOf(request, 'POST /quotes'), wanted)
  return presentQuote(quote, (await moneyAt(deps)).money, quote.at)
}

/** One quote as it is now, for its buyer. Throws `UnknownQuote`, `Unauthenticated`, `NotYours`. */
export async function readQuote(
  deps: PostDeps,
  { id }: { id: string },
  { caller }: Request,
): Promise<QuoteResponse> {
  const { value: quote } = await quoteOf(deps, id)
  requireAccount(quote.buyer, 'quotes:read', caller)
  const { money, at } = await moneyAt(deps)
  return presentQuote(quote, money, at)
}

/** The buyer accepts. Throws as `acceptQuote` of the market, and `NotYours`. */
export async function acceptQuote(
  deps: PostDeps,
  { id }: { id: string },
  request: Request,
): Promise<BookingResponse> {
  const booking = await accept(deps, byBuyer(request, 'POST /quotes/{id}/accept', id))
  return presentBooking(booking, (await moneyAt(deps)).money, booking.from)
}

/** The buyer ends it early. Throws as `endBooking` of the market, and `NotYours`. */
export async function endBooking(
  deps: PostDeps,
  { id }: { id: string },
  request: Request,
): Promise<BookingResponse> {
  const booking = await end(deps, byBuyer(request, 'POST /bookings/{id}/end', id))
  return presentBooking(booking, (await moneyAt(deps)).money, booking.from)
}

/** One booking as it is now. Throws `UnknownBooking`. */
export async function readBooking(deps: PostDeps, { id }: { id: string }): Promise<BookingResponse> {
  const { value: booking } = await bookingOf(deps, id)
  const { money, at } = await moneyAt(deps)
  return presentBooking(booking, money, at)
}

/** Bookings of a buyer, newest first. Throws `InvalidCursor`. */
export async function listBookings(
  deps: PostDeps,
  { buyer, cursor, limit }: Input<'GET /bookings'>,
): Promise<z.output<typeof bookingsResponse>> {
  const name = `bookings ${buyer}`
  const after = cursor === undefined ? undefined : readCursor(name, cursor)
  const { bookings, next } = await bookingsBy(deps, { buyer, cursor: after, limit })
  const { money, at } = await moneyAt(deps)
  return {
    bookings: bookings.map((booking) => presentBooking(booking, money, at)),
    ...(next !== undefined && { next: writeCursor(name, next) }),
  }
}

function byBuyer(request: Request, route: RouteKey, of: string) {
  const requireBuyer = (buyer: Account) => requireAccount(buyer, 'bookings:write', request.caller)
  return { ...commandOf(request, route), of, requireBuyer }
}

async function moneyAt({ store, now }: PostDeps): Promise<{ money: Money; at: number }> {
  const { at, policy } = await momentOf(store, now())
  return { money: moneyOf(policy.policy), at }
}

/** A quote at a moment. */
function presentQuote(quote: Quote, money: Money, at: number): QuoteResponse {
  const { id, policyVersion, terms, clusterPrice, base, requirement, lots, seconds } = quote
  return {
    id,
    state: stateOf(quote, at),
    ...presentSold(quote, money),
    at: formatMoment(quote.at),
    expiresAt: formatMoment(quote.expiresAt),
    policyVersion,
    pricing: {
      clusterPrice: terms.mode,
      periodSeconds: terms.periodSeconds,
      scaling: formatPercent(terms.scaling),
      margin: formatPercent(terms.margin),
      maxClusterPrice: money(terms.maxClusterPrice),
    },
    ...(clusterPrice !== undefined && { clusterPrice: money(clusterPrice) }),
    margin: money(requirement - base),
    formulas: formulasOf(lots, seconds, terms, quote),
  }
}

/** A booking at a moment. */
function presentBooking(booking: Booking, money: Money, at: number): BookingResponse {
  const { id, from, to, ended } = booking
  return {
    id,
    quote: id,
    state: bookingState(booking, at),
    ...presentSold(booking, money),
    from: formatMoment(from),
    to: formatMoment(to),
    ...(ended && {
      ended: {
        at: formatMoment(ended.at),
        unearned: money(ended.unearned),
        fee: money(ended.fee),
        refund: money(ended.refund),
      },
    }),
  }
}

function presentSold(
  { buyer, resource, cluster, quantity, seconds, lots, base, requirement }: Quote | Booking,
  money: Money,
) {
  return {
    buyer,
    resource,
    unit: UNITS[resource],
    cluster,
    quantity: quantity.toString(),
    seconds,
    offers: lots.map((lot) => ({
      ...lot,
      quantity: lot.quantity.toString(),
      price: money(lot.price),
      entitlement: money(lot.entitlement),
    })),
    base: money(base),
    requirement: money(requirement),
  }
}
