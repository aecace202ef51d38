import type { Account } from '../account.ts'
import { formatMoment } from '../calendar.ts'
import { ExchequerError } from '../errors.ts'
import { placeAt } from '../place.ts'
import { type Offer, take } from './offer.ts'
import { type Price, priceOf, type Terms } from './pricing.ts'
import type { Selected, Wanted } from './selection.ts'

/** What a quote takes of one offer, and what that comes to. */
export interface Lot {
  offer: string
  provider: Account
  quantity: bigint
  /** The offer's when it was taken, base units for a unit and period: a booking keeps it. */
  price: bigint
  /** Base units that the provider is due over the whole of the booking. */
  entitlement: bigint
}

/**
 * A price with a time limit. Its units are taken from the moment it is made; they are free again once it is released,
 * which is done by whoever comes by after {@link until}. Amounts in base units, moments in ms by the network clock.
 */
export interface Quote extends Wanted, Omit<Price, 'entitlements'> {
  id: string
  at: number
  /** It is accepted before then, or never. */
  expiresAt: number
  policyVersion: number
  terms: Terms
  /** In the order in which the offers were taken. */
  lots: Lot[]
  state: 'open' | 'accepted'
  /** From then on its units may be released: when it expires, or when its booking ends. */
  until: number
  /** Its units are free: it can never be accepted any more. */
  isReleased?: true
}

const TAKEN_BY = 'quote#'

/** How a quote's units are written in its offers. */
export function takingOf(id: string): string {
  return `${TAKEN_BY}${id}`
}

/** The id of the quote that has taken units; undefined where something else has. */
export function quoteOfTaking(by: string): string | undefined {
  return by.startsWith(TAKEN_BY) ? by.slice(TAKEN_BY.length) : undefined
}

/** Makes a quote of what was selected, with the offers as they are then. Throws `NotPriced`. */
export function quote(
  id: string,
  wanted: Wanted,
  selected: readonly Selected[],
  { terms, policyVersion, at }: { terms: Terms; policyVersion: number; at: number },
): { quote: Quote; offers: Offer[] } {
  const shares = selected.map(({ offer, quantity }) => ({ quantity, price: offer.price }))
  const { entitlements, ...price } = priceOf(shares, wanted.seconds, terms)
  const expiresAt = at + terms.validitySeconds * 1000
  const lots = selected.map(({ offer, quantity }, index) => ({
    offer: offer.id,
    provider: offer.provider,
    quantity,
    price: offer.price,
    entitlement: entitlements[index] as bigint,
  }))
  return {
    quote: {
      id,
      ...wanted,
      at,
      expiresAt,
      policyVersion,
      terms,
      ...price,
      lots,
      state: 'open',
      until: expiresAt,
    },
    offers: selected.map(({ offer, quantity }) => take(offer, { by: takingOf(id), quantity }, at)),
  }
}

/** What a quote is at a moment: time alone expires it. */
export function stateOf(
  { state, expiresAt, isReleased }: Quote,
  at: number,
): 'open' | 'accepted' | 'expired' {
  if (state === 'accepted') return state
  return isReleased || expiresAt <= at ? 'expired' : 'open'
}

/** Whether its units are to be released: once, at any time after they are free. */
export function isDue({ isReleased, until }: Quote, at: number): boolean {
  return !isReleased && until <= at
}

/** A quote whose units are free again. */
export function released(quote: Quote): Quote {
  return { ...quote, isReleased: true }
}

/** Where a quote waits for its release, and until when: those of one cluster, in the order of time. */
export function releaseListing(quote: Quote): { place?: { list: string; place: string } } {
  if (quote.isReleased) return {}
  return { place: { list: releasesIn(quote), place: placeAt(quote.until, quote.id) } }
}

export function releasesIn({ resource, cluster }: Pick<Wanted, 'resource' | 'cluster'>): string {
  return `releases#${resource}#${cluster}`
}

/** Holds that a quote can be accepted now. Throws `QuoteAccepted`, `QuoteExpired`. */
export function requireOpen(quote: Quote, at: number): void {
  const { id, expiresAt } = quote
  const state = stateOf(quote, at)
  if (state === 'accepted')
    throw new ExchequerError('QuoteAccepted', `a quote is accepted once: ${id} is a booking already`)
  if (state === 'expired')
    throw new ExchequerError(
      'QuoteExpired',
      `a quote is accepted before it expires: ${id} did at ${formatMoment(expiresAt)}, now is ${formatMoment(at)}`,
    )
}
