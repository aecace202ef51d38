import { ExchequerError } from '../domain/errors.ts'
import { type Offer, offersFor, placesIn, rankOf } from '../domain/market/offer.ts'
import { type Terms, termsOf } from '../domain/market/pricing.ts'
import { type Quote, quote } from '../domain/market/quote.ts'
import { isEligible, notEnough, type Selected, select, type Wanted } from '../domain/market/selection.ts'
import type { StoredRecord } from '../ledger/ports.ts'
import { type PostDeps, post } from '../ledger/post.ts'
import { shortId } from '../ledger/short-id.ts'
import { offerWrite, quoteWrite, releaseSome } from './release.ts'

/** Offers of the first pages of the list, for most quotes are met by a few, and of each that follows. */
const FIRST_PAGES = [8, 32]
const PAGE_OFFERS = 100
const MAX_PAGES = 100

/** How often a quote that is short of units looks for more that can be released. */
const MAX_RELEASES = 50

/**
 * Prices what is wanted and takes its units until the quote expires: in one transaction with every offer it takes
 * them of, so that two quotes never sell the same. Done once for each command.
 * Throws `NotPriced`, `NotEnoughCapacity`, and what `post` throws.
 */
export async function makeQuote(
  deps: PostDeps,
  command: { id: string; digest: string },
  wanted: Wanted,
): Promise<Quote> {
  const id = shortId(command.id)
  const { answer } = await post(deps, {
    ...command,
    change: async ({ at, policy: { policy, version } }) => {
      const terms = termsOf(policy, wanted.resource, wanted.seconds)
      const { selected, stored } = await findOffers(deps, wanted, terms, at)
      const made = quote(id, wanted, selected, { terms, policyVersion: version, at })
      const offers = made.offers.map((value) => ({ ...(stored.get(value.id) as StoredRecord<Offer>), value }))
      return {
        moves: [],
        records: [
          quoteWrite({ id, version: 0, value: made.quote }),
          ...offers.map((offer) => offerWrite(offer, at)),
        ],
        answer: made.quote,
      }
    },
  })
  return answer as Quote
}

/** A quote as it stands, strongly consistent. Throws `UnknownQuote`. */
export async function quoteOf({ store }: Pick<PostDeps, 'store'>, id: string): Promise<StoredRecord<Quote>> {
  const found = await store.records.read<Quote>('QUOTE', id)
  if (found) return found
  throw new ExchequerError(
    'UnknownQuote',
    `a quote is known by the id it was answered with: got ${JSON.stringify(id)}`,
  )
}

/**
 * The offers that a quote takes, strongly consistent. What units can be released is released first. The list of the
 * cluster is read page by page, in the order in which offers are taken, until there is enough; a list may lag behind,
 * so what it offers is read again by id before it is taken. Throws `NotEnoughCapacity`.
 */
async function findOffers(
  deps: PostDeps,
  wanted: Wanted,
  terms: Terms,
  at: number,
): Promise<{ selected: Selected[]; stored: Map<string, StoredRecord<Offer>> }> {
  const candidates = new Map<string, Offer>()
  const stored = new Map<string, StoredRecord<Offer>>()
  const confirm = async (ids: readonly string[]): Promise<void> => {
    for (const record of await deps.store.records.readAll<Offer>('OFFER', ids)) {
      stored.set(record.id, record)
      candidates.set(record.id, record.value)
    }
  }
  const pages = pagesOfOffers(deps, wanted, terms)
  // Nothing is taken that comes after what was read of the list: there may be something before it.
  let readThrough: string | undefined = ''
  const readOn = async (): Promise<void> => {
    const { value: offers = [] } = await pages.next()
    for (const { id, value } of offers)
      if (!stored.has(id) && isEligible(value, wanted, terms, at)) candidates.set(id, value)
    const last = offers.at(-1)
    readThrough = last && rankOf(last.value)
  }
  const releaseDue = async (): Promise<boolean> => {
    const { offers, isMoreDue } = await releaseSome(deps, wanted, at)
    await confirm(offers)
    return isMoreDue
  }
  let [isMoreDue] = await Promise.all([releaseDue(), readOn()])
  for (let releases = 0; ; ) {
    const { selected, missing } = select([...candidates.values()], wanted, terms, at, readThrough)
    const unconfirmed = selected.map(({ offer }) => offer.id).filter((id) => !stored.has(id))
    if (unconfirmed.length > 0) {
      await confirm(unconfirmed)
    } else if (missing === 0n) {
      return { selected, stored }
    } else if (readThrough !== undefined) {
      await readOn()
    } else if (!isMoreDue) {
      throw notEnough(wanted, missing)
    } else if (releases < MAX_RELEASES) {
      releases += 1
      isMoreDue = await releaseDue()
    } else {
      throw new ExchequerError(
        'PageContended',
        `units of ${MAX_RELEASES} times as many quotes as one transaction releases were freed, and there are more: ask again`,
      )
    }
  }
}

/** Pages of the offers of the cluster that have units to sell at a price the network allows, in their order. */
async function* pagesOfOffers(
  { store }: PostDeps,
  { resource, cluster }: Wanted,
  { maxClusterPrice }: Terms,
): AsyncGenerator<StoredRecord<Offer>[], undefined> {
  const places = placesIn(cluster, maxClusterPrice)
  const query = { kind: 'OFFER', list: offersFor(resource), ...places } as const
  let cursor: string | undefined
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const limit = FIRST_PAGES[page] ?? PAGE_OFFERS
    const found = await store.records.list<Offer>('byPlace', { ...query, cursor, limit })
    yield found.records
    cursor = found.next
    if (cursor === undefined) return
  }
}
