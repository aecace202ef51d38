import { monotonicFactory } from 'ulid'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { FeeCharged } from '../../../shared/domain/event.ts'
import { shardOf } from '../../../shared/domain/settle.ts'
import { type IngestDeps, ingest } from '../../../shared/ingest/ingest.ts'
import { replay } from '../../../shared/ingest/replay.ts'
import magnet from '../../../shared/policies/magnet-hourly.json' with { type: 'json' }
import { foldShard } from '../../../shared/settlement/fold.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { fee, message, SOURCE } from '../../support/intake.ts'
import { type TestNetwork, testNetwork } from '../../support/network.ts'
import { blockPolicyJson } from '../../support/policies.ts'

const HOUR_MS = 3_600_000
const start = Date.parse(magnet.era.from)
const iso = (hours: number) => new Date(start + hours * HOUR_MS).toISOString()

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine.stop())

async function opened(era: object): Promise<TestNetwork> {
  const network = testNetwork(await engine.another(), { ...magnet, era: { ...magnet.era, ...era } })
  await network.advance(iso(0))
  return network
}

const ingestDeps = (store: IngestDeps['store']): IngestDeps => ({
  store,
  sources: { FeeCharged: [SOURCE] },
  now: () => 0,
  newId: monotonicFactory(),
  warn: () => {},
})

const shardOfFee = (id: string) => shardOf({ name: 'FeeCharged', id }, 4)

it('drops a copy that an operator lets in long after lateness', async () => {
  const network = await opened({ lateness: 'PT2H' })
  const { store } = network
  const deps = ingestDeps(store)
  const original = message('FeeCharged', fee({ id: 'x', amount: '1000', occurredAt: iso(0.5) }))
  expect(await ingest(deps, [original])).toMatchObject({ counted: 1 })
  await network.advance(iso(300))
  await network.run()
  expect(await ingest(deps, [{ ...original, id: 'again' }])).toMatchObject({ quarantined: 1 })
  expect((await replay(deps, { admitLate: true })).replayed).toBe(1)
  // What comes after it to the same shard is of today.
  const id = Array.from({ length: 100 }, (_, i) => `today-${i}`).find(
    (one) => shardOfFee(one) === shardOfFee('x'),
  )
  await ingest(deps, [message('FeeCharged', fee({ id, amount: '7', occurredAt: iso(300.5) }))])
  await network.advance(iso(302))
  await network.run()
  expect((await store.seals.read(0))?.income.total).toBe(1000n)
  expect((await store.seals.read(300))?.income.total).toBe(7n)
  expect((await store.plans.read(300))?.deliveries.duplicates).toBe(1)
})

it('counts nothing that was written while a fold looked for copies in earlier eras', async () => {
  const network = await opened({})
  const { book, store } = network
  const [copied, slow] = Array.from(
    { length: 100 },
    (_, i): FeeCharged => ({
      name: 'FeeCharged',
      id: `f${i}`,
      kind: 'gas_fee',
      amount: 1000n,
      occurredAt: start + HOUR_MS / 2,
    }),
  ).filter((event) => shardOf(event, 4) === 0) as [FeeCharged, FeeCharged]
  await book([copied, slow], 0)
  await network.advance(iso(1))
  await network.run()
  await book([copied], 1)
  await network.advance(iso(2))
  // Once the shard's log is read, and before that of the earlier era is, a fenced writer's segment lands after all.
  let readings = 0
  const log = {
    ...store.log,
    async *segments(era: number, shard: number) {
      readings += 1
      if (readings === 2) await book([slow], 1)
      yield* store.log.segments(era, shard)
    },
  }
  await foldShard({ store: { ...store, log } }, { era: 1, shard: 0 })
  expect(readings).toBe(2)
  await network.run()
  expect((await store.seals.read(0))?.income.total).toBe(2000n)
  expect((await store.seals.read(1))?.income.total).toBe(0n)
})

it('of several that share an id holds a copy against the first that was counted', async () => {
  const network = await opened({ lateness: 'PT2H' })
  const { book, store } = network
  const [first, other, much] = [
    [1_000n, 0.5],
    [2_000n, 0.6],
    [3_000n, 5.5],
  ].map(
    ([amount, hours]): FeeCharged => ({
      name: 'FeeCharged',
      id: 'x',
      kind: 'gas_fee',
      amount: amount as bigint,
      occurredAt: start + Number(hours) * HOUR_MS,
    }),
  ) as [FeeCharged, FeeCharged, FeeCharged]
  await book([first, other], 0)
  await network.advance(iso(5))
  await network.run()
  // Lateness is over: the id is a new one.
  await book([much], 5)
  await network.advance(iso(6))
  await network.run()
  expect((await store.seals.read(5))?.income.total).toBe(3_000n)
  // An operator lets a copy of the first in.
  await book([first], 6)
  await network.advance(iso(7))
  await network.run()
  expect((await store.plans.read(6))?.deliveries).toMatchObject({ duplicates: 1, conflictCount: 0 })
})

it('drops a copy that comes two eras later inside lateness, and refuses one that comes after it', async () => {
  const network = await opened({ lateness: 'PT2H' })
  const { store } = network
  const deps = ingestDeps(store)
  const sent = (id: string, hours: number) =>
    message('FeeCharged', fee({ id, amount: '1000', payer: 'p', occurredAt: iso(hours) }))
  await ingest(deps, [sent('x', 0.5), sent('y', 0.5)])
  await network.advance(iso(2))
  await network.run()
  // One as it was, and one under another date.
  expect(await ingest(deps, [sent('x', 0.5), sent('y', 2.5)])).toMatchObject({ counted: 2, late: 1 })
  await network.advance(iso(3))
  await network.run()
  expect((await store.plans.read(2))?.deliveries).toMatchObject({ duplicates: 1, conflictCount: 1 })
  expect(await ingest(deps, [sent('x', 0.5)])).toMatchObject({ counted: 0, quarantined: 1 })
  expect(await store.quarantine.waiting({ limit: 10 })).toMatchObject([{ rule: 'era.lateness' }])
  const sums = await Promise.all([0, 2].map(async (era) => (await store.seals.read(era))?.income.total))
  expect(sums).toEqual([2000n, 0n])
})

it('in eras by block looks behind an era whose events are all older than what came before it', async () => {
  const era = { blocks: 10, from: 0, clock: 'manual', lateness: 'PT2H' }
  const network = testNetwork(await engine.another(), blockPolicyJson({ era }))
  await network.advance(0)
  const { book, store } = network
  const ids = Array.from({ length: 100 }, (_, i) => `f${i}`).filter((id) => shardOfFee(id) === 0)
  const inBlock = (id: string | undefined, block: number, hours: number): FeeCharged => ({
    name: 'FeeCharged',
    id: id as string,
    kind: 'fee',
    amount: 1000n,
    occurredAt: start + hours * HOUR_MS,
    block,
  })
  const settleWith = async (fee: FeeCharged, number: number): Promise<bigint | undefined> => {
    await book([fee], number)
    await network.advance((number + 1) * 10)
    await network.run()
    return (await store.seals.read(number))?.income.total
  }
  expect(await settleWith(inBlock(ids[0], 5, 10), 0)).toBe(1000n)
  // Let in by an operator: older than what was counted by more than lateness.
  expect(await settleWith(inBlock(ids[1], 15, 1), 1)).toBe(1000n)
  expect(await settleWith(inBlock(ids[2], 25, 10), 2)).toBe(1000n)
  expect(await settleWith(inBlock(ids[0], 35, 10), 3)).toBe(0n)
  expect((await store.plans.read(3))?.deliveries).toMatchObject({ conflictCount: 1 })
})
