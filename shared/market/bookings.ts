import type { Account } from '../domain/account.ts'
import { ExchequerError } from '../domain/errors.ts'
import { accept, type Booking, end } from '../domain/market/booking.ts'
import { placeAt } from '../domain/place.ts'
import type { RecordWrite, StoredRecord } from '../ledger/ports.ts'
import { type PostDeps, post } from '../ledger/post.ts'
import { quoteOf } from './quotes.ts'
import { quoteWrite, release } from './release.ts'

/** Which request it is, of which quote or booking, and what holds that whoever asks may act for its buyer. */
export interface BookingCommand {
  id: string
  digest: string
  of: string
  requireBuyer: (buyer: Account) => void
}

/**
 * Turns a quote into a booking, with the quote's id: its units stay taken until the booking is over, and the buyer
 * pays. The offers are not touched, for their units were taken when the quote was made.
 * Throws `UnknownQuote`, `QuoteAccepted`, `QuoteExpired`, `NotPriced`, `NotEnough`, and what `post` throws.
 */
export async function acceptQuote(
  deps: PostDeps,
  { of, requireBuyer, ...command }: BookingCommand,
): Promise<Booking> {
  const { answer } = await post(deps, {
    ...command,
    change: async (moment) => {
      const stored = await quoteOf(deps, of)
      requireBuyer(stored.value.buyer)
      const { booking, quote, moves } = accept(stored.value, moment, moment.policy.policy)
      return {
        moves,
        records: [
          quoteWrite({ ...stored, value: quote }),
          bookingWrite({ id: of, version: 0, value: booking }),
        ],
        answer: booking,
      }
    },
  })
  return answer as Booking
}

/**
 * Ends a booking before its time, and frees its units.
 * Throws `UnknownBooking`, `BookingEnded`, `NotPriced`, and what `post` throws.
 */
export async function endBooking(
  deps: PostDeps,
  { of, requireBuyer, ...command }: BookingCommand,
): Promise<Booking> {
  const { answer } = await post(deps, {
    ...command,
    change: async ({ position, policy }) => {
      const stored = await bookingOf(deps, of)
      requireBuyer(stored.value.buyer)
      const its = await quoteOf(deps, of)
      const { booking, quote, moves } = end(stored.value, its.value, position, policy.policy)
      return {
        moves,
        records: [quoteWrite({ ...its, value: quote }), bookingWrite({ ...stored, value: booking })],
        answer: booking,
      }
    },
  })
  // Where this fails the next quote in the cluster does it, or whoever asks for the same again.
  const its = await quoteOf(deps, of)
  if (!its.value.isReleased) await release(deps, [its], its.value.until)
  return answer as Booking
}

/** A booking as it stands, strongly consistent. Throws `UnknownBooking`. */
export async function bookingOf(
  { store }: Pick<PostDeps, 'store'>,
  id: string,
): Promise<StoredRecord<Booking>> {
  const found = await store.records.read<Booking>('BOOKING', id)
  if (found) return found
  throw new ExchequerError('UnknownBooking', `a booking has the id of its quote: got ${JSON.stringify(id)}`)
}

/** Bookings of a buyer, newest first, eventually consistent. Throws `InvalidCursor`. */
export async function bookingsBy(
  { store }: Pick<PostDeps, 'store'>,
  { buyer, ...page }: { buyer: Account; cursor?: string | undefined; limit: number },
): Promise<{ bookings: Booking[]; next?: string }> {
  const query = { kind: 'BOOKING', list: bookingsOf(buyer), ...page, descending: true } as const
  const { records, ...rest } = await store.records.list<Booking>('byOwner', query)
  return { bookings: records.map(({ value }) => value), ...rest }
}

function bookingsOf(buyer: Account): string {
  return `bookings#${buyer}`
}

function bookingWrite({ id, version, value }: StoredRecord<Booking>): RecordWrite<Booking> {
  const owner = { list: bookingsOf(value.buyer), place: placeAt(value.from, id) }
  return { kind: 'BOOKING', id, version, value, owner }
}
