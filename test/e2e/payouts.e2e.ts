import { setTimeout as sleep } from 'node:timers/promises'
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { synthesize } from '../../infra/cli/synth.ts'
import { type Host, startHost } from '../../infra/local/host.ts'
import type { Payout } from '../../shared/domain/payout/payout.ts'
import { HOUR_MS, policyJson, START_MS } from '../support/policies.ts'
import { type Answer, type SentEvent, type Service, startService } from '../support/service.ts'

const RUN_WITHIN_MS = 60_000

const POLICY = policyJson({
  era: { every: 'P7D', from: '2026-01-01T00:00:00Z', clock: 'manual' },
  payout: { timelock: 'PT1H', minimum: '5', assets: ['USDC'] },
})
const at = (hours: number) => new Date(START_MS + hours * HOUR_MS).toISOString()
const sent = (name: string, data: object): SentEvent => ({
  'detail-type': name,
  detail: { metadata: { version: 1 }, data: { occurredAt: at(0), ...data } },
})

let service: Service
beforeAll(async () => {
  service = await startService(POLICY)
  await service.send([
    sent('TokensDeposited', { id: 'd1', account: 'ann', amount: '1000' }),
    sent('RatePublished', { id: 'r1', asset: 'USDC', numerator: '1', denominator: '3' }),
  ])
  await service.host.drained()
}, 120_000)
afterAll(() => service?.close())

let keys = 0
async function call(
  method: string,
  path: string,
  account: string,
  body?: object,
  scope?: string,
): Promise<Pick<Answer, 'status' | 'body'>> {
  keys += 1
  const token = await service.host.signToken({ account, ...(scope !== undefined && { scope }) })
  const response = await fetch(`${service.host.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': `key-${keys}`,
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: await response.json() }
}

/** Waits for the last execution of the machine that pays out. */
async function outcomeOf(host: Host): Promise<string> {
  const until = Date.now() + RUN_WITHIN_MS
  for (;;) {
    const machine = host.outputs.PayOutMachineArn
    const [last] = host.executions().filter(({ machineArn }) => machineArn === machine)
    if (last && last.status !== 'RUNNING') return `${last.status} ${last.cause ?? ''}`.trim()
    if (Date.now() > until) throw new Error(`the machine that pays out has not ended: ${last?.status}`)
    await sleep(20)
  }
}

async function payOut(): Promise<void> {
  const { host } = service
  const client = new SFNClient({
    endpoint: host.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  const stateMachineArn = host.outputs.PayOutMachineArn
  await client.send(new StartExecutionCommand({ stateMachineArn, input: '{}' }))
  expect(await outcomeOf(host)).toBe('SUCCEEDED')
}

const balance = async (account: string) => {
  const { body } = await service.get(`/accounts/${account}/balance`)
  return [body.available, body.held, body.paid].map(({ amount }: { amount: string }) => amount)
}

describe('a payout through the whole service', () => {
  it('is asked for, locked, released, told to the bus, and confirmed from there', {
    timeout: 60_000,
  }, async () => {
    const { status, body: asked } = await call('POST', '/accounts/ann/payouts', 'ann', {
      amount: '700',
      destination: 'iban-1',
    })
    expect([status, asked.state, asked.releaseAt]).toEqual([200, 'TIMELOCKED', '2026-01-01T01:00:00Z'])
    expect(await balance('ann')).toEqual(['300', '700', '0'])
    await payOut()
    const state = async () => (await call('GET', `/payouts/${asked.id}`, 'ann')).body.state
    expect(await state()).toBe('TIMELOCKED')

    await service.advance(at(1))
    await payOut()
    expect(await state()).toBe('RELEASED')
    const stored = await service.store.records.read<Payout>('PAYOUT', asked.id)
    expect(stored?.value.announcedAt).toBe(START_MS + HOUR_MS)
    expect((await call('POST', `/payouts/${asked.id}/cancel`, 'ann')).status).toBe(409)

    await service.send([sent('PayoutConfirmed', { id: 'c1', payoutId: asked.id })])
    await service.host.drained()
    expect(await state()).toBe('CONFIRMED')
    expect(await balance('ann')).toEqual(['300', '0', '700'])
  })

  it('in another asset is out of the inventory, and comes back whole where it fails', async () => {
    const operate = (method: string, path: string, body: object) =>
      call(method, `/inventories/USDC${path}`, 'treasurer', body, 'payouts:operate')
    expect((await operate('PUT', '', { decimals: 6, account: 'desk' })).status).toBe(200)
    expect((await operate('POST', '/deposits', { amount: '50' })).status).toBe(200)
    const { body: asked } = await call('POST', '/accounts/ann/payouts', 'ann', {
      amount: '100',
      asset: 'USDC',
    })
    expect(asked).toMatchObject({
      amount: { amount: '99' },
      out: { amount: '33', asset: 'USDC', decimals: 6 },
    })
    await service.advance(at(2))
    await payOut()
    await service.send([sent('PayoutFailed', { id: 'f1', payoutId: asked.id })])
    await service.host.drained()
    expect((await call('GET', `/payouts/${asked.id}`, 'ann')).body.state).toBe('FAILED')
    expect(await balance('ann')).toEqual(['300', '0', '700'])
    const { body: inventory } = await service.get('/inventories/USDC')
    expect([inventory.balance.amount, inventory.reserved.amount]).toEqual(['50', '0'])
  })

  it('by a schedule is made when its period begins', async () => {
    const { body: said } = await call('PUT', '/accounts/ann/payout-preference', 'ann', { schedule: 'weekly' })
    expect(said.dueAt).toBe('2026-01-05T00:00:00Z')
    await service.advance(said.dueAt)
    await payOut()
    const { body: list } = await call('GET', '/accounts/ann/payouts', 'ann')
    expect(list.payouts[0]).toMatchObject({ state: 'TIMELOCKED', amount: { amount: '300' } })
    const { body: preference } = await call('GET', '/accounts/ann/payout-preference', 'ann')
    expect(preference).toMatchObject({
      dueAt: '2026-01-12T00:00:00Z',
      lastOutcome: { outcome: 'REQUESTED', payout: list.payouts[0].id },
    })
  })
})

it('the schedule starts the machine that pays out, also where the network is not open yet', {
  timeout: 120_000,
}, async () => {
  const outdir = await synthesize({ stage: 'local' })
  const host = await startHost({ outdir, port: 0, print: () => undefined })
  try {
    expect(await outcomeOf(host)).toBe('SUCCEEDED')
  } finally {
    await host.close()
  }
})
