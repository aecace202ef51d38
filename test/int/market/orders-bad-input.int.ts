import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { RouteKey } from '../../../shared/api/operations.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { fail, type Request } from '../api/gateway.ts'
import { Ordering, type StepName } from './ordering.ts'

/** What the routes of orders refuse, each with its problem, and that nothing is done then. */

let engine: Engine
let market: Ordering
/** Ids of orders in each state that the table below asks for. */
let orders: Record<string, string>

beforeAll(async () => {
  engine = await startEngine()
  market = await Ordering.open(engine)
  await market.deposit('ann', 20_000n)
  await market.offer('data-1', 'dataset')
  await market.offer('storage-1', 'storage')
  await market.offer('gpu-1', 'gpu-hour')
  await market.offer('model-1', 'model', { minSeconds: 60, maxSeconds: 120 })
  await market.offer('own-1', 'dataset', { provider: 'ann' })
  await market.offer('closed-1', 'dataset', { state: 'suspended' })
  await market.offer('dear-1', 'dataset', { price: 10n ** 37n })
  await market.offer('short-1', 'dataset', { committedUntil: Date.UTC(2026, 0, 2) })
  const full = { length: 500 }
  const takings = Array.from(full, (_, index) => ({ by: `order#${index}`, quantity: 1n }))
  await market.offer('full-1', 'dataset', { quantity: 1_000n, takings })
  const place = async (offer: string, body: object = {}): Promise<string> =>
    (await market.place('ann', offer, { quantity: '2', ...body })).id
  orders = {
    accepted: await place('data-1'),
    begun: await place('gpu-1'),
    disputed: await place('data-1'),
    fulfilled: await place('data-1'),
    model: await place('model-1', { seconds: 60 }),
    unknown: 'no-such-order',
  }
  await market.step('usage', 'sam', orders.begun as string, { seconds: 60 })
  await market.step('dispute', 'ann', orders.disputed as string, { reason: 'rows are missing' })
  await market.step('fulfil', 'sam', orders.fulfilled as string)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await engine.stop()
})

const good = { offer: 'data-1', quantity: '1' }
const without = (request: Request, part: 'claims' | 'headers'): Request => {
  const { [part]: _, ...rest } = request
  return rest
}

describe('an order is not placed', () => {
  it.each<[string, object, number, string]>([
    ['for nothing', { quantity: '1' }, 400, 'invalid-body'],
    ['for an offer that cannot be', { ...good, offer: 'a b' }, 400, 'invalid-body'],
    ['for no units', { ...good, quantity: '0' }, 400, 'invalid-body'],
    ['for less than no units', { ...good, quantity: '-1' }, 400, 'invalid-body'],
    ['for a part of a unit', { ...good, quantity: '1.5' }, 400, 'invalid-body'],
    ['for a number that is no text', { ...good, quantity: 1 }, 400, 'invalid-body'],
    ['for more units than there can be', { ...good, quantity: `1${'0'.repeat(38)}` }, 400, 'invalid-body'],
    ['for no time', { ...good, seconds: 0 }, 400, 'invalid-body'],
    ['for a part of a second', { ...good, seconds: 1.5 }, 400, 'invalid-body'],
    ['for more than a hundred years', { ...good, seconds: 4_000_000_000 }, 400, 'invalid-body'],
    ['to be delivered at once', { ...good, fulfilWithinSeconds: 0 }, 400, 'invalid-body'],
    ['to wait for years', { ...good, fulfilWithinSeconds: 31_622_401 }, 400, 'invalid-body'],
    ['with a price', { ...good, price: '1' }, 400, 'invalid-body'],
    ['for another', { ...good, buyer: 'bob' }, 400, 'invalid-body'],
    ['for an offer that is not there', { ...good, offer: 'no-such' }, 404, 'unknown-offer'],
    ['with oneself', { ...good, offer: 'own-1' }, 422, 'own-offer'],
    ['for storage', { ...good, offer: 'storage-1' }, 422, 'not-ordered'],
    ['for a model without a time', { ...good, offer: 'model-1' }, 422, 'order-duration'],
    ['for a dataset with a time', { ...good, seconds: 60 }, 422, 'order-duration'],
    ['for less time than it is sold', { ...good, offer: 'model-1', seconds: 59 }, 422, 'order-duration'],
    ['for more time than it is sold', { ...good, offer: 'model-1', seconds: 121 }, 422, 'order-duration'],
    ['past the commitment of its provider', { ...good, offer: 'short-1' }, 422, 'order-duration'],
    ['for more than there can be', { offer: 'dear-1', quantity: '10' }, 422, 'order-too-large'],
    ['with an offer that is suspended', { ...good, offer: 'closed-1' }, 409, 'offer-not-open'],
    ['with an offer that serves all it can', { ...good, offer: 'full-1' }, 409, 'offer-full'],
    ['for more units than there are', { ...good, quantity: '101' }, 409, 'not-enough-capacity'],
    ['for more than the buyer has', { offer: 'dear-1', quantity: '1' }, 409, 'not-enough'],
  ])('%s', async (_, body, status, type) => {
    const problem = await fail(market.handler, 'POST /orders', market.as('ann', { body }))
    expect(problem).toMatchObject({ status, type: `urn:exchequer:problem:${type}` })
  })

  it.each<[string, (request: Request) => Request, number, string]>([
    ['without a token', (request) => without(request, 'claims'), 401, 'unauthenticated'],
    ['without a key', (request) => ({ ...request, headers: {} }), 400, 'idempotency-key-needed'],
    [
      'with an empty key',
      (r) => ({ ...r, headers: { 'idempotency-key': '' } }),
      400,
      'idempotency-key-needed',
    ],
    ['by nobody', (request) => ({ ...request, claims: { scope: 'orders:resolve' } }), 403, 'not-yours'],
    ['by a system account', (request) => ({ ...request, claims: { account: '@pool' } }), 403, 'not-yours'],
    ['without JSON', (request) => ({ ...request, body: '{' }), 400, 'invalid-body'],
  ])('%s', async (_, change, status, type) => {
    const request = change(market.as('ann', { body: good }))
    const problem = await fail(market.handler, 'POST /orders', request)
    expect(problem).toMatchObject({ status, type: `urn:exchequer:problem:${type}` })
  })
})

describe('an order is not taken on', () => {
  const JUDGE = { claims: { scope: 'orders:resolve' } }
  it.each<[StepName, string, string, object | undefined, Request, number, string]>([
    ['usage', 'sam', 'begun', { seconds: 0 }, {}, 400, 'invalid-body'],
    ['usage', 'sam', 'begun', { seconds: '60' }, {}, 400, 'invalid-body'],
    ['usage', 'sam', 'begun', undefined, {}, 400, 'invalid-body'],
    ['usage', 'sam', 'unknown', { seconds: 1 }, {}, 404, 'unknown-order'],
    ['usage', 'ann', 'begun', { seconds: 1 }, {}, 403, 'not-yours'],
    ['usage', 'ann', 'begun', { seconds: 1 }, JUDGE, 403, 'not-yours'],
    ['usage', 'sam', 'accepted', { seconds: 1 }, {}, 422, 'not-metered'],
    ['usage', 'sam', 'begun', { seconds: 7_141 }, {}, 422, 'usage-too-high'],
    ['fulfil', 'sam', 'unknown', undefined, {}, 404, 'unknown-order'],
    ['fulfil', 'ann', 'accepted', undefined, {}, 403, 'not-yours'],
    ['fulfil', 'bob', 'accepted', undefined, JUDGE, 403, 'not-yours'],
    ['fulfil', 'sam', 'disputed', undefined, {}, 409, 'order-state'],
    ['fulfil', 'sam', 'fulfilled', undefined, {}, 409, 'order-state'],
    ['cancel', 'bob', 'accepted', undefined, {}, 403, 'not-yours'],
    ['cancel', 'ann', 'begun', undefined, {}, 409, 'has-begun'],
    ['cancel', 'ann', 'fulfilled', undefined, {}, 409, 'order-state'],
    ['dispute', 'sam', 'accepted', { reason: 'none' }, {}, 403, 'not-yours'],
    ['dispute', 'ann', 'accepted', { reason: '' }, {}, 400, 'invalid-body'],
    ['dispute', 'ann', 'accepted', { reason: 'a'.repeat(257) }, {}, 400, 'invalid-body'],
    ['dispute', 'ann', 'fulfilled', { reason: 'late' }, {}, 409, 'order-state'],
    ['resolve', 'ann', 'disputed', { capture: '0' }, {}, 403, 'missing-scope'],
    [
      'resolve',
      'sam',
      'disputed',
      { capture: '202' },
      { claims: { scope: 'orders:meter' } },
      403,
      'missing-scope',
    ],
    ['resolve', 'judge', 'disputed', { capture: '-1' }, JUDGE, 400, 'invalid-body'],
    ['resolve', 'judge', 'disputed', { capture: '203' }, JUDGE, 422, 'capture-too-high'],
    ['resolve', 'judge', 'accepted', { capture: '1' }, JUDGE, 409, 'order-state'],
    ['refund', 'ann', 'fulfilled', {}, {}, 403, 'not-yours'],
    ['refund', 'sam', 'fulfilled', { amount: '0' }, {}, 400, 'invalid-body'],
    ['refund', 'sam', 'fulfilled', { amount: '197' }, {}, 422, 'refund-too-high'],
    ['refund', 'sam', 'accepted', {}, {}, 409, 'order-state'],
    ['uses', 'sam', 'fulfilled', undefined, {}, 403, 'not-yours'],
    ['uses', 'ann', 'model', undefined, {}, 409, 'order-state'],
    ['uses', 'ann', 'fulfilled', undefined, {}, 409, 'not-entitled'],
  ])('%s by %s while %s, with %j', async (name, account, which, body, more, status, type) => {
    const problem = await market.refused(name, account, orders[which] as string, body, {
      ...more,
      ...(more.claims && { claims: { account, ...more.claims } }),
    })
    expect(problem).toMatchObject({ status, type: `urn:exchequer:problem:${type}` })
  })

  it('and is as it was after all of it', async () => {
    const states = await Promise.all(
      ['accepted', 'begun', 'disputed', 'fulfilled', 'model'].map(
        async (which) => (await market.read(orders[which] as string)).state,
      ),
    )
    expect(states).toEqual(['ACCEPTED', 'ACCEPTED', 'DISPUTED', 'FULFILLED', 'ACCEPTED'])
  })
})

describe('orders are not listed', () => {
  it.each<[string, RouteKey, Request, number, string]>([
    ['of nobody', 'GET /orders', {}, 400, 'invalid-parameter'],
    ['of two', 'GET /orders', { query: { buyer: 'ann', seller: 'sam' } }, 400, 'invalid-parameter'],
    ['of what is no account', 'GET /orders', { query: { buyer: '@pool' } }, 400, 'invalid-parameter'],
    ['with a wrong cursor', 'GET /orders', { query: { buyer: 'ann', cursor: 'x' } }, 400, 'invalid-cursor'],
    [
      'a thousand at once',
      'GET /orders',
      { query: { buyer: 'ann', limit: '1000' } },
      400,
      'invalid-parameter',
    ],
    ['that are not there', 'GET /orders/{id}', { path: { id: 'no-such' } }, 404, 'unknown-order'],
  ])('%s', async (_, route, request, status, type) => {
    const problem = await fail(market.handler, route, request)
    expect(problem).toMatchObject({ status, type: `urn:exchequer:problem:${type}` })
  })
})
