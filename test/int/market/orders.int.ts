import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { takenOf } from '../../../shared/domain/market/offer.ts'
import { heldOf } from '../../../shared/domain/page.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { availableOf, stateOf } from '../../support/ledger.ts'
import { START_MS } from '../../support/policies.ts'
import { fail, read, walk } from '../api/gateway.ts'
import { Ordering, withKey } from './ordering.ts'

/** The whole life of orders through the handler, over a real table: ten units at 101 with a fee of 2.5%. */

const DAY_MS = 86_400_000
let engine: Engine
let market: Ordering

const amounts = (order: Record<string, { amount?: string }>) =>
  ['captured', 'fee', 'earned', 'released', 'refunded'].map((key) => order[key]?.amount)

async function moneyOf(account: string) {
  const state = await stateOf(market.store, account)
  return [state.available, heldOf(state)]
}

beforeAll(async () => {
  engine = await startEngine()
})
beforeEach(async () => {
  market = await Ordering.open(await engine.another())
  await market.deposit('ann', 2_000n)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await engine.stop()
})

describe('a dataset', () => {
  it('is paid when it is delivered, and its copies are sold', async () => {
    await market.offer('data-1', 'dataset')
    const order = await market.place('ann', 'data-1')
    expect(order).toMatchObject({
      buyer: 'ann',
      seller: 'sam',
      resource: 'dataset',
      unit: 'copy',
      state: 'ACCEPTED',
      placedAt: '2026-01-01T00:00:00Z',
      until: '2026-01-08T00:00:00Z',
      held: { amount: '1010', asset: 'TEST', decimals: 0 },
    })
    expect(await moneyOf('ann')).toEqual([990n, 1_010n])
    expect(takenOf(await market.readOffer('data-1'), START_MS)).toBe(10n)
    const fulfilled = await market.step('fulfil', 'sam', order.id)
    expect(fulfilled.state).toBe('FULFILLED')
    expect(amounts(fulfilled)).toEqual(['1010', '26', '984', '0', '0'])
    expect(await moneyOf('ann')).toEqual([990n, 0n])
    expect(await moneyOf('sam')).toEqual([984n, 0n])
    expect((await stateOf(market.store, 'ann')).outbox).toEqual([
      { era: 0, of: 'Charge', id: `order#${order.id}`, kind: 'transaction_fee', amount: 26n },
    ])
    expect((await market.readOffer('data-1')).takings).toEqual([{ by: 'sold', quantity: 10n }])
    expect(await market.read(order.id)).toEqual(fulfilled)
  })

  it('is paid back as far as the seller was paid, out of what that has', async () => {
    await market.offer('data-1', 'dataset')
    const { id } = await market.place('ann', 'data-1')
    await market.step('fulfil', 'sam', id)
    expect((await market.step('refund', 'sam', id, { amount: '84' })).state).toBe('FULFILLED')
    expect(await market.refused('refund', 'sam', id, { amount: '901' })).toMatchObject({
      type: 'urn:exchequer:problem:refund-too-high',
    })
    await market.offer('data-2', 'dataset', { provider: 'ann', price: 900n })
    const spent = await market.place('sam', 'data-2', { quantity: '1' })
    expect(await market.refused('refund', 'sam', id, {})).toMatchObject({
      type: 'urn:exchequer:problem:not-enough',
    })
    await market.step('cancel', 'sam', spent.id)
    const refunded = await market.step('refund', 'sam', id, {})
    expect(refunded.state).toBe('REFUNDED')
    expect(amounts(refunded)).toEqual(['1010', '26', '984', '0', '984'])
    expect(await availableOf(market.store, ['ann', 'sam'])).toEqual([1_974n, 0n])
  })

  it('keeps the price it was ordered at', async () => {
    const offer = await market.offer('data-1', 'dataset')
    const { id } = await market.place('ann', 'data-1')
    await market.offer('data-1', 'dataset', { ...offer, price: 999n, takings: [] })
    expect(amounts(await market.step('fulfil', 'sam', id))).toEqual(['1010', '26', '984', '0', '0'])
  })
})

describe('compute', () => {
  it('is paid by usage rounded up to the billing unit; the rest goes back, and is on offer again', async () => {
    await market.offer('gpu-1', 'gpu-hour')
    const { id } = await market.place('ann', 'gpu-1')
    await market.step('usage', 'sam', id, { seconds: 3_000 })
    const meter = { claims: { scope: 'orders:meter' } }
    const metered = await market.step('usage', 'prober', id, { seconds: 601 }, meter)
    expect(metered.usage).toMatchObject({ seconds: '3601', billingSeconds: 3_600, bill: { amount: '202' } })
    const fulfilled = await market.step('fulfil', 'sam', id)
    expect(amounts(fulfilled)).toEqual(['202', '6', '196', '808', '0'])
    expect(await availableOf(market.store, ['ann', 'sam'])).toEqual([1_798n, 196n])
    expect(takenOf(await market.readOffer('gpu-1'), START_MS)).toBe(2n)
  })

  it('is billed by the unit of its offer', async () => {
    await market.offer('cpu-1', 'cpu-hour', { billingSeconds: 60 })
    const { id } = await market.place('ann', 'cpu-1')
    await market.step('usage', 'sam', id, { seconds: 61 })
    // ceil(101 x 120 / 3600)
    expect(amounts(await market.step('fulfil', 'sam', id))).toEqual(['4', '1', '3', '1006', '0'])
  })

  it('that nobody used costs nothing', async () => {
    await market.offer('cpu-1', 'cpu-hour')
    const { id } = await market.place('ann', 'cpu-1')
    expect(amounts(await market.step('fulfil', 'sam', id))).toEqual(['0', '0', '0', '1010', '0'])
    expect(await moneyOf('ann')).toEqual([2_000n, 0n])
    expect((await market.readOffer('cpu-1')).takings).toEqual([])
  })

  it('is cancelled by its buyer until usage is reported, by its seller also then', async () => {
    await market.offer('gpu-1', 'gpu-hour')
    const { id } = await market.place('ann', 'gpu-1')
    await market.step('usage', 'sam', id, { seconds: 1 })
    expect(await market.refused('cancel', 'ann', id)).toMatchObject({
      status: 409,
      type: 'urn:exchequer:problem:has-begun',
    })
    expect((await market.step('cancel', 'sam', id)).state).toBe('CANCELLED')
    expect(await moneyOf('ann')).toEqual([2_000n, 0n])
  })
})

describe('the licence of a model', () => {
  it('is used as often as was ordered, and not once it is over', async () => {
    await market.offer('model-1', 'model')
    const { id } = await market.place('ann', 'model-1', { quantity: '2', seconds: 60 })
    expect(await market.refused('uses', 'ann', id)).toMatchObject({
      type: 'urn:exchequer:problem:order-state',
      detail: `an order is used while it is FULFILLED: ${id} is ACCEPTED`,
    })
    await market.pass(5_000)
    expect((await market.step('fulfil', 'sam', id)).entitlement).toEqual({
      expiresAt: '2026-01-01T00:01:05Z',
      usesLeft: '2',
    })
    expect((await market.step('uses', 'ann', id)).entitlement.usesLeft).toBe('1')
    expect((await market.step('uses', 'ann', id)).entitlement.usesLeft).toBe('0')
    expect(await market.refused('uses', 'ann', id)).toMatchObject({
      status: 409,
      type: 'urn:exchequer:problem:not-entitled',
    })
    const other = await market.place('ann', 'model-1', { quantity: '2', seconds: 60 })
    await market.step('fulfil', 'sam', other.id)
    await market.pass(60_000)
    expect(await market.refused('uses', 'ann', other.id)).toMatchObject({
      type: 'urn:exchequer:problem:not-entitled',
    })
  })

  it('ends when all is paid back', async () => {
    await market.offer('model-1', 'model')
    const { id } = await market.place('ann', 'model-1', { seconds: 60 })
    await market.step('fulfil', 'sam', id)
    expect((await market.step('refund', 'sam', id, {})).entitlement).toBeUndefined()
    expect(await market.refused('uses', 'ann', id)).toMatchObject({
      type: 'urn:exchequer:problem:order-state',
    })
  })
})

describe('a stream', () => {
  it('is delivered for its time from fulfilment', async () => {
    await market.offer('stream-1', 'stream')
    const { id } = await market.place('ann', 'stream-1', { seconds: 3_600 })
    const fulfilled = await market.step('fulfil', 'sam', id)
    expect(fulfilled.entitlement).toEqual({ expiresAt: '2026-01-01T01:00:00Z' })
    expect(amounts(fulfilled)).toEqual(['1010', '26', '984', '0', '0'])
  })
})

describe('bandwidth', () => {
  it('is free again when it is cancelled, and everything is the buyer’s', async () => {
    await market.offer('net-1', 'bandwidth')
    const { id } = await market.place('ann', 'net-1')
    const cancelled = await market.step('cancel', 'ann', id)
    expect([cancelled.state, ...amounts(cancelled)]).toEqual(['CANCELLED', '0', '0', '0', '1010', '0'])
    expect(await moneyOf('ann')).toEqual([2_000n, 0n])
    expect((await market.readOffer('net-1')).takings).toEqual([])
  })

  it('that nobody delivers expires: the tokens and the units are free without a command', async () => {
    await market.offer('net-1', 'bandwidth', { quantity: 10n })
    const { id } = await market.place('ann', 'net-1', { quantity: '10', fulfilWithinSeconds: 60 })
    await market.pass(59_999)
    expect(await market.read(id)).toMatchObject({ state: 'ACCEPTED', released: { amount: '0' } })
    await market.pass(1)
    expect(await market.read(id)).toMatchObject({ state: 'EXPIRED', released: { amount: '1010' } })
    for (const [name, account] of [
      ['fulfil', 'sam'],
      ['cancel', 'ann'],
    ] as const)
      expect(await market.refused(name, account, id)).toMatchObject({
        type: 'urn:exchequer:problem:order-state',
      })
    // All that she has, and all that there is: neither would do if anything were still held or taken.
    await market.offer('net-2', 'bandwidth', { price: 2_000n })
    await market.place('ann', 'net-2', { quantity: '1' })
    expect(await moneyOf('ann')).toEqual([0n, 2_000n])
    await market.deposit('bob', 1_010n)
    await market.place('bob', 'net-1', { quantity: '10' })
  })
})

describe('a dispute', () => {
  it('freezes the capture until it is resolved, in part', async () => {
    await market.offer('data-1', 'dataset')
    const { id } = await market.place('ann', 'data-1', { fulfilWithinSeconds: 60 })
    const disputed = await market.step('dispute', 'ann', id, { reason: 'rows are missing' })
    expect(disputed).toMatchObject({ state: 'DISPUTED', until: '2026-01-31T00:00:00Z' })
    await market.pass(DAY_MS)
    for (const [name, account] of [
      ['fulfil', 'sam'],
      ['cancel', 'ann'],
      ['cancel', 'sam'],
    ] as const)
      expect(await market.refused(name, account, id)).toMatchObject({
        type: 'urn:exchequer:problem:order-state',
      })
    expect(await moneyOf('ann')).toEqual([990n, 1_010n])
    const judge = { claims: { scope: 'orders:resolve' } }
    const resolved = await market.step('resolve', 'judge', id, { capture: '500' }, judge)
    expect([resolved.state, ...amounts(resolved)]).toEqual(['FULFILLED', '500', '13', '487', '510', '0'])
    expect(resolved.dispute).toEqual({
      at: '2026-01-01T00:00:00Z',
      reason: 'rows are missing',
      resolvedBy: 'judge',
    })
    expect(await availableOf(market.store, ['ann', 'sam'])).toEqual([1_500n, 487n])
  })

  it('that nobody resolves in 30 days gives the buyer everything back', async () => {
    await market.offer('data-1', 'dataset', { quantity: 10n })
    const { id } = await market.place('ann', 'data-1')
    await market.step('dispute', 'ann', id, { reason: 'rows are missing' })
    await market.pass(30 * DAY_MS - 1)
    expect((await market.read(id)).state).toBe('DISPUTED')
    await market.pass(1)
    expect((await market.read(id)).state).toBe('EXPIRED')
    const judge = { claims: { scope: 'orders:resolve' } }
    expect(await market.refused('resolve', 'judge', id, { capture: '1' }, judge)).toMatchObject({
      type: 'urn:exchequer:problem:order-state',
    })
    // The units are free, too, and so are the tokens.
    await market.place('ann', 'data-1')
    expect(await moneyOf('ann')).toEqual([990n, 1_010n])
  })
})

describe('lists', () => {
  it('have the orders of a buyer, or for the offers of a seller, newest first', async () => {
    await market.offer('data-1', 'dataset', { price: 1n })
    await market.offer('data-2', 'dataset', { price: 1n, provider: 'sue' })
    await market.deposit('bob', 100n)
    const placed: string[] = []
    for (const [buyer, offer] of [
      ['ann', 'data-1'],
      ['bob', 'data-1'],
      ['ann', 'data-2'],
      ['ann', 'data-1'],
    ] as const) {
      placed.push((await market.place(buyer, offer, { quantity: '1' })).id)
      await market.pass(1_000)
    }
    const [first, second, third, fourth] = placed
    const ids = async (query: Record<string, string>) =>
      (await walk(market.handler, 'GET /orders', 'orders', 2, { query })).map(({ id }) => id)
    expect(await ids({ buyer: 'ann' })).toEqual([fourth, third, first])
    expect(await ids({ seller: 'sam' })).toEqual([fourth, second, first])
    expect(await ids({ seller: 'sue' })).toEqual([third])
    expect(await ids({ seller: 'ann' })).toEqual([])
    const { next } = await read(market.handler, 'GET /orders', { query: { buyer: 'ann', limit: '1' } })
    expect(
      await fail(market.handler, 'GET /orders', { query: { seller: 'ann', cursor: next } }),
    ).toMatchObject({ type: 'urn:exchequer:problem:invalid-cursor' })
  })
})

describe('a request that comes again', () => {
  it('with the same key is answered as the first time, however late', async () => {
    await market.offer('gpu-1', 'gpu-hour')
    const key = (name: string) => withKey(`again-${name}`)
    const first = await market.place('ann', 'gpu-1', {}, key('place'))
    expect(await market.place('ann', 'gpu-1', {}, key('place'))).toEqual(first)
    const used = await market.step('usage', 'sam', first.id, { seconds: 3_601 }, key('usage'))
    expect(await market.step('usage', 'sam', first.id, { seconds: 3_601 }, key('usage'))).toEqual(used)
    const done = await market.step('fulfil', 'sam', first.id, undefined, key('fulfil'))
    await market.pass(90 * DAY_MS)
    expect(await market.step('fulfil', 'sam', first.id, undefined, key('fulfil'))).toEqual(done)
    expect(await market.place('ann', 'gpu-1', {}, key('place'))).toEqual(first)
    expect(await availableOf(market.store, ['ann', 'sam'])).toEqual([1_798n, 196n])
  })

  it('with the same key and another body is refused', async () => {
    await market.offer('data-1', 'dataset')
    const body = { offer: 'data-1', quantity: '1' }
    await market.place('ann', 'data-1', body, withKey('reused'))
    const other = market.as('ann', { body: { ...body, quantity: '2' }, ...withKey('reused') })
    expect(await fail(market.handler, 'POST /orders', other)).toMatchObject({
      status: 422,
      type: 'urn:exchequer:problem:idempotency-key-reused',
    })
  })
})
