import { afterAll, beforeAll, expect, it } from 'vitest'
import { HOUR_MS, policyJson, START_MS, toGroup } from '../support/policies.ts'
import { type Service, startService } from '../support/service.ts'

/** Transfers, stakes and slashing through the gateway, by tokens, with the grants that the functions really have. */

const at = (hours: number) => new Date(START_MS + hours * HOUR_MS).toISOString()
const POLICY = policyJson({
  ...toGroup({ metric: 'staked' }),
  staking: { unbonding: 'PT30M' },
})

let service: Service
beforeAll(async () => {
  service = await startService(POLICY)
}, 120_000)
afterAll(() => service?.close())

async function send(
  claims: { account: string; scope?: string } | undefined,
  path: string,
  key: string,
  body: object,
) {
  const response = await fetch(`${service.host.url}${path}`, {
    method: 'POST',
    headers: {
      ...(claims && { authorization: `Bearer ${await service.host.signToken(claims)}` }),
      'content-type': 'application/json',
      'idempotency-key': key,
    },
    body: JSON.stringify(body),
  })
  // biome-ignore lint/suspicious/noExplicitAny: an answer is JSON, and a wrong path makes the test fail.
  return { status: response.status, body: (await response.json()) as any }
}

const balanceOf = async (account: string) => (await service.get(`/accounts/${account}/balance`)).body

it('what came in is paid, staked, earns, is slashed and comes back, and every statement says why', async () => {
  await service.send([
    {
      'detail-type': 'TokensDeposited',
      detail: {
        metadata: { version: 1 },
        data: { id: 'd1', account: 'ann', amount: '1000', occurredAt: at(0.1) },
      },
    },
    {
      'detail-type': 'FeeCharged',
      detail: {
        metadata: { version: 1 },
        data: { id: 'f1', kind: 'fee', amount: '600', occurredAt: at(0.5) },
      },
    },
  ])
  await service.host.drained()
  const ann = { account: 'ann' }
  expect((await send(undefined, '/accounts/ann/transfers', 't0', { to: 'bob', amount: '400' })).status).toBe(
    401,
  )
  expect(
    (await send({ account: 'bob' }, '/accounts/ann/transfers', 't0', { to: 'bob', amount: '400' })).status,
  ).toBe(403)
  const paid = await send(ann, '/accounts/ann/transfers', 't1', { to: 'bob', amount: '400', memo: 'rent' })
  expect(paid).toMatchObject({
    status: 200,
    body: { from: 'ann', to: 'bob', amount: { amount: '400' }, era: 0 },
  })
  expect(
    await send(ann, '/accounts/ann/transfers', 't1', { to: 'bob', amount: '400', memo: 'rent' }),
  ).toEqual(paid)

  const firm = await send(ann, '/accounts/ann/stakes', 's1', {
    amount: '500',
    lot: 'node-1',
    lockSeconds: 3_600,
  })
  expect(firm).toMatchObject({ status: 200, body: { lockedUntil: '2026-01-01T01:00:00Z' } })
  expect((await send({ account: 'bob' }, '/accounts/bob/stakes', 's1', { amount: '250' })).status).toBe(200)
  expect((await send(ann, '/accounts/ann/stakes/node-1/unstake', 'u1', {})).body.type).toBe(
    'urn:exchequer:problem:stake-locked',
  )

  const council = { account: 'council', scope: 'stakes:slash' }
  const slash = { lot: 'node-1', amount: '50', reason: 'signed twice' }
  expect((await send(ann, '/accounts/ann/slashes', 'x1', slash)).status).toBe(403)
  expect((await send(council, '/accounts/ann/slashes', 'x1', slash)).body).toMatchObject({ by: 'council' })

  await service.advance(at(1))
  const [era] = (await service.get('/accounts/ann/statement')).body.rows
  // 450 of 700 that were staked at the era's end, of 600.
  expect(BigInt(era.credited.amount)).toBeGreaterThanOrEqual(385n)
  expect(BigInt(era.credited.amount)).toBeLessThanOrEqual(386n)
  // biome-ignore lint/suspicious/noExplicitAny: rows of an answer.
  const said = era.entries.flatMap(({ moves }: any) => moves.map(({ move, why }: any) => [move, why.code]))
  expect(said.toSorted()).toEqual([
    ['slash', 'slash'],
    ['stake', 'stake'],
    ['transfer', 'deposit'],
    ['transfer', 'transfer'],
  ])
  expect((await service.get('/eras/0')).body.system).toMatchObject({ '@burn': { amount: '50' } })

  const back = await send(ann, '/accounts/ann/stakes/node-1/unstake', 'u2', {})
  expect(back).toMatchObject({
    status: 200,
    body: { amount: { amount: '450' }, returnsAt: '2026-01-01T01:30:00Z' },
  })
  expect(await balanceOf('ann')).toMatchObject({ staked: { amount: '450' }, paid: { amount: '450' } })
  expect((await service.get('/accounts/ann/stakes')).body.stakes).toMatchObject([
    { origin: 'held', lot: 'node-1', returnsAt: '2026-01-01T01:30:00Z' },
  ])
  await service.advance(at(1.5))
  const after = await balanceOf('ann')
  expect(after).toMatchObject({
    staked: { amount: '0' },
    total: { amount: String(550n + BigInt(era.credited.amount)) },
  })
  expect(after.available).toEqual(after.total)
  expect((await service.get('/accounts/ann/entries?era=1')).body.entries).toMatchObject([
    { era: 1, moves: [{ move: 'unstake', amount: { amount: '450' } }] },
  ])
}, 90_000)
