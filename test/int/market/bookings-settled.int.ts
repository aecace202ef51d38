import { hash } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { formatMoment } from '../../../shared/domain/calendar.ts'
import type { Booking } from '../../../shared/domain/market/booking.ts'
import { balanceOf } from '../../../shared/domain/page.ts'
import { post } from '../../../shared/ledger/post.ts'
import { acceptQuote, endBooking } from '../../../shared/market/bookings.ts'
import { putOffer } from '../../../shared/market/offers.ts'
import { makeQuote } from '../../../shared/market/quotes.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { availableOf, command, deposit, stateOf } from '../../support/ledger.ts'
import { DAY_SECONDS, marketPolicyJson, offer, wanted } from '../../support/market.ts'
import { testNetwork } from '../../support/network.ts'
import { type Json, presetJson, START_MS } from '../../support/policies.ts'

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine.stop())

const TOKEN = 10n ** 18n
const DAY_MS = DAY_SECONDS * 1_000
const asked = (key: string) => ({ id: `cmd#test#${key}`, digest: hash('sha256', key) })

/** A network with one buyer, on a clock that the test moves in days; every era that ends is settled. */
async function open(json: Json) {
  const network = testNetwork(await engine.another(), json)
  const { store } = network
  const deps = { store, now: () => 0 }
  const passTo = async (days: number): Promise<void> => {
    await network.advance(formatMoment(START_MS + days * DAY_MS))
    await network.run()
  }
  await passTo(0)
  await post(deps, command('in', deposit('buyer', 10_000n * TOKEN)))
  const buy = async (key: string, changes: Parameters<typeof wanted>[0]) => {
    const quote = await makeQuote(deps, asked(`quote ${key}`), wanted(changes))
    return acceptQuote(deps, { ...asked(`accept ${key}`), of: quote.id, requireBuyer: () => undefined })
  }
  const end = ({ id }: Booking) =>
    endBooking(deps, { ...asked(`end ${id}`), of: id, requireBuyer: () => undefined })
  const put = (id: string, changes: Parameters<typeof offer>[1]) => {
    const { takings: _, ...terms } = offer(id, changes)
    return putOffer(deps, () => asked(`put ${id}`), terms)
  }
  return { store, passTo, buy, end, put }
}

const system = async ({ store }: Awaited<ReturnType<typeof open>>, era: number) =>
  (await store.reads.seal(era))?.system

it('1,000 TB for 30 days at 2.8 and 25%: 3,500 paid, 2,800 to the provider, the rest to the treasury and the reserve', async () => {
  const market = await open(presetJson('infinite'))
  await market.put('hp', { quantity: 4_000n, price: (28n * TOKEN) / 10n })
  const booking = await market.buy('1', { quantity: 1_000n, seconds: 30 * DAY_SECONDS })
  expect(booking).toMatchObject({ base: 2_800n * TOKEN, requirement: 3_500n * TOKEN })
  expect(await availableOf(market.store, ['buyer'])).toEqual([6_500n * TOKEN])
  await market.passTo(31)
  expect(await stateOf(market.store, 'of-hp')).toMatchObject({ earned: 2_800n * TOKEN, outbox: [] })
  expect(await system(market, 0)).toEqual({
    '@protocol-treasury': 350n * TOKEN,
    '@reward-reserve': 350n * TOKEN,
  })
  expect(await stateOf(market.store, 'buyer')).toMatchObject({ outbox: [], holds: [] })
})

it('a booking over two eras is earned and due in both by its time, to the last unit', async () => {
  const era = { every: 'P30D', from: '2026-01-01T00:00:00Z', clock: 'manual' }
  const market = await open(marketPolicyJson({ era }))
  await market.put('a', { quantity: 7n, price: 3n })
  await market.put('b', { quantity: 7n, price: 7n })
  await market.passTo(29)
  // 10 units for three days at 7: 210, and 263 with the margin; a third of it in era 0.
  const booking = await market.buy('1', { quantity: 10n, seconds: 3 * DAY_SECONDS })
  expect(booking).toMatchObject({ base: 210n, requirement: 263n })
  await market.passTo(31)
  expect(await system(market, 0)).toMatchObject({ '@deferred': 176n })
  const earned = async () =>
    (await Promise.all(['of-a', 'of-b'].map((account) => stateOf(market.store, account)))).map(
      (state) => state.earned,
    )
  expect(await earned()).toEqual([49n, 21n])
  await market.passTo(61)
  expect(await earned()).toEqual([147n, 63n])
  expect((await system(market, 1))?.['@deferred']).toBeUndefined()
})

it('an early end refunds just what it says, less the fee, and nobody is due anything for what is left', async () => {
  const era = { every: 'P10D', from: '2026-01-01T00:00:00Z', clock: 'manual' }
  const market = await open(marketPolicyJson({ era, orderFee: '2.5%' }))
  await market.put('a', { quantity: 10n, price: 101n })
  const booking = await market.buy('1', { quantity: 10n, seconds: 30 * DAY_SECONDS })
  expect(booking).toMatchObject({ base: 30_300n, requirement: 37_875n })
  await market.passTo(13)
  const before = balanceOf(await stateOf(market.store, 'buyer'))
  const { ended } = await market.end(booking)
  expect(ended).toEqual({ at: START_MS + 13 * DAY_MS, unearned: 21_463n, fee: 537n, refund: 20_926n })
  // The buyer reads what was ended; what a provider is due is in its statements.
  const { entries } = await market.store.journal.entries('buyer', { limit: 1 })
  expect(entries[0]?.moves).toMatchObject([{ move: 'end', of: 'Charge', id: `booking#${booking.id}` }])
  expect((await market.store.journal.entries('of-a', { limit: 1 })).entries).toEqual([])
  await market.passTo(20)
  await market.passTo(21)
  const buyer = await stateOf(market.store, 'buyer')
  expect(balanceOf(buyer) - before).toBe(20_926n)
  // What comes back was never earned.
  expect(buyer).toMatchObject({ earned: 0n, received: 20_926n })
  // 13 of 30 days.
  expect(await stateOf(market.store, 'of-a')).toMatchObject({ earned: 13_130n, outbox: [] })
  const kept = await system(market, 1)
  expect(kept?.['@deferred']).toBeUndefined()
  // All that was paid, less what came back and what the provider was paid, is in the network's own accounts.
  const whole = Object.values(kept ?? {}).reduce((sum, amount) => sum + amount, 0n)
  expect(whole).toBe(37_875n - 20_926n - 13_130n)
  await market.passTo(41)
  expect(await stateOf(market.store, 'of-a')).toMatchObject({ earned: 13_130n })
})
