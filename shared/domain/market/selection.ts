import type { Account } from '../account.ts'
import { ExchequerError } from '../errors.ts'
import { min } from '../money.ts'
import { availableOf, type Offer, type Resource, rankOf, UNITS } from './offer.ts'
import type { Terms } from './pricing.ts'

/** What a buyer asks a price for. */
export interface Wanted {
  buyer: Account
  resource: Resource
  cluster: string
  /** Units, above 0. */
  quantity: bigint
  seconds: number
}

/** Units that are taken of an offer. */
export interface Selected {
  offer: Offer
  quantity: bigint
}

/** The most offers that one quote takes, for all their providers are due in one transaction of at most 100 items. */
export const MAX_OFFERS = 90

/** Ranks begin with a digit. */
const LAST_RANK = '~'

/**
 * Whether a quote may take units of an offer: it costs something and no more than the cap, is sold for so long, its
 * commitment covers the last booking that the quote can become, and nobody buys from oneself. It has no less than a
 * ninetieth of what is wanted, so that {@link MAX_OFFERS} are enough however many small ones there are.
 * Source of the rule: policy `pricing`, and the limits of the offer.
 */
export function isEligible(offer: Offer, wanted: Wanted, terms: Terms, at: number): boolean {
  const { resource, cluster, buyer, quantity, seconds } = wanted
  const { minSeconds = 0, maxSeconds = seconds, committedUntil = Number.POSITIVE_INFINITY } = offer
  return (
    offer.resource === resource &&
    offer.cluster === cluster &&
    offer.provider !== buyer &&
    offer.price > 0n &&
    offer.price <= terms.maxClusterPrice &&
    minSeconds <= seconds &&
    seconds <= maxSeconds &&
    at + (terms.validitySeconds + seconds) * 1000 <= committedUntil &&
    availableOf(offer, at) * BigInt(MAX_OFFERS) >= quantity
  )
}

/**
 * Takes eligible offers in their order, whichever order they come in, until the quantity is met; none that ranks after
 * `through`. `missing` is what they do not have.
 */
export function select(
  offers: readonly Offer[],
  wanted: Wanted,
  terms: Terms,
  at: number,
  through = LAST_RANK,
): { selected: Selected[]; missing: bigint } {
  const selected: Selected[] = []
  let missing = wanted.quantity
  const ranked = offers
    .filter((offer) => isEligible(offer, wanted, terms, at))
    .map((offer) => ({ offer, rank: rankOf(offer) }))
    .filter(({ rank }) => rank <= through)
    .sort((a, b) => (a.rank < b.rank ? -1 : 1))
  for (const { offer } of ranked) {
    if (missing === 0n) break
    const quantity = min(missing, availableOf(offer, at))
    selected.push({ offer, quantity })
    missing -= quantity
  }
  return { selected, missing }
}

/** The problem of a quote that cannot be met, with how much is missing. */
export function notEnough({ resource, cluster, quantity, seconds }: Wanted, missing: bigint): ExchequerError {
  const unit = UNITS[resource]
  return new ExchequerError(
    'NotEnoughCapacity',
    `a quote takes offers of others, not the buyer's own, that have a ${MAX_OFFERS}th of it or more, for so long: ${cluster} has ` +
      `${quantity - missing} ${unit} of ${resource} for ${seconds} seconds, ${missing} ${unit} of ${quantity} are missing`,
  )
}
