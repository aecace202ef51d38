import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PolicyBooks, putPolicy } from '../../../shared/api/policies.ts'
import type { Event } from '../../../shared/domain/event.ts'
import { parsePolicy, policyHash } from '../../../shared/domain/policy/policy.ts'
import type { Seal } from '../../../shared/domain/seal.ts'
import { openNetwork, settleEra } from '../../../shared/domain/settle.ts'
import { ingest } from '../../../shared/ingest/ingest.ts'
import { tick } from '../../../shared/settlement/tick.ts'
import type { Store } from '../../../shared/store/table.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { message, SOURCE } from '../../support/intake.ts'
import { type TestNetwork, testNetwork } from '../../support/network.ts'

const HOUR = 3_600_000
const ORIGIN = Date.parse('2026-01-01T00:00:00Z')
const PRESET = JSON.parse(
  readFileSync(new URL('../../../shared/policies/magnet.json', import.meta.url), 'utf8'),
)

const split = (reserve: string, collators: string) => [
  {
    id: 'profit',
    from: '@pool',
    split: [
      { id: 'system-reserve', to: '@system-reserve', share: reserve },
      { id: 'collators', to: 'group:collators', share: collators },
    ],
    rest: '@system-reserve',
  },
]

/** Eras of an hour; subscriptions are earned while they run. */
const V1 = {
  network: 'versions',
  version: 1,
  asset: PRESET.asset,
  era: { every: 'PT1H', from: '2026-01-01T00:00:00Z', clock: 'manual', lateness: 'PT6H' },
  income: { gas_fee: {}, subscription: { admit: '50%', recognise: 'ratable' } },
  costs: { rent: {} },
  base: 'net',
  minimum: '0',
  loss: { from: '@system-reserve' },
  stages: split('40%', '60%'),
  groups: { collators: { weight: { metric: 'blocks' }, ifEmpty: '@system-reserve' } },
  genesis: { system: { '@system-reserve': '50' }, accounts: {} },
}
const { genesis: _, ...later } = V1
/** From the day it rules: another split, subscriptions admitted whole and at once, gas no more, and rent neither. */
const V2 = {
  ...later,
  version: 2,
  income: { subscription: {} },
  costs: {},
  stages: split('25%', '75%'),
}
const V3 = { ...later, version: 3, stages: split('10%', '90%') }

const at = (hour: number) => ORIGIN + hour * HOUR + 60_000
const fee = (id: string, hour: number, amount: bigint, more = {}): Event => ({
  name: 'FeeCharged',
  id,
  kind: 'gas_fee',
  amount,
  occurredAt: at(hour),
  ...more,
})
const blocks = (account: string, hour: number): Event => ({
  name: 'MetricReported',
  id: `${account}-${hour}`,
  account,
  metric: 'blocks',
  value: 7n,
  occurredAt: at(hour),
})
/** Earned from half past the first hour for four hours: 1/8 in the first, then a quarter each. */
const subscription = fee('s1', 0, 1_601n, {
  kind: 'subscription',
  spread: { from: ORIGIN + HOUR / 2, to: ORIGIN + HOUR / 2 + 4 * HOUR },
})

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine.stop())

async function opened(): Promise<TestNetwork> {
  const network = testNetwork(await engine.another(), V1)
  await network.advance('2026-01-01T00:00:00Z')
  return network
}

const put = (books: PolicyBooks, policy: Record<string, unknown>, effectiveFrom: number) =>
  putPolicy(books, { body: { policy: policy as never, effectiveFrom } })

const hour = (n: number) => new Date(ORIGIN + n * HOUR).toISOString()

async function sealsOf({ store }: TestNetwork): Promise<Seal[]> {
  return (await store.reads.seals({ limit: 100 })).seals.reverse()
}

describe('a later policy version', () => {
  it('rules from its era on, and every era before keeps its own', async () => {
    const network = await opened()
    const { store } = network
    const events = [subscription, fee('f1', 0, 1_000n), fee('f2', 1, 900n)]
    await network.book(events)
    await network.book([blocks('n1', 0), blocks('n2', 1), blocks('n1', 2), blocks('n2', 3), blocks('n1', 4)])
    await put(store, V2, 2)
    await put(store, V3, 4)
    // One tick closes the eras of all three versions.
    await network.advance(hour(6))
    await network.run()
    const seals = await sealsOf(network)
    expect(seals.map(({ era, through, policyVersion }) => [era, through, policyVersion])).toEqual([
      [0, 0, 1],
      [1, 1, 1],
      [2, 2, 2],
      [3, 3, 2],
      [4, 4, 3],
      [5, 5, 3],
    ])
    expect(seals.map((seal) => seal.policyHash)).toEqual([V1, V1, V2, V2, V3, V3].map(policyHash))
    // 1,601 at 50% admits 800: what the version of charge admitted is earned under all that follow.
    expect(seals.map(({ income }) => income.kinds.subscription?.recognised)).toEqual([
      100n,
      200n,
      200n,
      200n,
      100n,
      0n,
    ])
    expect(seals[2]?.lines.profit).toEqual({ 'system-reserve': 50n, collators: 150n })
    expect(seals[4]?.lines.profit).toEqual({ 'system-reserve': 10n, collators: 90n })
    expect(seals.at(-1)?.system['@deferred']).toBeUndefined()
    // The last era is quiet, and its record says so.
    expect(await inMemory()).toEqual(seals.slice(0, 5))
  })

  it('weighs what accounts had when its first era began, although the one before did not mind', async () => {
    const accounts = { n1: { balance: '100' }, n2: { balance: '100' } }
    const network = testNetwork(await engine.another(), { ...V1, genesis: { system: {}, accounts } })
    const { store } = network
    await network.advance(hour(0))
    await network.book([fee('f1', 0, 1_000n), blocks('n1', 0), fee('f2', 1, 1_000n)])
    const groups = { collators: { weight: { metric: 'balance' }, ifEmpty: '@system-reserve' } }
    await put(store, { ...later, version: 2, groups }, 1)
    await network.advance(hour(2))
    await network.run()
    // What the first era credited to n1 came after the second had begun.
    expect((await store.seals.read(1))?.credits.largest).toEqual([
      { account: 'n1', amount: 300n },
      { account: 'n2', amount: 300n },
    ])
  })

  /** The same eras settled by the domain alone. */
  async function inMemory(): Promise<Seal[]> {
    const network = openNetwork(parsePolicy(V1), policyHash(V1))
    const seals: Seal[] = []
    const booked: Event[][] = [
      [subscription, fee('f1', 0, 1_000n), blocks('n1', 0)],
      [fee('f2', 1, 900n), blocks('n2', 1)],
      [blocks('n1', 2)],
      [blocks('n2', 3)],
      [blocks('n1', 4)],
    ]
    for (const [era, events] of booked.entries()) {
      const json = era < 2 ? V1 : era < 4 ? V2 : V3
      network.policy = parsePolicy(json)
      network.policyHash = policyHash(json)
      seals.push((await settleEra(network, era, events)).seal)
    }
    return seals
  }

  it('ends a run of quiet eras, and its first era is settled in full', async () => {
    const network = await opened()
    await put(network.store, V2, 4)
    await network.advance(hour(8))
    await network.run()
    const seals = await sealsOf(network)
    expect(seals.map(({ era, through, policyVersion }) => [era, through, policyVersion])).toEqual([
      [0, 3, 1],
      [4, 4, 2],
      [5, 7, 2],
    ])
    expect(await network.store.plans.read(4)).toBeDefined()
  })

  it('pays what an earlier one left owed, and what it has no words for stays as it is', async () => {
    const network = await opened()
    const { store } = network
    const gross = { ...V2, base: 'gross', costs: { rent: {} } }
    const net = { ...V3, income: { gas_fee: {} } }
    const rent: Event = {
      name: 'CostIncurred',
      id: 'c1',
      kind: 'rent',
      amount: 80n,
      payer: 'ann',
      occurredAt: at(0),
    }
    await network.book([rent])
    await put(store, gross, 1)
    await put(store, net, 3)
    await network.book([fee('f1', 4, 130n), blocks('n1', 4)])
    await network.advance(hour(5))
    await network.run()
    const seals = await sealsOf(network)
    expect(seals.map(({ era, state, owed }) => [era, state, owed])).toEqual([
      [0, 'LOSS_SHORT', 30n],
      [1, 'DISTRIBUTED', undefined],
      [2, 'DISTRIBUTED', undefined],
      [3, 'LOSS_SHORT', 30n],
      [4, 'DISTRIBUTED', undefined],
    ])
    expect(seals[4]?.cost.owedBefore).toBe(30n)
    expect(seals[4]?.lines.profit).toEqual({ 'system-reserve': 10n, collators: 90n })
  })

  it('closes its eras by its own grace', async () => {
    let now = ORIGIN + HOUR / 2
    const era = { ...V1.era, clock: 'wall', grace: 'PT5M' }
    const network = testNetwork(await engine.another(), { ...V1, era }, () => now)
    const { store, tickDeps } = network
    const closedAt = async (hours: number, minutes: number) => {
      now = ORIGIN + hours * HOUR + minutes * 60_000
      return (await tick(tickDeps, {})).closedThrough
    }
    expect(await closedAt(0, 30)).toBe(-1)
    await put(store, { ...V2, era: { ...era, grace: 'PT30M' } }, 2)
    expect(await closedAt(1, 4)).toBe(-1)
    expect(await closedAt(1, 5)).toBe(0)
    // The clock was not looked at for a while: era 1 is over by five minutes, era 2 by less than thirty.
    expect(await closedAt(3, 29)).toBe(1)
    expect(await closedAt(3, 30)).toBe(2)
  })

  it('admits what is booked in its eras', async () => {
    const { store } = await opened()
    await put(store, V2, 2)
    let ids = 0
    const newId = () => `${ids++}`.padStart(26, '0')
    const take = (id: string, kind: string, hour: number) =>
      ingest({ store, sources: { FeeCharged: [SOURCE] }, now: () => 0, newId, warn: () => undefined }, [
        message('FeeCharged', { id, kind, amount: '10', occurredAt: new Date(at(hour)).toISOString() }),
      ])
    expect(await take('g1', 'gas_fee', 1)).toMatchObject({ counted: 1, quarantined: 0 })
    expect(await take('g2', 'gas_fee', 2)).toMatchObject({ counted: 0, quarantined: 1 })
    await store.state.close(-1, 1, 0)
    expect(await take('g3', 'gas_fee', 1)).toMatchObject({ counted: 0, quarantined: 1 })
    expect(await take('s2', 'subscription', 1)).toMatchObject({ counted: 1, late: 1 })
  })
})

describe('a version races with the end of its era', () => {
  /** Eras close between what `putPolicy` has read and what it writes. */
  function closing(store: Store, through: number): PolicyBooks {
    let closed = false
    return {
      state: store.state,
      policies: {
        read: store.policies.read,
        async add(next) {
          if (!closed) expect(await store.state.close(-1, through, 0)).toBe(true)
          closed = true
          return store.policies.add(next)
        },
      },
    }
  }

  it('is refused when its era has opened meanwhile, and nothing of it is stored', async () => {
    const { store } = await opened()
    await expect(put(closing(store, 4), V2, 5)).rejects.toMatchObject({
      code: 'EraStarted',
      message: expect.stringContaining('era 5 is open, got effectiveFrom 5'),
    })
    expect((await store.state.read())?.policyVersion).toBe(1)
    await expect(store.policies.read(2)).rejects.toMatchObject({ code: 'PolicyNotFound' })
  })

  it('is stored when eras before its own closed meanwhile', async () => {
    const { store } = await opened()
    expect(await put(closing(store, 3), V2, 5)).toMatchObject({ version: 2, effectiveFromEra: 5 })
    expect((await store.state.read())?.openEra).toBe(4)
  })

  it('is stored once, whoever stores it at the same time', async () => {
    const { store } = await opened()
    const other = { ...V2, stages: split('1%', '99%') }
    const same = await Promise.allSettled([V2, V2, other, V2, other].map((policy) => put(store, policy, 5)))
    const stored = await store.policies.read(2)
    const winners = stored.hash === policyHash(V2) ? 3 : 2
    expect(same.filter(({ status }) => status === 'fulfilled')).toHaveLength(winners)
    for (const outcome of same)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'InvalidPolicy' })
    expect((await store.state.read())?.policyVersion).toBe(2)
  })
})
