import { hash } from 'node:crypto'
import { listingsOf, type Offer, retake } from '../domain/market/offer.ts'
import { isDue, type Quote, released, releaseListing, releasesIn, takingOf } from '../domain/market/quote.ts'
import type { Wanted } from '../domain/market/selection.ts'
import { lastPlaceAt } from '../domain/place.ts'
import type { RecordStore, RecordWrite, StoredRecord } from '../ledger/ports.ts'
import { type PostDeps, post } from '../ledger/post.ts'

/**
 * Units that a quote took are free again once it has expired, or its booking is over. No job does that: every quote
 * stands in a list of its cluster, at the moment until which it takes its units, and whoever needs units releases
 * those whose moment has come. An offer is never sold twice, for its units are freed in the transaction that writes
 * the quote as released, after which it cannot be accepted; and never lost, for the quote stays in the list until then.
 */

/** The most records of one transaction: of its 100 items the journal entry and the fence are two. */
const MAX_RECORDS = 98

/** The most quotes that are looked for at once. */
const MAX_DUE = 50

/** Quotes of a cluster whose units are to be released at a moment, eventually consistent: the first of them. */
export async function dueIn(
  { records }: { records: RecordStore },
  place: Pick<Wanted, 'resource' | 'cluster'>,
  at: number,
): Promise<StoredRecord<Quote>[]> {
  const list = releasesIn(place)
  const query = { kind: 'QUOTE', list, through: lastPlaceAt(at), limit: MAX_DUE } as const
  const due = await records.list<Quote>('byPlace', query)
  return due.records.filter(({ value }) => isDue(value, at))
}

/**
 * Releases what one transaction can of what is due in a cluster. Who makes a quote does no more than that, so that
 * nobody pays with time for all that others left; as many are released as are made. Answers with the ids of the offers
 * that may have got units back, and whether more is due.
 */
export async function releaseSome(
  deps: PostDeps,
  place: Pick<Wanted, 'resource' | 'cluster'>,
  at: number,
): Promise<{ offers: string[]; isMoreDue: boolean }> {
  const due = await dueIn(deps.store, place, at)
  const [batch = []] = inBatches(due)
  if (batch.length > 0) await releaseBatch(deps, batch, at)
  return { offers: [...offersOf(batch)], isMoreDue: batch.length < due.length || due.length === MAX_DUE }
}

/** Releases quotes that are due at the moment `at`, as far as they are still what was read. */
export async function release(
  deps: PostDeps,
  due: readonly StoredRecord<Quote>[],
  at: number,
): Promise<void> {
  for (const batch of inBatches(due)) await releaseBatch(deps, batch, at)
}

async function releaseBatch(
  deps: PostDeps,
  batch: readonly StoredRecord<Quote>[],
  at: number,
): Promise<void> {
  const { records } = deps.store
  const versions = new Map(batch.map(({ id, version }) => [id, version]))
  // A quote is due once at each of its versions, so what has this id is done once.
  const digest = hash('sha256', JSON.stringify([...versions].sort()), 'hex')
  await post(deps, {
    id: `release#${digest}`,
    digest,
    change: async () => {
      const found = await records.readAll<Quote>('QUOTE', [...versions.keys()])
      const quotes = found.filter(({ id, version }) => version === versions.get(id))
      const offers = await records.readAll<Offer>('OFFER', [...offersOf(quotes)])
      return {
        moves: [],
        records: [
          ...quotes.map((record) => quoteWrite({ ...record, value: released(record.value) })),
          ...offers.map((record) => offerWrite({ ...record, value: without(record.value, quotes, at) }, at)),
        ],
      }
    },
  })
}

/** An offer without what quotes have taken of it. */
export function without(offer: Offer, quotes: readonly StoredRecord<Quote>[], at: number): Offer {
  return quotes.reduce((rest, { id }) => retake(rest, takingOf(id), undefined, at), offer)
}

/** Quotes that share offers are released together: as many as fit a transaction with the offers they took units of. */
function inBatches(due: readonly StoredRecord<Quote>[]): StoredRecord<Quote>[][] {
  const batches: StoredRecord<Quote>[][] = []
  let offers = new Set<string>()
  for (const quote of due) {
    const last = batches.at(-1)
    const together = new Set([...offers, ...offersOf([quote])])
    if (last && last.length + 1 + together.size <= MAX_RECORDS) {
      last.push(quote)
      offers = together
    } else {
      batches.push([quote])
      offers = offersOf([quote])
    }
  }
  return batches
}

function offersOf(quotes: readonly StoredRecord<Quote>[]): Set<string> {
  return new Set(quotes.flatMap(({ value }) => value.lots.map(({ offer }) => offer)))
}

export function quoteWrite({ id, version, value }: StoredRecord<Quote>): RecordWrite<Quote> {
  return { kind: 'QUOTE', id, version, value, ...releaseListing(value) }
}

export function offerWrite({ id, version, value }: StoredRecord<Offer>, at: number): RecordWrite<Offer> {
  return { kind: 'OFFER', id, version, value, ...listingsOf(value, at) }
}
