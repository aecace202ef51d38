import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parsePosition } from '../../../shared/domain/calendar.ts'
import type { CostIncurred, Event, FeeCharged, MetricReported } from '../../../shared/domain/event.ts'
import { balanceOf } from '../../../shared/domain/page.ts'
import { parsePolicy } from '../../../shared/domain/policy/policy.ts'
import type { Seal } from '../../../shared/domain/seal.ts'
import { allAccounts } from '../../../shared/domain/settle.ts'
import { simulate } from '../../../shared/domain/simulate.ts'
import { creditPartition } from '../../../shared/settlement/credit.ts'
import { decideEra } from '../../../shared/settlement/decide.ts'
import { foldShard } from '../../../shared/settlement/fold.ts'
import { sealEra } from '../../../shared/settlement/seal.ts'
import { weighPartition } from '../../../shared/settlement/weigh.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { settle, type TestNetwork, testNetwork } from '../../support/network.ts'

const HOUR = 3_600_000
const ORIGIN = Date.parse('2026-01-01T00:00:00Z')
const PRESET = JSON.parse(
  readFileSync(new URL('../../../shared/policies/magnet.json', import.meta.url), 'utf8'),
)

/** Magnet's rules with eras of an hour on a manual clock, and a reserve for losses. */
const HOURLY = {
  ...PRESET,
  era: { every: 'PT1H', from: '2026-01-01T00:00:00Z', clock: 'manual', lateness: 'PT3H' },
  minimum: '10',
  groups: { collators: { weight: { metric: 'blocks' }, ifEmpty: '@system-reserve' } },
  genesis: { system: { '@system-reserve': '50' }, accounts: { alice: { balance: '7' } } },
}

const at = (hour: number, minute = 1) => ORIGIN + hour * HOUR + minute * 60_000
const fee = (id: string, hour: number, amount: bigint): FeeCharged => ({
  name: 'FeeCharged',
  id,
  kind: 'gas_fee',
  amount,
  occurredAt: at(hour),
})
const cost = (id: string, hour: number, amount: bigint, payer: string): CostIncurred => ({
  name: 'CostIncurred',
  id,
  kind: 'coretime_bulk',
  amount,
  payer,
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

/** Three eras: a profit, a loss that the reserve cannot cover, and a profit that pays what is owed. */
const EVENTS: Event[] = [
  fee('f1', 0, 1_000n),
  fee('f2', 0, 501n),
  cost('c1', 0, 300n, 'carol'),
  ...['n1', 'n2', 'n3'].map((account, index) => blocks(account, 0, BigInt(index + 1))),
  fee('f3', 1, 100n),
  cost('c2', 1, 900n, 'dave'),
  cost('c3', 1, 33n, 'carol'),
  fee('f4', 2, 5_000n),
  cost('c4', 2, 1n, 'dave'),
  ...['n2', 'n3', 'n4'].map((account) => blocks(account, 2, 5n)),
]

let engine: Engine

beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine.stop())

/** A network in a table of its own. */
async function opened(json: unknown = HOURLY): Promise<TestNetwork> {
  const network = testNetwork(await engine.another(), json)
  await network.advance('2026-01-01T00:00:00Z')
  return network
}

async function sealsOf({ store }: TestNetwork): Promise<Seal[]> {
  const { seals } = await store.reads.seals({ limit: 100 })
  return seals.reverse()
}

async function balancesOf({ store }: TestNetwork): Promise<Record<string, bigint>> {
  const balances: Record<string, bigint> = {}
  for (let partition = 0; partition < 16; partition += 1) {
    for await (const page of store.pages.list(partition)) {
      for (const state of page.accounts) balances[state.account] = balanceOf(state)
    }
  }
  return balances
}

/** What settling in memory says of the same events. */
async function inMemory(json: unknown, events: readonly Event[], hours: number) {
  const policy = parsePolicy(json)
  const { network, eras } = await simulate(policy, json, events, ORIGIN + hours * HOUR)
  const balances = Object.fromEntries(allAccounts(network).map((state) => [state.account, balanceOf(state)]))
  return { seals: eras.map(({ seal }) => seal), balances }
}

describe('settlement over a real table', () => {
  it('says of each era what settling in memory says, to the byte', async () => {
    const network = await opened()
    await network.book(EVENTS)
    await network.advance('2026-01-01T03:00:00Z')
    await network.run()
    const expected = await inMemory(HOURLY, EVENTS, 3)
    expect(await sealsOf(network)).toEqual(expected.seals)
    expect(await balancesOf(network)).toEqual(expected.balances)
    expect(expected.seals.map(({ state }) => state)).toEqual(['DISTRIBUTED', 'LOSS_SHORT', 'DISTRIBUTED'])
    expect(network.published.map(({ detailType }) => detailType)).toEqual([
      'EraSealed',
      'EraSealed',
      'EraSealed',
    ])
  })

  it('gives the same seals when events come twice, shuffled, and in eras that are closed', async () => {
    const network = await opened()
    await network.book([...EVENTS].reverse())
    await network.book(EVENTS)
    await network.advance('2026-01-01T01:00:00Z')
    await network.run()
    // A copy that comes when its era is closed is booked in the next one, and was counted.
    await network.book(
      EVENTS.filter(({ occurredAt }) => occurredAt < at(1, 0)),
      1,
    )
    await network.advance('2026-01-01T03:00:00Z')
    await network.run()
    const expected = await inMemory(HOURLY, EVENTS, 3)
    expect(await sealsOf(network)).toEqual(expected.seals)
    const second = await network.store.plans.read(1)
    expect(second?.deliveries).toEqual({ duplicates: 12 - 6 + 3, conflictCount: 0, conflicts: [] })
  })

  it('counts the first of two that share an id, also across eras, and reports the other', async () => {
    const network = await opened()
    await network.book(EVENTS)
    await network.book([fee('f1', 2, 9_999n)])
    await network.advance('2026-01-01T03:00:00Z')
    await network.run()
    const expected = await inMemory(HOURLY, EVENTS, 3)
    expect(await sealsOf(network)).toEqual(expected.seals)
    expect((await network.store.plans.read(2))?.deliveries.conflicts).toEqual([
      { name: 'FeeCharged', id: 'f1' },
    ])
  })

  it('counts an id again once lateness is over', async () => {
    const network = await opened()
    await network.book([fee('f1', 0, 1_000n), blocks('n1', 0, 1n)])
    await network.book([fee('f1', 9, 1_000n), blocks('n1', 9, 1n)])
    await network.advance('2026-01-01T10:00:00Z')
    await network.run()
    const seals = await sealsOf(network)
    expect(seals.map(({ income }) => income.total)).toEqual([1_000n, 0n, 1_000n])
  })

  it('seals quiet eras as a range, which says of each what settling it would have said', async () => {
    const network = await opened()
    await network.book([fee('f1', 0, 5n), fee('f2', 7, 500n), blocks('n1', 7, 1n)])
    await network.advance('2026-01-01T08:00:00Z')
    await network.run()
    const seals = await sealsOf(network)
    expect(seals.map(({ era, through, state }) => [era, through, state])).toEqual([
      [0, 0, 'CARRIED'],
      [1, 6, 'CARRIED'],
      [7, 7, 'DISTRIBUTED'],
    ])
    const expected = await inMemory(HOURLY, [fee('f1', 0, 5n), fee('f2', 7, 500n), blocks('n1', 7, 1n)], 8)
    expect(await balancesOf(network)).toEqual(expected.balances)
    expect(seals[2]?.system).toEqual(expected.seals[7]?.system)
    expect((await network.store.reads.seal(4))?.era).toBe(1)
    expect(seals[2]?.previousHash).toBe(seals[1]?.hash)
  })

  it('settles once when everything runs twice, side by side', async () => {
    const network = await opened()
    await network.book(EVENTS)
    await network.advance('2026-01-01T03:00:00Z')
    const { store } = network
    for (const era of [0, 1, 2]) {
      const once = () => settle({ store, era, wallNow: () => 0 })
      await Promise.all([once(), once(), once()])
    }
    const expected = await inMemory(HOURLY, EVENTS, 3)
    expect(await sealsOf(network)).toEqual(expected.seals)
    expect(await balancesOf(network)).toEqual(expected.balances)
  })

  it('goes on where a credit stopped near its deadline', async () => {
    const many: Event[] = [
      fee('f1', 0, 123_457n),
      ...Array.from({ length: 400 }, (_, i) => blocks(`n${i}`, 0, BigInt(i + 1))),
    ]
    const network = await opened()
    const { store } = network
    await network.book(many)
    await network.advance('2026-01-01T01:00:00Z')
    const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)
    for (const shard of numbers(4)) await foldShard({ store }, { era: 0, shard })
    for (const partition of numbers(16)) await weighPartition({ store }, { era: 0, partition })
    await decideEra({ store }, { era: 0 })
    let calls = 0
    for (const partition of numbers(16)) {
      let cursor: Awaited<ReturnType<typeof creditPartition>> = { era: 0, partition, done: false }
      while (!cursor.done) {
        calls += 1
        // Time for one batch of pages in each call.
        let asked = 0
        cursor = await creditPartition({ store, remainingMs: () => (asked++ < 18 ? 60_000 : 0) }, cursor)
      }
    }
    expect(calls).toBeGreaterThan(16)
    await sealEra({ store }, { era: 0 })
    const expected = await inMemory(HOURLY, many, 1)
    expect(await sealsOf(network)).toEqual(expected.seals)
    expect(await balancesOf(network)).toEqual(expected.balances)
  })

  it('refuses an era out of order, one that is not closed, and a step whose forerunner is missing', async () => {
    const network = await opened()
    const { store } = network
    await network.book(EVENTS)
    const run = (era: number) => settle({ store, era, wallNow: () => 0 })
    await expect(run(0)).rejects.toMatchObject({ code: 'EraNotClosed' })
    await network.advance('2026-01-01T03:00:00Z')
    await expect(run(1)).rejects.toMatchObject({ code: 'EraOutOfOrder' })
    await expect(decideEra({ store }, { era: 0 })).rejects.toMatchObject({ code: 'StepMissing' })
    await expect(sealEra({ store }, { era: 0 })).rejects.toMatchObject({ code: 'StepMissing' })
  })

  it('keeps the position of an events clock for its grace before it closes an era', async () => {
    let now = 1_000
    const json = { ...HOURLY, era: { ...HOURLY.era, clock: 'events', grace: 'PT5M' } }
    const network = testNetwork(await engine.another(), json, () => now)
    const { store, tickDeps } = network
    const { tick } = await import('../../../shared/settlement/tick.ts')
    await tick(tickDeps, {})
    await network.book(EVENTS)
    await store.clock.observe(at(1), at(1))
    expect((await tick(tickDeps, {})).closedThrough).toBe(-1)
    now += 299_999
    expect((await tick(tickDeps, {})).closedThrough).toBe(-1)
    now += 1
    expect((await tick(tickDeps, {})).closedThrough).toBe(0)
    await store.clock.observe(parsePosition(network.policy.era.calendar, '2026-01-01T02:30:00Z'), at(2))
    await tick(tickDeps, {})
    now += 300_000
    expect((await tick(tickDeps, {})).closedThrough).toBe(1)
    await network.run()
    expect((await store.state.read())?.sealedThrough).toBe(1)
  })
})
