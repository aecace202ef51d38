import { afterAll, beforeAll, expect, it } from 'vitest'
import { issueToken } from '../../infra/cli/api.ts'
import { policyHash } from '../../shared/domain/policy/policy.ts'
import { type Service, startService } from '../support/service.ts'

/** A policy is tried, stored and takes over, by one who has nothing but the API. */

const split = (makers: string) => [
  {
    id: 'profit',
    from: '@pool',
    split: [{ id: 'makers', to: 'group:makers', share: makers }],
    rest: '@treasury',
  },
]
const V1 = {
  network: 'changing',
  version: 1,
  asset: { symbol: 'T', decimals: 0 },
  era: { every: 'PT1H', from: '2026-01-01T00:00:00Z', clock: 'manual' },
  income: { gas: {} },
  base: 'gross',
  stages: split('50%'),
  groups: { makers: { weight: { metric: 'made' }, ifEmpty: '@treasury' } },
}
const V2 = { ...V1, version: 2, stages: split('80%') }

let service: Service
let token: string
beforeAll(async () => {
  service = await startService(V1)
  token = await issueToken(service.host.url, { scope: 'policy:write' })
}, 60_000)
afterAll(() => service?.close())

async function call(method: string, path: string, body: object, bearer = token) {
  const response = await fetch(`${service.host.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  // biome-ignore lint/suspicious/noExplicitAny: an answer is JSON, and a wrong path makes the test fail.
  return { status: response.status, body: (await response.json()) as any }
}

const sent = (type: string, data: object) => ({
  'detail-type': type,
  detail: { metadata: { version: 1 }, data },
})
const era = (n: number) => [
  sent('FeeCharged', { id: `f${n}`, kind: 'gas', amount: '1000', occurredAt: `2026-01-01T0${n}:10:00Z` }),
  sent('MetricReported', {
    id: `m${n}`,
    account: 'ann',
    metric: 'made',
    value: '1',
    occurredAt: `2026-01-01T0${n}:10:00Z`,
  }),
]

it('is tried on the last era, stored for one to come, and rules from there', async () => {
  await service.send(era(0))
  await service.advance('2026-01-01T01:00:00Z')

  const tried = await call('POST', '/policy/simulations', { policy: V2 })
  expect(tried.status).toBe(200)
  expect(tried.body).toMatchObject({ era: 0, isReproduced: true })
  expect(tried.body.accounts.largest).toMatchObject([
    { account: 'ann', before: { amount: '500' }, after: { amount: '800' }, percent: '+60.00%' },
  ])

  const operator = await issueToken(service.host.url, { scope: 'network:operate' })
  expect((await call('PUT', '/policy', { policy: V2, effectiveFrom: 2 }, operator)).status).toBe(403)
  expect((await call('PUT', '/policy', { policy: V2, effectiveFrom: 1 })).status).toBe(409)
  const stored = await call('PUT', '/policy', { policy: V2, effectiveFrom: 2 })
  expect(stored).toMatchObject({
    status: 200,
    body: { version: 2, effectiveFromEra: 2, hash: policyHash(V2) },
  })
  expect((await call('PUT', '/policy', { policy: V2, effectiveFrom: 2 })).body).toEqual(stored.body)

  await service.send([...era(1), ...era(2)])
  await service.advance('2026-01-01T03:00:00Z')
  const eras = await Promise.all([0, 1, 2].map((n) => service.get(`/eras/${n}`)))
  expect(eras.map(({ body }) => [body.policy, body.lines.profit.makers.amount])).toEqual([
    [{ version: 1, hash: policyHash(V1) }, '500'],
    [{ version: 1, hash: policyHash(V1) }, '500'],
    [{ version: 2, hash: policyHash(V2) }, '800'],
  ])
  const receipts = await Promise.all([1, 2].map((n) => service.get(`/accounts/ann/receipt?era=${n}`)))
  expect(receipts.map(({ body }) => [body.policy.version, body.credited.amount])).toEqual([
    [1, '500'],
    [2, '800'],
  ])
}, 120_000)
