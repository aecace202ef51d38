import type { Account } from '../domain/account.ts'
import { ExchequerError } from '../domain/errors.ts'
import {
  type Offer,
  type OfferTerms,
  offersFor,
  offersOf,
  placesIn,
  type Resource,
  revise,
  takenOf,
} from '../domain/market/offer.ts'
import { isDue, type Quote, quoteOfTaking } from '../domain/market/quote.ts'
import { type PostDeps, post } from '../ledger/post.ts'
import { momentOf } from '../ledger/time.ts'
import { dueIn, offerWrite, release, without } from './release.ts'

/** What a request says of an offer; without `trust` it keeps what it has, or has none. */
export type OfferWanted = Omit<OfferTerms, 'trust'> & { trust?: number }

/**
 * Makes an offer, or says anew what it is. `commandAt` is given the version that it follows on, 0 for a new one.
 * Throws `NotYours`, `OfferWithdrawn`, `OfferFixed`, `OfferTaken`, and what `post` throws.
 */
export async function putOffer(
  deps: PostDeps,
  commandAt: (version: number) => { id: string; digest: string },
  wanted: OfferWanted,
): Promise<Offer> {
  const { records } = deps.store
  const before = await records.read<Offer>('OFFER', wanted.id)
  const { answer } = await post(deps, {
    ...commandAt(before?.version ?? 0),
    change: async ({ at }) => {
      const read = () => records.read<Offer>('OFFER', wanted.id)
      let stored = await read()
      if (stored && wanted.quantity < takenOf(stored.value, at)) {
        await releaseOf(deps, stored.value, at)
        stored = await read()
      }
      const trust = wanted.trust ?? stored?.value.trust ?? 0
      const offer = revise(stored?.value, { ...wanted, trust }, at)
      const written = offerWrite({ id: offer.id, version: stored?.version ?? 0, value: offer }, at)
      return { moves: [], records: [written], answer: offer }
    },
  })
  return answer as Offer
}

/** An offer as it stands: strongly consistent, without what is to be released. Throws `UnknownOffer`. */
export async function offerOf(deps: PostDeps, id: string): Promise<Offer> {
  const found = await deps.store.records.read<Offer>('OFFER', id)
  if (!found)
    throw new ExchequerError(
      'UnknownOffer',
      `an offer is known by the id it was put with: got ${JSON.stringify(id)}`,
    )
  const [offer] = await asOfNow(deps, [found.value])
  return offer as Offer
}

/** Which offers are asked for: those of a provider, or the open ones of a resource. */
export type OffersWanted =
  | { provider: Account }
  | { resource: Resource; cluster?: string | undefined; maxPrice?: bigint | undefined }

/** Offers in the order of their ids, or of the market: eventually consistent. Throws `InvalidCursor`. */
export async function listOffers(
  deps: PostDeps,
  wanted: OffersWanted,
  page: { cursor?: string | undefined; limit: number },
): Promise<{ offers: Offer[]; next?: string }> {
  const list = deps.store.records.list<Offer>
  const { records, ...rest } =
    'provider' in wanted
      ? await list('byOwner', { kind: 'OFFER', list: offersOf(wanted.provider), ...page })
      : await list('byPlace', {
          kind: 'OFFER',
          list: offersFor(wanted.resource),
          ...placesOf(wanted),
          ...page,
        })
  return {
    offers: await asOfNow(
      deps,
      records.map(({ value }) => value),
    ),
    ...rest,
  }
}

function placesOf({ cluster, maxPrice }: { cluster?: string | undefined; maxPrice?: bigint | undefined }) {
  return cluster === undefined ? {} : placesIn(cluster, maxPrice)
}

/** Offers without what is due to be released in their clusters: nobody has needed those units since. */
async function asOfNow(deps: PostDeps, offers: readonly Offer[]): Promise<Offer[]> {
  const { at } = await momentOf(deps.store, deps.now())
  const clusters = new Map(offers.map((offer) => [`${offer.resource}#${offer.cluster}`, offer]))
  const due = await Promise.all([...clusters.values()].map((place) => dueIn(deps.store, place, at)))
  return offers.map((offer) => without(offer, due.flat(), at))
}

/** Releases what is due of one offer. */
async function releaseOf(deps: PostDeps, { takings }: Offer, at: number): Promise<void> {
  const quotes = takings.map(({ by }) => quoteOfTaking(by)).filter((id) => id !== undefined)
  const found = await deps.store.records.readAll<Quote>('QUOTE', quotes)
  await release(
    deps,
    found.filter(({ value }) => isDue(value, at)),
    at,
  )
}
