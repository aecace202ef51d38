import type { Account } from '../account.ts'
import { formatPosition } from '../calendar.ts'
import { ExchequerError } from '../errors.ts'
import { divideFee } from '../income.ts'
import { min, mulDivCeil } from '../money.ts'
import type { Move } from '../moves.ts'
import { WHOLE } from '../percent.ts'
import type { Policy } from '../policy/schema.ts'
import { recognisedThrough } from '../spread.ts'
import { BOOKING_KIND, PROVIDERS_DUE, requireBookable } from './pricing.ts'
import { type Lot, type Quote, requireOpen } from './quote.ts'
import type { Wanted } from './selection.ts'

/** How a booking was ended before its time, and what that comes to when its era is settled. */
export interface Ending {
  /** First moment that is not paid for, ms. */
  at: number
  /** What had not been earned by then. */
  unearned: bigint
  /** What the network keeps of that, rounded up. */
  fee: bigint
  /** unearned - fee: the buyer's. */
  refund: bigint
}

/** An accepted quote, with the quote's id. Amounts in base units, moments in ms by the network clock. */
export interface Booking extends Wanted {
  id: string
  lots: Lot[]
  base: bigint
  /** What the buyer has paid. */
  requirement: bigint
  /** What of it is earned bit by bit, from the first moment to the last: the rest was earned at once. */
  deferred: bigint
  /** Half-open. */
  from: number
  to: number
  ended?: Ending
}

/** One change to a booking, with what becomes of its quote and what moves. */
export interface BookingStep {
  booking: Booking
  quote: Quote
  moves: Move[]
}

/** The hold of a booking and the fact of its charge are called so. */
export function nameOf({ id }: Pick<Booking, 'id'>): string {
  return `booking#${id}`
}

/**
 * Accepts a quote: the requirement is held and captured as income that is earned from now to the end, and every
 * provider is due its entitlement over the same time. `at` decides whether the quote is open; the booking begins at
 * `position`; both are ms of the network clock. Throws `QuoteAccepted`, `QuoteExpired`, `NotPriced`.
 */
export function accept(
  quote: Quote,
  { at, position }: { at: number; position: number },
  policy: Policy,
): BookingStep {
  requireOpen(quote, at)
  requireBookable(policy)
  const { id, buyer, resource, cluster, quantity, seconds, lots, base, requirement } = quote
  const spread = { from: position, to: position + seconds * 1000 }
  const fee = divideFee(policy, { kind: BOOKING_KIND, amount: requirement, spread })
  const booking: Booking = {
    ...{ id, buyer, resource, cluster, quantity, seconds, lots, base, requirement, ...spread },
    deferred: fee.deferred ? fee.admitted : 0n,
  }
  const name = nameOf(booking)
  const paid = { account: buyer, amount: requirement }
  const moves: Move[] = [
    { move: 'hold', id: name, ...paid },
    { move: 'charge', hold: name, id: name, kind: BOOKING_KIND, ...paid, spread, refundTo: buyer },
    ...duesOf(booking).map(
      ({ account, id, amount }): Move => ({
        move: 'due',
        account,
        id,
        obligation: PROVIDERS_DUE,
        amount,
        spread,
      }),
    ),
  ]
  return { booking, quote: { ...quote, state: 'accepted', until: booking.to }, moves }
}

/**
 * Ends a booking before its time: from `position` on nothing is earned and nobody is due anything, and its units are
 * free. The buyer gets what is unearned less the fee, ceil(unearned x orderFee), when the era is settled; the fee is
 * income of the booking's own kind. Source of the rule: policy `orderFee`, none where it is absent, and never more than
 * all. Throws `BookingEnded`.
 */
export function end(booking: Booking, quote: Quote, position: number, policy: Policy): BookingStep {
  const { buyer } = booking
  requireActive(booking, position, policy)
  const unearned = booking.deferred - recognisedThrough({ ...booking, amount: booking.deferred }, position)
  const keep = min(WHOLE, policy.orderFee ?? 0n)
  const fee = mulDivCeil(unearned, keep, WHOLE)
  const name = nameOf(booking)
  const moves: Move[] = [
    {
      move: 'end',
      account: buyer,
      of: 'Charge',
      id: name,
      at: position,
      refundTo: buyer,
      ...(keep > 0n && { keep }),
    },
    ...duesOf(booking).map(
      ({ account, id }): Move => ({ move: 'end', account, of: 'Due', id, at: position }),
    ),
  ]
  const ended: Ending = { at: position, unearned, fee, refund: unearned - fee }
  return { booking: { ...booking, ended }, quote: { ...quote, until: position }, moves }
}

/** What a booking is at a moment: time alone ends it. */
export function bookingState({ ended, to }: Booking, at: number): 'active' | 'ended' {
  return ended || to <= at ? 'ended' : 'active'
}

function requireActive(booking: Booking, at: number, { era }: Pick<Policy, 'era'>): void {
  if (bookingState(booking, at) === 'active') return
  const { id, ended, to } = booking
  const [over, now] = [ended?.at ?? to, at].map((position) => formatPosition(era.calendar, position))
  throw new ExchequerError('BookingEnded', `a booking ends once: ${id} did at ${over}, now is ${now}`)
}

/** What each provider is due, its offers summed; nothing for one whose entitlement is rounded to nothing. */
function duesOf(booking: Booking): { account: Account; id: string; amount: bigint }[] {
  const dues = new Map<Account, bigint>()
  for (const { provider, entitlement } of booking.lots)
    dues.set(provider, (dues.get(provider) ?? 0n) + entitlement)
  return [...dues]
    .filter(([, amount]) => amount > 0n)
    .map(([account, amount]) => ({ account, id: `${nameOf(booking)}#${account}`, amount }))
}
