import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { BOOKING_KIND } from '../../../shared/domain/market/pricing.ts'
import { sum } from '../../../shared/domain/money.ts'
import { acceptQuote } from '../../../shared/market/bookings.ts'
import { listOffers } from '../../../shared/market/offers.ts'
import { makeQuote, quoteOf } from '../../../shared/market/quotes.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { stateOf } from '../../support/ledger.ts'
import { DAY_SECONDS, wanted } from '../../support/market.ts'
import { type Market, openMarket } from './market.ts'

const QUARTER_MS = 900_000
const DAY_MS = DAY_SECONDS * 1_000
const coded = (code: string, message = '') =>
  expect.objectContaining({ code, message: expect.stringContaining(message) })

let engine: Engine
let market: Market
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine.stop())
beforeEach(async () => {
  market = await openMarket(await engine.another())
  await market.pay('buyer', 1_000_000n)
})

describe('a quote', () => {
  it('takes the cheapest first and keeps it from everybody else', async () => {
    await market.put('dear', { price: 9n })
    await market.put('cheap', { price: 2n })
    const first = await market.quote('1', { quantity: 12n })
    expect(first.lots.map(({ offer, quantity }) => [offer, quantity])).toEqual([
      ['cheap', 10n],
      ['dear', 2n],
    ])
    expect(first).toMatchObject({ clusterPrice: 9n, base: 108n, requirement: 135n })
    expect(await market.left('cheap', 'dear')).toEqual([0n, 8n])
    await expect(market.quote('2', { quantity: 9n })).rejects.toThrow(
      coded('NotEnoughCapacity', '1 TB of 9 are missing'),
    )
    expect(await quoteOf(market, first.id)).toMatchObject({ value: first })
  })

  it('that comes again answers what was made, even where it could not be made again', async () => {
    await market.put('a')
    const first = await market.quote('same')
    market.at = QUARTER_MS - 1
    expect(await market.quote('same')).toEqual(first)
    expect(await market.left('a')).toEqual([0n])
  })

  it('takes nothing where there is not enough, or where it is not priced', async () => {
    await market.put('a')
    await expect(market.quote('1', { quantity: 11n })).rejects.toThrow(
      coded('NotEnoughCapacity', '1 TB of 11'),
    )
    await expect(market.quote('2', { resource: 'gpu-hour' })).rejects.toThrow(coded('NotPriced', 'hour'))
    expect(await market.left('a')).toEqual([10n])
  })

  it('leaves out what the buyer offers', async () => {
    await market.put('own', { provider: 'buyer', price: 1n })
    await expect(market.quote('0')).rejects.toThrow(
      coded('NotEnoughCapacity', "offers of others, not the buyer's own"),
    )
    await market.put('other', { price: 2n })
    expect((await market.quote('1')).lots.map(({ offer }) => offer)).toEqual(['other'])
  })

  it('finds what it can take behind pages of what it cannot', async () => {
    for (let n = 0; n < 130; n += 1) await market.put(`long-${n}`, { price: 1n, minSeconds: 2 * DAY_SECONDS })
    await market.put('last', { price: 2n })
    expect((await market.quote('1')).lots.map(({ offer }) => offer)).toEqual(['last'])
  })

  it('sees a new price, a suspension and a withdrawal at once, and a booking keeps its price', async () => {
    await market.put('a', { price: 1n, quantity: 30n })
    await market.put('b', { price: 2n, quantity: 30n })
    const before = await market.quote('1')
    await market.put('a', { price: 3n, quantity: 30n })
    expect((await market.quote('2')).lots).toMatchObject([{ offer: 'b', price: 2n }])
    await market.put('b', { price: 2n, quantity: 30n, state: 'suspended' })
    expect((await market.quote('3')).lots).toMatchObject([{ offer: 'a', price: 3n }])
    await market.put('a', { price: 3n, quantity: 30n, state: 'withdrawn' })
    await expect(market.quote('4')).rejects.toThrow(coded('NotEnoughCapacity', 'has 0 TB'))
    const booking = await market.accept(before.id)
    expect(booking).toMatchObject({ lots: [{ offer: 'a', price: 1n, quantity: 10n }], requirement: 13n })
  })
})

describe('units', () => {
  it('are free again once a quote has expired, whoever asks, and it is never accepted then', async () => {
    await market.put('a')
    const first = await market.quote('1')
    market.at = QUARTER_MS - 1
    expect(await market.left('a')).toEqual([0n])
    market.at = QUARTER_MS
    expect(await market.left('a')).toEqual([10n])
    const second = await market.quote('2')
    expect(second.lots).toMatchObject([{ offer: 'a', quantity: 10n }])
    await expect(market.accept(first.id)).rejects.toThrow(coded('QuoteExpired'))
    expect(await market.left('a')).toEqual([0n])
  })

  it('go back in the order of offers: a cheap one that is free again comes before a dear one', async () => {
    await market.put('cheap', { price: 1n })
    await market.put('dear', { price: 9n })
    await market.quote('1', { quantity: 15n })
    market.at = QUARTER_MS
    expect((await market.quote('2')).lots.map(({ offer }) => offer)).toEqual(['cheap'])
  })

  it('that are free again wait for the cheaper ones, however many pages there are of them', async () => {
    await market.put('dear', { price: 9n })
    await market.quote('1')
    for (let n = 0; n < 60; n += 1) await market.put(`cheap-${n}`, { price: 1n, quantity: 1n })
    market.at = QUARTER_MS
    expect(await market.quote('2', { quantity: 55n })).toMatchObject({ clusterPrice: 1n })
  })

  it('stay taken until the end of the booking, and are free from then on', async () => {
    await market.put('a')
    const { id } = await market.quote('1')
    market.at = 1
    expect(await market.accept(id)).toMatchObject({ from: market.now(), to: market.now() + DAY_MS })
    market.at = QUARTER_MS
    await expect(market.quote('2')).rejects.toThrow(coded('NotEnoughCapacity'))
    market.at = DAY_MS
    await expect(market.quote('3')).rejects.toThrow(coded('NotEnoughCapacity'))
    market.at = DAY_MS + 1
    expect((await market.quote('4')).lots).toMatchObject([{ offer: 'a', quantity: 10n }])
  })

  it('are free from an early end on', async () => {
    await market.put('a')
    const { id } = await market.quote('1')
    await market.accept(id)
    market.at = 5
    await market.end(id)
    expect((await market.store.records.read<{ takings: [] }>('OFFER', 'a'))?.value.takings).toEqual([])
    expect((await market.quote('2')).lots).toMatchObject([{ offer: 'a', quantity: 10n }])
  })

  it('that many small quotes left are all found again by a large one', async () => {
    await market.put('a', { quantity: 150n })
    await market.put('b', { quantity: 150n, price: 6n })
    for (let n = 0; n < 250; n += 1) await market.quote(`small-${n}`, { quantity: 1n })
    market.at = QUARTER_MS
    expect((await market.quote('large', { quantity: 300n })).lots).toMatchObject([
      { offer: 'a', quantity: 150n },
      { offer: 'b', quantity: 150n },
    ])
  })

  it('that are taken cannot be taken away by their provider; those that are free again can', async () => {
    await market.put('a')
    await market.quote('1', { quantity: 4n })
    await expect(market.put('a', { quantity: 3n })).rejects.toThrow(coded('OfferTaken', '4 of a are taken'))
    market.at = QUARTER_MS
    expect(await market.put('a', { quantity: 3n })).toMatchObject({ quantity: 3n, takings: [] })
  })
})

describe('at the same time', () => {
  it('quotes share what there is: each unit is sold once, and what is left over is nobody’s', async () => {
    for (let n = 0; n < 6; n += 1) await market.put(`o${n}`, { price: BigInt(n + 1), quantity: 7n })
    const made = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => market.quote(`${n}`, { quantity: 5n })),
    )
    const quotes = made.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    // 42 units: eight quotes of five.
    expect(quotes).toHaveLength(8)
    for (const one of made)
      if (one.status === 'rejected') expect(one.reason).toEqual(coded('NotEnoughCapacity'))
    const ids = Array.from({ length: 6 }, (_, n) => `o${n}`)
    const left = await market.left(...ids)
    expect(sum(left)).toBe(2n)
    expect(await Promise.all(ids.map((id) => market.claimed(id)))).toEqual(left.map((units) => 7n - units))
  })

  it('one quote is accepted once, by whichever key comes first', async () => {
    await market.put('a')
    const { id } = await market.quote('1')
    const tried = await Promise.allSettled(['x', 'y', 'z'].map((key) => market.accept(id, key)))
    expect(tried.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const one of tried) if (one.status === 'rejected') expect(one.reason).toEqual(coded('QuoteAccepted'))
    expect(await stateOf(market.store, 'buyer')).toMatchObject({ available: 1_000_000n - 63n, holds: [] })
  })

  it('an acceptance and whoever wants its units after it expired: one of them, whatever their clocks', async () => {
    for (let n = 0; n < 12; n += 1) {
      await market.put(`a${n}`, { cluster: `c${n}` })
      const { id } = await market.quote(`first-${n}`, { cluster: `c${n}` })
      // The acceptance reads a clock that is behind the one of the other buyer.
      const behind = { ...market, now: () => market.now() + QUARTER_MS - 1 }
      const ahead = { ...market, now: () => market.now() + QUARTER_MS }
      const asked = (key: string) => ({ id: `cmd#race#${key}-${n}`, digest: key })
      const [accepted, sold] = await Promise.allSettled([
        acceptQuote(behind, { ...asked('accept'), of: id, requireBuyer: () => undefined }),
        makeQuote(ahead, asked('quote'), wanted({ buyer: 'other', cluster: `c${n}` })),
      ])
      expect([accepted.status, sold.status].sort()).toEqual(['fulfilled', 'rejected'])
      if (accepted.status === 'rejected') expect(accepted.reason).toEqual(coded('QuoteExpired'))
      if (sold.status === 'rejected') expect(sold.reason).toEqual(coded('NotEnoughCapacity'))
    }
  })

  it('a release that several do at once frees each unit once', async () => {
    await market.put('a')
    await market.quote('1')
    market.at = QUARTER_MS
    const made = await Promise.allSettled(['x', 'y', 'z'].map((key) => market.quote(key, { quantity: 4n })))
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
    expect(await market.left('a')).toEqual([2n])
  })
})

describe('a booking', () => {
  it('charges the buyer and dues each provider, in one transaction of ninety providers at the most', async () => {
    for (let n = 0; n < 91; n += 1) await market.put(`o${n}`, { price: BigInt(n + 1), quantity: 1n })
    await expect(market.quote('all', { quantity: 91n })).rejects.toThrow(
      coded('NotEnoughCapacity', '1 TB of 91'),
    )
    const { id, requirement, base } = await market.quote('most', { quantity: 90n })
    const booking = await market.accept(id)
    expect(new Set(booking.lots.map(({ provider }) => provider)).size).toBe(90)
    const buyer = await stateOf(market.store, 'buyer')
    expect(buyer).toMatchObject({ available: 1_000_000n - requirement, holds: [], paid: requirement })
    expect(buyer.outbox).toMatchObject([{ of: 'Charge', kind: BOOKING_KIND, amount: requirement }])
    const dues = await Promise.all(
      booking.lots.map(async ({ provider }) => (await stateOf(market.store, provider)).outbox[0]),
    )
    expect(sum(dues.map((due) => (due?.of === 'Due' ? due.amount : 0n)))).toBe(base)
    market.at = 1_000
    await market.end(id)
    const told = await Promise.all(
      booking.lots.map(async ({ provider }) => (await stateOf(market.store, provider)).outbox[1]?.of),
    )
    expect(new Set(told)).toEqual(new Set(['DueEnded']))
    expect(await market.left('o0', 'o89', 'o90')).toEqual([1n, 1n, 1n])
  })

  it('is not made where the buyer has less, and its quote can still be accepted', async () => {
    await market.put('a')
    const { id } = await market.quote('1', { buyer: 'poor' })
    await expect(market.accept(id)).rejects.toThrow(coded('NotEnough'))
    await market.pay('poor', 63n)
    expect(await market.accept(id, 'again')).toMatchObject({ id, requirement: 63n })
  })

  it('ends once, and what comes again is answered alike', async () => {
    await market.put('a')
    const { id } = await market.quote('1')
    await market.accept(id)
    market.at = DAY_MS / 2
    const ended = await market.end(id)
    expect(ended.ended).toEqual({ at: market.now(), unearned: 32n, fee: 0n, refund: 32n })
    market.at += 1
    expect(await market.end(id)).toEqual(ended)
    await expect(market.end(id, 'another key')).rejects.toThrow(coded('BookingEnded'))
  })
})

describe('offers', () => {
  it('are listed by price for what has units, and of a provider whatever their state', async () => {
    await market.put('b', { provider: 'p', price: 2n })
    await market.put('a', { provider: 'p', price: 3n })
    await market.put('c', { provider: 'p', price: 1n, state: 'suspended' })
    await market.put('d', { provider: 'q', price: 1n, cluster: 'us' })
    await market.quote('1')
    const ids = async (wanted: Parameters<typeof listOffers>[1], limit = 10) =>
      (await listOffers(market, wanted, { limit })).offers.map(({ id }) => id)
    expect(await ids({ provider: 'p' })).toEqual(['a', 'b', 'c'])
    expect(await ids({ resource: 'storage' })).toEqual(['a', 'b', 'd'])
    expect(await ids({ resource: 'storage', cluster: 'eu' })).toEqual(['a', 'b'])
    expect(await ids({ resource: 'storage', cluster: 'eu', maxPrice: 2n })).toEqual([])
    expect(await ids({ resource: 'storage', cluster: 'eu', maxPrice: 3n })).toEqual(['a'])
    const first = await listOffers(market, { resource: 'storage' }, { limit: 2 })
    const rest = await listOffers(market, { resource: 'storage' }, { limit: 2, cursor: first.next })
    expect(rest).toMatchObject({ offers: [{ id: 'd' }] })
    expect(rest.next).toBeUndefined()
  })

  it('belong to who made them, and the same again changes nothing', async () => {
    const made = await market.put('a')
    expect(await market.put('a')).toEqual(made)
    await expect(market.put('a', { provider: 'thief' })).rejects.toThrow(coded('NotYours'))
  })
})

describe('whatever happens', () => {
  const step = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ does: fc.constant('quote' as const), quantity: fc.bigInt(1n, 15n) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ does: fc.constantFrom('accept' as const, 'end' as const), of: fc.nat() }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        does: fc.constant('wait' as const),
        ms: fc.constantFrom(1, QUARTER_MS / 2, QUARTER_MS, DAY_MS),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        does: fc.constant('put' as const),
        id: fc.constantFrom('a', 'b', 'c'),
        price: fc.bigInt(1n, 5n),
        quantity: fc.bigInt(1n, 20n),
      }),
    },
  )

  type Step = typeof step extends fc.Arbitrary<infer One> ? One : never

  it('no unit is sold twice and none is lost, side by side too', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 12 }),
        async (rounds) => {
          const own = await openMarket(await engine.another())
          await own.pay('buyer', 10n ** 12n)
          const ids = ['a', 'b', 'c']
          for (const id of ids) await own.put(id)
          const made: string[] = []
          let keys = 0
          const act = async (one: Step): Promise<void> => {
            keys += 1
            if (one.does === 'wait') own.at += one.ms
            else if (one.does === 'quote')
              made.push((await own.quote(`${keys}`, { quantity: one.quantity })).id)
            else if (one.does === 'put') await own.put(one.id, { price: one.price, quantity: one.quantity })
            else if (made.length > 0) await own[one.does](made[one.of % made.length] as string, `${keys}`)
          }
          for (const round of rounds) {
            const done = await Promise.allSettled(round.map(act))
            for (const one of done) if (one.status === 'rejected') expect(one.reason).toHaveProperty('code')
            const claimed = await Promise.all(ids.map((id) => own.claimed(id)))
            const left = await own.left(...ids)
            const offers = await own.store.records.readAll<{ quantity: bigint }>('OFFER', ids)
            expect(claimed.map((units, n) => units + (left[n] as bigint))).toEqual(
              offers.map(({ value }) => value.quantity),
            )
            expect(left.every((units) => units >= 0n)).toBe(true)
          }
          own.at += 10 * DAY_MS
          const quantities = (await own.store.records.readAll<{ quantity: bigint }>('OFFER', ids)).map(
            ({ value }) => value.quantity,
          )
          expect(await own.left(...ids)).toEqual(quantities)
          const all = await own.quote('all', { quantity: sum(quantities) })
          expect(all.lots).toHaveLength(3)
        },
      ),
      { numRuns: 15 },
    )
  })
})
