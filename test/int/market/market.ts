import { hash } from 'node:crypto'
import type { Booking } from '../../../shared/domain/market/booking.ts'
import type { Offer } from '../../../shared/domain/market/offer.ts'
import { isDue, type Quote } from '../../../shared/domain/market/quote.ts'
import type { Wanted } from '../../../shared/domain/market/selection.ts'
import { sum } from '../../../shared/domain/money.ts'
import type { StoredRecord } from '../../../shared/ledger/ports.ts'
import { type PostDeps, post } from '../../../shared/ledger/post.ts'
import { acceptQuote, endBooking } from '../../../shared/market/bookings.ts'
import { offerOf, putOffer } from '../../../shared/market/offers.ts'
import { makeQuote } from '../../../shared/market/quotes.ts'
import { openNetwork } from '../../../shared/settlement/open.ts'
import { connectStore, type Store } from '../../../shared/store/table.ts'
import type { Engine } from '../../support/engine.ts'
import { command, deposit } from '../../support/ledger.ts'
import { marketPolicyJson, offer, wanted } from '../../support/market.ts'
import { type Json, START_MS } from '../../support/policies.ts'

/** A market over a real table, on a clock that the test moves. */
export interface Market extends PostDeps {
  store: Store
  /** Network clock, ms after the beginning. */
  at: number
  put(id: string, changes?: Partial<Offer>): Promise<Offer>
  pay(account: string, amount: bigint): Promise<void>
  quote(key: string, changes?: Partial<Wanted>): Promise<Quote>
  accept(quote: string, key?: string): Promise<Booking>
  end(booking: string, key?: string): Promise<Booking>
  /** What is left of each offer now, as it is answered. */
  left(...ids: string[]): Promise<bigint[]>
  /** Units of an offer that quotes and bookings have now: each as its own record says. */
  claimed(id: string): Promise<bigint>
}

const asked = (key: string) => ({ id: `cmd#test#market#${key}`, digest: hash('sha256', key) })
const anybody = (): void => undefined

/** A market of a network of its own; `engine.another()` where others must not be seen. */
export async function openMarket(engine: Engine, changes: Json = {}, pricing: Json = {}): Promise<Market> {
  const store = connectStore({ tableName: engine.tableName, client: engine.client })
  const era = { every: 'P30D', from: '2026-01-01T00:00:00Z', clock: 'wall' }
  await openNetwork(store, marketPolicyJson({ era, ...changes }, pricing), START_MS)
  const quotes = new Set<string>()
  const market: Market = {
    store,
    at: 0,
    now: () => START_MS + market.at,
    put(id, changes) {
      const { takings: _, ...terms } = offer(id, changes)
      return putOffer(
        market,
        (version) => asked(`put ${id} ${version} ${JSON.stringify(changes, bigints)}`),
        terms,
      )
    },
    async pay(account, amount) {
      await post(market, command(`pay-${account}-${amount}`, deposit(account, amount)))
    },
    async quote(key, changes) {
      const made = await makeQuote(market, asked(`quote ${key}`), wanted(changes))
      quotes.add(made.id)
      return made
    },
    accept: (of, key = of) => acceptQuote(market, { ...asked(`accept ${key}`), of, requireBuyer: anybody }),
    end: (of, key = of) => endBooking(market, { ...asked(`end ${key}`), of, requireBuyer: anybody }),
    left: (...ids) =>
      Promise.all(
        ids.map(async (id) => {
          const { quantity, takings } = await offerOf(market, id)
          return quantity - sum(takings.map((taking) => taking.quantity))
        }),
      ),
    async claimed(id) {
      const all: StoredRecord<Quote>[] = await store.records.readAll<Quote>('QUOTE', [...quotes])
      const standing = all.filter(({ value }) => !value.isReleased && !isDue(value, market.now()))
      const lots = standing.flatMap(({ value }) => value.lots.filter((lot) => lot.offer === id))
      return sum(lots.map(({ quantity }) => quantity))
    },
  }
  return market
}

function bigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
