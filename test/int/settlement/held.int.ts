import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { CostIncurred, FeeCharged, MetricReported } from '../../../shared/domain/event.ts'
import { balanceOf } from '../../../shared/domain/page.ts'
import magnet from '../../../shared/policies/magnet.json' with { type: 'json' }
import { decideEra } from '../../../shared/settlement/decide.ts'
import { foldShard } from '../../../shared/settlement/fold.ts'
import { decideHeld } from '../../../shared/settlement/held.ts'
import { weighPartition } from '../../../shared/settlement/weigh.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { type TestNetwork, testNetwork } from '../../support/network.ts'
import { fail, read } from '../api/gateway.ts'

const HOUR = 3_600_000
const ORIGIN = Date.parse('2026-01-01T00:00:00Z')

/** An income above 2,000 is held. Collators get what they produced, at most what they paid for costs. */
const BOUNDED = {
  ...magnet,
  era: { every: 'PT1H', from: '2026-01-01T00:00:00Z', clock: 'manual' },
  minimum: '10',
  bounds: { income: ['0', '2000'] },
  stages: [
    {
      ...magnet.stages[0],
      split: [
        { id: 'reserve', to: '@system-reserve', share: '50%' },
        { id: 'collators', to: 'group:collators', share: '40%' },
        { id: 'capped', to: 'group:capped', share: '10%', cap: { metric: 'costPaid' } },
      ],
    },
  ],
  groups: {
    collators: { weight: { metric: 'blocks' }, ifEmpty: '@system-reserve' },
    capped: { weight: { metric: 'blocks' }, ifEmpty: '@system-reserve' },
  },
}

const at = (hour: number) => ORIGIN + hour * HOUR + 60_000
const fee = (id: string, hour: number, amount: bigint): FeeCharged => ({
  name: 'FeeCharged',
  id,
  kind: 'gas_fee',
  amount,
  occurredAt: at(hour),
})
const blocks = (account: string, hour: number, value: bigint): MetricReported => ({
  name: 'MetricReported',
  id: `${account}-${hour}`,
  account,
  metric: 'blocks',
  value,
  occurredAt: at(hour),
})
const cost = (account: string, hour: number, amount: bigint): CostIncurred => ({
  name: 'CostIncurred',
  id: `${account}-${hour}`,
  kind: 'coretime_bulk',
  amount,
  payer: account,
  occurredAt: at(hour),
})

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine.stop())

/** A network whose era 0 took 3,000 and is held; n1 and n2 produced 3 and 1 of its blocks, n1 paid costs of 100. */
async function heldNetwork(own?: Engine): Promise<TestNetwork> {
  const network = testNetwork(own ?? (await engine.another()), BOUNDED)
  await network.advance('2026-01-01T00:00:00Z')
  await network.book([fee('f0', 0, 3_000n), blocks('n1', 0, 3n), blocks('n2', 0, 1n), cost('n1', 0, 100n)])
  await network.advance('2026-01-01T01:00:00Z')
  await network.run()
  return network
}

const decision = 'POST /eras/{n}/decision'

/** The route's handler, as a new function instance over the network's table. */
async function decisionsHandler({ tableName }: Engine): Promise<unknown> {
  vi.resetModules()
  vi.stubEnv('TABLE_NAME', tableName)
  vi.stubEnv('AWS_ENDPOINT_URL', engine.endpoint)
  vi.stubEnv('AWS_REGION', 'eu-west-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
  return (await import('../../../functions/api/decisions.ts')).handler
}

async function balance({ store }: TestNetwork, account: string): Promise<bigint> {
  const { pageOf } = await import('../../../shared/domain/account.ts')
  const state = (await store.pages.read(pageOf(account))).accounts.find((one) => one.account === account)
  return state ? balanceOf(state) : 0n
}

describe('an era outside its bounds', () => {
  it('is decided by nobody before it is sealed', async () => {
    const network = testNetwork(await engine.another(), BOUNDED)
    const { store } = network
    await network.advance('2026-01-01T00:00:00Z')
    await network.book([fee('f0', 0, 3_000n)])
    await network.advance('2026-01-01T01:00:00Z')
    for (let shard = 0; shard < 4; shard += 1) await foldShard({ store }, { era: 0, shard })
    for (let partition = 0; partition < 16; partition += 1)
      await weighPartition({ store }, { era: 0, partition })
    expect(await decideEra({ store }, { era: 0 })).toMatchObject({ state: 'HELD' })
    const asked = { era: 0, decision: 'pay', by: 'ops' } as const
    await expect(decideHeld({ store, now: () => 0 }, asked)).rejects.toMatchObject({ code: 'EraNotHeld' })
  })

  it('is sealed HELD with the figures that broke them, and later eras go on', async () => {
    const network = await heldNetwork()
    const seal = await network.store.seals.read(0)
    expect(seal).toMatchObject({
      state: 'HELD',
      held: { amount: 2_900n, because: [{ rule: 'bounds.income', value: 3_000n, least: 0n, most: 2_000n }] },
      system: { '@held:0': 2_900n },
      lines: {},
    })
    expect(network.published.map(({ detailType }) => detailType)).toEqual(['EraHeld'])
    expect(await balance(network, 'n1')).toBe(100n)
    await network.book([fee('f1', 1, 1_000n), blocks('n2', 1, 1n)])
    await network.advance('2026-01-01T02:00:00Z')
    await network.run()
    expect(await network.store.seals.read(1)).toMatchObject({
      state: 'DISTRIBUTED',
      system: { '@held:0': 2_900n, '@system-reserve': 600n },
    })
    expect(await balance(network, 'n2')).toBe(400n)
  })

  it('is paid by the frozen plan and by its own weights and caps, in the era that is open then', async () => {
    const network = await heldNetwork()
    const { store } = network
    await decideHeld({ store, now: () => 5 }, { era: 0, decision: 'pay', by: 'council' })
    // Era 1 has other weights, and an income of its own.
    await network.book([fee('f1', 1, 1_000n), blocks('n3', 1, 1n)])
    await network.advance('2026-01-01T02:00:00Z')
    await network.run()
    // 2,900: 1,450 to the reserve, 1,160 by blocks 3:1, 290 by blocks at most what was paid for costs in era 0.
    const held = { n1: 870n + 100n, n2: 290n, overflow: 290n - 100n }
    expect(await balance(network, 'n1')).toBe(100n + held.n1)
    expect(await balance(network, 'n2')).toBe(held.n2)
    expect(await balance(network, 'n3')).toBe(400n)
    expect(await store.seals.read(1)).toMatchObject({
      state: 'DISTRIBUTED',
      decided: [{ era: 0, decision: 'pay', amount: 2_900n }],
      lines: { profit: { reserve: 500n, collators: 400n, capped: 100n } },
      system: { '@system-reserve': 1_450n + held.overflow + 500n + 100n },
    })
  })

  it('is decided in the next era where the open one closes meanwhile, and in none that is closed', async () => {
    const network = await heldNetwork()
    const { store } = network
    let isFirst = true
    const commit: typeof store.decisions.commit = async (decision) => {
      if (isFirst) await network.advance('2026-01-01T02:00:00Z')
      isFirst = false
      return store.decisions.commit(decision)
    }
    const closing = { ...store, decisions: { ...store.decisions, commit } }
    const asked = { era: 0, decision: 'return', by: 'council' } as const
    expect(await decideHeld({ store: closing, now: () => 5 }, asked)).toMatchObject({ doneIn: 2 })
    expect(await store.decisions.doneIn(1)).toEqual([])
  })

  it('goes back to the pool, and is income no more than once', async () => {
    const network = await heldNetwork()
    const { store } = network
    await decideHeld({ store, now: () => 5 }, { era: 0, decision: 'return', by: 'council' })
    await network.book([blocks('n3', 1, 1n)])
    await network.advance('2026-01-01T02:00:00Z')
    await network.run()
    expect(await store.seals.read(1)).toMatchObject({
      state: 'DISTRIBUTED',
      net: 2_900n,
      income: { total: 0n },
    })
    expect(await balance(network, 'n3')).toBe(1_160n)
  })

  it('is done also in an era in which nothing else happens', async () => {
    const network = await heldNetwork()
    const { store } = network
    await network.advance('2026-01-01T03:00:00Z')
    await network.run()
    await decideHeld({ store, now: () => 5 }, { era: 0, decision: 'pay', by: 'council' })
    await network.advance('2026-01-01T06:00:00Z')
    await network.run()
    expect((await store.seals.read(1))?.through).toBe(2)
    expect(await store.seals.read(3)).toMatchObject({ through: 3, decided: [{ era: 0, decision: 'pay' }] })
    expect(await balance(network, 'n1')).toBe(100n + 970n)
  })

  it('is decided once', async () => {
    const { store } = await heldNetwork()
    const deps = { store, now: () => 5 }
    const first = await decideHeld(deps, { era: 0, decision: 'pay', by: 'council' })
    expect(await decideHeld(deps, { era: 0, decision: 'pay', by: 'somebody' })).toEqual(first)
    await expect(decideHeld(deps, { era: 0, decision: 'return', by: 'somebody' })).rejects.toMatchObject({
      code: 'AlreadyDecided',
    })
    await expect(decideHeld(deps, { era: 1, decision: 'pay', by: 'council' })).rejects.toMatchObject({
      code: 'EraNotHeld',
    })
  })

  it('is decided over the API by who has the scope, and by nobody else', async () => {
    const own = await engine.another()
    const network = await heldNetwork(own)
    const handler = await decisionsHandler(own)
    const claims = { scope: 'network:operate', account: 'council' }
    const pay = { path: { n: '0' }, body: { decision: 'pay' }, claims }
    expect(await fail(handler, decision, { ...pay, claims: { scope: 'policy:write' } })).toMatchObject({
      status: 403,
    })
    expect(await fail(handler, decision, { ...pay, body: { decision: 'burn' } })).toMatchObject({
      status: 400,
    })
    expect(await fail(handler, decision, { ...pay, path: { n: '9' } })).toMatchObject({ status: 409 })
    const answer = await read(handler, decision, pay)
    expect(answer).toMatchObject({ era: 0, decision: 'pay', doneIn: 1, by: 'council' })
    expect(await read(handler, decision, pay)).toEqual(answer)
    expect(await fail(handler, decision, { ...pay, body: { decision: 'return' } })).toMatchObject({
      type: 'urn:exchequer:problem:already-decided',
    })
    expect(await network.store.decisions.doneIn(1)).toHaveLength(1)
    vi.unstubAllEnvs()
  })
})
