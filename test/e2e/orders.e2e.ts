import { afterAll, beforeAll, expect, it } from 'vitest'
import { listingsOf } from '../../shared/domain/market/offer.ts'
import { post } from '../../shared/ledger/post.ts'
import { deposit } from '../support/ledger.ts'
import { offered } from '../support/orders.ts'
import { policyJson, START_MS } from '../support/policies.ts'
import { type Service, startService } from '../support/service.ts'

/** An order through the gateway, by tokens, with the grants that the function really has. */

let service: Service

beforeAll(async () => {
  service = await startService(policyJson({ income: { fee: {}, transaction_fee: {} }, orderFee: '2.5%' }))
  const offer = offered('gpu-hour', { id: 'gpu-1' })
  const record = { kind: 'OFFER' as const, id: offer.id, version: 0, value: offer }
  const change = {
    moves: [{ move: 'transfer' as const, ...deposit('ann', 2_000n) }],
    records: [{ ...record, ...listingsOf(offer, START_MS) }],
  }
  await post({ store: service.store, now: Date.now }, { id: 'test#begin', digest: 'begin', change })
}, 120_000)
afterAll(() => service?.close())

let keys = 0

async function send(account: string, path: string, body?: object) {
  const token = await service.host.signToken({ account })
  keys += 1
  const response = await fetch(`${service.host.url}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': `key-${keys}`,
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  // biome-ignore lint/suspicious/noExplicitAny: an answer is JSON, and a wrong path makes the test fail.
  return { status: response.status, body: (await response.json()) as any }
}

it('an order is placed, metered and fulfilled through the gateway', async () => {
  const placed = await send('ann', '/orders', { offer: 'gpu-1', quantity: '10' })
  expect(placed).toMatchObject({ status: 200, body: { state: 'ACCEPTED', held: { amount: '1010' } } })
  const { id } = placed.body
  expect(await send('ann', `/orders/${id}/fulfil`)).toMatchObject({ status: 403 })
  expect(await send('sam', `/orders/${id}/usage`, { seconds: 3_601 })).toMatchObject({ status: 200 })
  expect(await send('sam', `/orders/${id}/fulfil`)).toMatchObject({
    status: 200,
    body: { state: 'FULFILLED' },
  })
  expect((await service.get(`/orders/${id}`)).body).toMatchObject({
    fee: { amount: '6' },
    earned: { amount: '196' },
    released: { amount: '808' },
  })
  for (const list of ['buyer=ann', 'seller=sam'])
    expect((await service.get(`/orders?${list}`)).body.orders).toMatchObject([{ id }])
  const balances = await Promise.all(
    ['ann', 'sam'].map(async (account) => (await service.get(`/accounts/${account}/balance`)).body),
  )
  expect(balances.map(({ available, held }) => [available.amount, held.amount])).toEqual([
    ['1798', '0'],
    ['196', '0'],
  ])
})
