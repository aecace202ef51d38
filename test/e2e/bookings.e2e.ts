import { afterAll, beforeAll, expect, it } from 'vitest'
import { formatMoment } from '../../shared/domain/calendar.ts'
import { post } from '../../shared/ledger/post.ts'
import { command, deposit } from '../support/ledger.ts'
import { presetJson, START_MS } from '../support/policies.ts'
import { type Service, startService } from '../support/service.ts'

/** A booking through the gateway, by tokens, with the grants that the functions really have; and its settlement. */

const TOKEN = 10n ** 18n
const DAY_MS = 86_400_000
const tokens = (amount: bigint) => ({ amount: (amount * TOKEN).toString(), asset: 'INFINITE', decimals: 18 })

let service: Service

beforeAll(async () => {
  service = await startService(presetJson('infinite'))
  await service.advance(formatMoment(START_MS))
  const deps = { store: service.store, now: Date.now }
  await post(deps, command('in', deposit('archive', 4_000n * TOKEN)))
}, 120_000)
afterAll(() => service?.close())

let keys = 0

async function send(method: 'POST' | 'PUT', account: string, path: string, body?: object) {
  const token = await service.host.signToken({ account })
  keys += 1
  const response = await fetch(`${service.host.url}${path}`, {
    method,
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

it('1,000 TB for 30 days at 2.8 and 25%: 3,500 exactly, and the provider is paid 2,800 of it', async () => {
  const capacity = { resource: 'storage', cluster: 'eu', quantity: '1000', price: '2800000000000000000' }
  expect((await send('PUT', 'hp', '/offers/hp-1', capacity)).status).toBe(200)
  expect((await send('PUT', 'other', '/offers/hp-1', capacity)).status).toBe(403)

  const wanted = { resource: 'storage', cluster: 'eu', quantity: '1000', seconds: 2_592_000 }
  const quoted = await send('POST', 'archive', '/quotes', wanted)
  expect(quoted).toMatchObject({
    status: 200,
    body: { state: 'open', base: tokens(2_800n), requirement: tokens(3_500n) },
  })
  const { id } = quoted.body
  expect(await send('POST', 'second', '/quotes', wanted)).toMatchObject({
    status: 409,
    body: { type: 'urn:exchequer:problem:not-enough-capacity' },
  })
  expect((await send('POST', 'second', `/quotes/${id}/accept`)).status).toBe(403)
  expect(await send('POST', 'archive', `/quotes/${id}/accept`)).toMatchObject({
    status: 200,
    body: { id, state: 'active', to: '2026-01-31T00:00:00Z', requirement: tokens(3_500n) },
  })
  expect((await service.get('/accounts/archive/balance')).body).toMatchObject({ available: tokens(500n) })
  expect((await service.get('/bookings?buyer=archive')).body.bookings).toMatchObject([{ id }])
  expect((await service.get('/offers?resource=storage&cluster=eu')).body.offers).toMatchObject([
    { id: 'hp-1', taken: '1000', available: '0' },
  ])

  await service.advance(formatMoment(START_MS + 31 * DAY_MS))
  expect((await service.get(`/bookings/${id}`)).body).toMatchObject({ state: 'ended' })
  expect((await service.get('/accounts/hp/balance')).body).toMatchObject({
    earned: tokens(2_800n),
    total: tokens(2_800n),
  })
  expect((await service.get('/eras/0')).body.system).toMatchObject({
    '@protocol-treasury': tokens(350n),
    '@reward-reserve': tokens(350n),
  })
  expect((await service.get('/offers/hp-1')).body).toMatchObject({ available: '1000' })
  const again = await send('POST', 'archive', '/quotes', { ...wanted, quantity: '100' })
  expect(again).toMatchObject({ status: 200, body: { requirement: tokens(350n) } })
  expect((await send('POST', 'archive', `/quotes/${again.body.id}/accept`)).status).toBe(200)
  expect(await send('POST', 'archive', `/bookings/${again.body.id}/end`)).toMatchObject({
    status: 200,
    body: { state: 'ended', ended: { unearned: tokens(350n), refund: tokens(350n) } },
  })
  expect((await service.get('/offers/hp-1')).body).toMatchObject({ taken: '0' })
}, 90_000)
