import type { Account } from '../account.ts'
import { ExchequerError } from '../errors.ts'
import { sum } from '../money.ts'
import { isName } from '../name.ts'
import { MOMENT_DIGITS, padded } from '../place.ts'

/** What can be on offer, each with the one unit it is counted in. */
export const UNITS = {
  storage: 'TB',
  'cpu-hour': 'hour',
  'gpu-hour': 'hour',
  bandwidth: 'GB',
  dataset: 'copy',
  stream: 'subscription',
  model: 'use',
} as const

export type Resource = keyof typeof UNITS

/** Open: for sale. Suspended: not for sale now. Withdrawn: never again. What was sold stays sold in every state. */
export const OFFER_STATES = ['open', 'suspended', 'withdrawn'] as const
export type OfferState = (typeof OFFER_STATES)[number]

/** Units of an offer that nobody else can be sold. */
export interface Taking {
  /** `quote#...`, `order#...`: what they are taken by. */
  by: string
  quantity: bigint
  /** From then on they are free by themselves, ms by the network clock; absent where only a command frees them. */
  until?: number
}

/** What a provider says of an offer. */
export interface OfferTerms {
  id: string
  provider: Account
  resource: Resource
  cluster: string
  /** Units, of the resource's unit. */
  quantity: bigint
  /** Reservation price, base units for a unit: of storage for a unit and pricing period, else for a unit. */
  price: bigint
  /** Shortest and longest time for which it is sold. */
  minSeconds?: number
  maxSeconds?: number
  /** Moment through which the provider commits itself, ms; absent where the commitment has no end. */
  committedUntil?: number
  /** Of compute: what has begun of so many seconds is billed whole. */
  billingSeconds?: number
  /** What the network thinks of the provider: more is better. */
  trust: number
  state: OfferState
}

export interface Offer extends OfferTerms {
  /** At most {@link MAX_TAKINGS}. */
  takings: Taking[]
}

/** The most quotes, bookings and orders that one offer serves at a time: it is one item. */
export const MAX_TAKINGS = 500

/** Prices and moments are written in places with so many digits: 10^38 has 39. */
const PRICE_DIGITS = 39
const TRUST_DIGITS = 10

/** The greatest trust, and the greatest moment of a commitment (the last that a date can be), ms. */
export const MAX_TRUST = 1_000_000_000
export const MAX_MOMENT = 8_640_000_000_000_000

const ID = /^[A-Za-z0-9:._-]{1,128}$/
export const OFFER_ID_RULE = 'the id of an offer is 1 to 128 of A-Z a-z 0-9 : . _ -'

export function isOfferId(text: string): boolean {
  return ID.test(text)
}

/** Clusters are named as kinds are. No such name has a `#`, which parts the places of a list. */
export function isCluster(text: string): boolean {
  return isName(text)
}

/** Units that are taken at a moment, ms by the network clock. */
export function takenOf({ takings }: Pick<Offer, 'takings'>, at: number): bigint {
  return sum(standing(takings, at).map(({ quantity }) => quantity))
}

/** Units that can still be taken at a moment; none of an offer that is not open, or that serves as many as it can. */
export function availableOf(offer: Offer, at: number): bigint {
  const { state, quantity, takings } = offer
  if (state !== 'open' || standing(takings, at).length >= MAX_TAKINGS) return 0n
  return quantity - takenOf(offer, at)
}

/** Takes units of an offer; what is over is forgotten. Throws `OfferNotOpen`, `OfferFull`, `NotEnoughCapacity`. */
export function take(offer: Offer, taking: Taking, at: number): Offer {
  const { id, state, quantity } = offer
  if (state !== 'open')
    throw new ExchequerError('OfferNotOpen', `units are taken of an open offer: ${id} is ${state}`)
  const takings = standing(offer.takings, at)
  if (takings.length >= MAX_TAKINGS) {
    throw new ExchequerError(
      'OfferFull',
      `an offer serves at most ${MAX_TAKINGS} quotes, bookings and orders at a time: ${id} serves ${takings.length}`,
    )
  }
  const available = quantity - takenOf(offer, at)
  if (available < taking.quantity) {
    throw new ExchequerError(
      'NotEnoughCapacity',
      `no more is taken of an offer than it has: ${id} has ${available} left, ${taking.quantity - available} of ${taking.quantity} are missing`,
    )
  }
  return { ...offer, takings: [...takings, taking] }
}

/** Replaces what something has taken, by nothing where `taking` is absent; what is over is forgotten. */
export function retake(offer: Offer, by: string, taking: Taking | undefined, at: number): Offer {
  const others = standing(offer.takings, at).filter((other) => other.by !== by)
  return { ...offer, takings: taking ? [...others, taking] : others }
}

/**
 * An offer as its provider says it from now on, or a new one. What was sold keeps its price and its time.
 * Throws `NotYours` for the id of another's offer, `OfferWithdrawn`, `OfferFixed`, `OfferTaken`.
 */
export function revise(before: Offer | undefined, terms: OfferTerms, at: number): Offer {
  if (!before) return { ...terms, takings: [] }
  const { id, provider, resource, cluster, state, takings } = before
  if (terms.provider !== provider)
    throw new ExchequerError(
      'NotYours',
      `the id of an offer is its first provider's for ever: ${id} is not ${terms.provider}'s`,
    )
  if (state === 'withdrawn')
    throw new ExchequerError(
      'OfferWithdrawn',
      `an offer is withdrawn for ever: ${id} is, and another id is free`,
    )
  if (terms.resource !== resource || terms.cluster !== cluster) {
    throw new ExchequerError(
      'OfferFixed',
      `an offer stays what and where it is: ${id} is ${resource} in ${cluster}, not ${terms.resource} in ${terms.cluster}`,
    )
  }
  const taken = takenOf(before, at)
  if (terms.quantity < taken) {
    throw new ExchequerError(
      'OfferTaken',
      `an offer has what was taken of it: ${taken} of ${id} are taken, more than ${terms.quantity}`,
    )
  }
  return { ...terms, takings: standing(takings, at) }
}

/**
 * The order in which offers of one cluster are taken, as text: price, then longer commitment, trust, id.
 * Source of the rule: policy language, Quotes.
 */
export function rankOf({ price, committedUntil = MAX_MOMENT, trust, id }: OfferTerms): string {
  const commitment = padded(MAX_MOMENT - committedUntil, MOMENT_DIGITS)
  return `${padded(price, PRICE_DIGITS)}#${commitment}#${padded(MAX_TRUST - trust, TRUST_DIGITS)}#${id}`
}

/** Where an offer is listed: with its provider's, and while it is open among what there is of its resource. */
export function listingsOf(offer: Offer, at: number): { owner: Place; place?: Place } {
  const owner = { list: offersOf(offer.provider), place: offer.id }
  if (offer.state !== 'open') return { owner }
  const has = availableOf(withoutPassing(offer), at) > 0n ? FOR_SALE : TAKEN
  return {
    owner,
    place: { list: offersFor(offer.resource), place: `${offer.cluster}#${has}#${rankOf(offer)}` },
  }
}

/** What time alone frees is for sale in the lists, for nobody writes the offer when it does. */
function withoutPassing(offer: Offer): Offer {
  return { ...offer, takings: offer.takings.filter(({ until }) => until === undefined) }
}

interface Place {
  list: string
  place: string
}

/** In each cluster, what has units to sell comes before what has none. */
const FOR_SALE = 0
const TAKEN = 1

export function offersOf(provider: Account): string {
  return `offers#${provider}`
}

/** By cluster, then whether there is anything left, then in the order in which they are taken. */
export function offersFor(resource: Resource): string {
  return `market#${resource}`
}

/** Places of all open offers of a cluster; with a price, of those that have units to sell for no more than that. */
export function placesIn(cluster: string, maxPrice?: bigint): { from: string; through: string } {
  if (maxPrice === undefined) return { from: `${cluster}#`, through: `${cluster}#~` }
  return {
    from: `${cluster}#${FOR_SALE}#`,
    through: `${cluster}#${FOR_SALE}#${padded(maxPrice, PRICE_DIGITS)}#~`,
  }
}

function standing(takings: readonly Taking[], at: number): Taking[] {
  return takings.filter(({ until = Number.POSITIVE_INFINITY }) => until > at)
}
