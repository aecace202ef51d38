import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { PAGES, pageOf, partitionOf, partitionOfPage } from '../../../shared/domain/account.ts'
import type { FeeCharged } from '../../../shared/domain/event.ts'
import { noFacts, type Purchase, type ShardTotals } from '../../../shared/domain/facts.ts'
import { emptyPage, newAccount } from '../../../shared/domain/page.ts'
import type { Plan, SystemState } from '../../../shared/domain/plan.ts'
import { parsePolicy, policyHash } from '../../../shared/domain/policy/policy.ts'
import type { Seal } from '../../../shared/domain/seal.ts'
import { noCommandTotals, type PartitionTotals, type WeightRow } from '../../../shared/domain/weights.ts'
import magnet from '../../../shared/policies/magnet.json' with { type: 'json' }
import { connectStore, type Store } from '../../../shared/store/table.ts'
import { type Engine, startEngine } from '../../support/engine.ts'

let engine: Engine
let store: Store
/** Each test has eras of its own. */
let era = 0

beforeAll(async () => {
  engine = await startEngine()
  store = connect()
  await store.opening.open(books())
})
afterAll(() => engine.stop())
beforeEach(() => {
  era += 10
})

function connect(): Store {
  return connectStore({ tableName: engine.tableName, client: engine.client, pause: async () => {} })
}

const state = {
  openEra: 0,
  closedThrough: -1,
  sealedThrough: -1,
  policyVersion: 1,
  shards: 4,
  partitions: 16,
  closedAt: 0,
}
const system: SystemState = {
  version: 0,
  balances: { '@pool': 10n ** 37n },
  history: [],
  latest: 0,
  sealHash: '',
  unfinished: false,
}

function books(json: typeof magnet = magnet) {
  return {
    state,
    system,
    policy: { version: 1, effectiveFrom: 0, hash: policyHash(json), json, policy: parsePolicy(json) },
    pages: [{ ...emptyPage(pageOf('alice')), accounts: [{ ...newAccount('alice'), available: 5n }] }],
  }
}

describe('opening a network', () => {
  it('writes what it begins with, and never again', async () => {
    await store.opening.open({ ...books(), system: { ...system, balances: { '@pool': 0n } } })
    expect(await store.state.read()).toEqual(state)
    expect(await store.system.read()).toEqual(system)
    expect((await store.pages.read(pageOf('alice'))).accounts).toEqual([
      { ...newAccount('alice'), available: 5n },
    ])
    expect(await store.clock.read()).toEqual({ watermark: -1, latest: -1, advancedTo: -1, passed: [] })
    const stored = await store.policies.read(1)
    expect(stored).toEqual(books().policy)
    expect(await store.reads.policy(2)).toBeUndefined()
    await expect(store.policies.read(2)).rejects.toMatchObject({ code: 'PolicyNotFound' })
  })

  it('goes on where it was cut off, but not with another policy', async () => {
    const other = await startEngine()
    try {
      const connection = { tableName: other.tableName, client: other.client }
      const half = connectStore(connection)
      await expect(half.system.read()).rejects.toMatchObject({ code: 'NetworkNotOpen' })
      expect(await half.state.read()).toBeUndefined()
      const { reads } = half
      await expect(reads.page(1)).rejects.toMatchObject({ code: 'NetworkNotOpen' })
      const broken = {
        ...books(),
        pages: [...books().pages, { ...emptyPage(9), accounts: [() => 1] as never }],
      }
      await expect(half.opening.open(broken)).rejects.toMatchObject({ code: 'NotStorable' })
      expect(await half.state.read()).toBeUndefined()
      const changed = { ...magnet, minimum: '1' }
      await expect(half.opening.open(books(changed))).rejects.toMatchObject({ code: 'OpeningConflict' })
      await Promise.all([half.opening.open(books()), connectStore(connection).opening.open(books())])
      expect(await half.state.read()).toEqual(state)
    } finally {
      await other.stop()
    }
  })
})

describe('the state of eras', () => {
  it('is closed by one of many', async () => {
    const before = (await store.state.read())?.closedThrough ?? Number.NaN
    const closed = await Promise.all([1, 2, 3].map((at) => store.state.close(before, era, at)))
    expect(closed.filter(Boolean)).toHaveLength(1)
    const after = await store.state.read()
    expect(after).toMatchObject({ closedThrough: era, openEra: era + 1 })
    expect(await store.state.close(before, era + 1, 0)).toBe(false)
  })
})

describe('the clock', () => {
  it('is raised and never lowered, by many at once', async () => {
    const seen = Array.from({ length: 20 }, (_, i) => [i * 10, 1_000 - i * 10] as const)
    await Promise.all(seen.map(([watermark, latest]) => store.clock.observe(watermark, latest)))
    expect(await store.clock.read()).toMatchObject({ watermark: 190, latest: 1_000 })
    await store.clock.observe(5, 5)
    await store.clock.observe(-1, 2_000)
    expect(await store.clock.read()).toMatchObject({ watermark: 190, latest: 2_000 })
  })

  it('is advanced and never set back', async () => {
    await store.clock.advance(500)
    await store.clock.advance(400)
    await store.clock.recordPassed([{ era: 3, at: 77 }])
    const clock = await store.clock.read()
    expect(clock).toMatchObject({ advancedTo: 500, passed: [{ era: 3, at: 77 }] })
    expect(await store.reads.clock()).toEqual(clock)
  })
})

const fee = (id: string, details?: string): FeeCharged => ({
  name: 'FeeCharged',
  id,
  kind: 'gas_fee',
  amount: 10n ** 18n,
  occurredAt: 1_000,
  ...(details !== undefined && { details }),
})

describe('the log', () => {
  it('gives back what was appended, in order, large segments in several items', async () => {
    expect(await store.log.isEmpty(era, 4)).toBe(true)
    const incompressible = () => JSON.stringify(randomBytes(3_000).toString('base64'))
    const events = Array.from({ length: 200 }, (_, i) => fee(`fee-${i}`, incompressible()))
    const hashes = events.map((_, i) => BigInt(i) << 40n)
    expect(await store.log.append([{ era, shard: 3, events, hashes, earliest: 1_000 }])).toEqual([undefined])
    await store.log.append([{ era, shard: 3, events: [fee('last')], hashes: [7n], earliest: 900 }])
    const segments = []
    for await (const segment of store.log.segments(era, 3)) segments.push(segment)
    expect(segments.length).toBeGreaterThan(3)
    expect(segments.map(({ ulid }) => ulid)).toEqual(segments.map(({ ulid }) => ulid).sort())
    expect(segments.flatMap((segment) => segment.events())).toEqual([...events, fee('last')])
    expect(segments.flatMap((segment) => [...segment.hashes])).toEqual([...hashes, 7n])
    for (const segment of segments) expect(segment.hashes).toHaveLength(segment.events().length)
    expect([segments[0]?.earliest, segments.at(-1)?.earliest]).toEqual([1_000, 900])
    expect(await store.log.isEmpty(era, 4)).toBe(false)
    expect(await store.log.isEmpty(era, 3)).toBe(true)
  })

  it('refuses an event too large for an item', async () => {
    const events = [fee('large', randomBytes(300_000).toString('base64'))]
    const tooLarge = { era, shard: 0, events, hashes: [1n], earliest: 1_000 }
    await expect(store.log.append([tooLarge])).rejects.toMatchObject({
      code: 'ItemTooLarge',
    })
  })
})

const totals: ShardTotals = {
  counted: { FeeCharged: 2 },
  duplicates: 1,
  late: 0,
  conflictCount: 0,
  conflicts: [],
  income: { gas_fee: { count: 2, charged: 10n ** 37n, admitted: 5n, deferred: 0n } },
  rests: { '@operator': 5n },
  costs: {},
  sequences: {},
  latest: 1_000,
  digest: 'ab',
}

describe('a fold', () => {
  const seen = (hashes: bigint[]) => ({ era, latest: 1_000, hashes: BigUint64Array.from(hashes) })
  const purchase = (id: string): Purchase => ({ id, buyer: 'bob', kind: 'x', amount: 1n, occurredAt: 5, era })

  it('is frozen by the first of many, whose facts everybody then reads', async () => {
    const fold = (amount: bigint) => ({
      totals: { ...totals, duplicates: Number(amount) },
      facts: new Map([[7, { ...noFacts(), costs: [{ account: 'bob', amount }] }]]),
      purchases: [purchase(`p-${amount}`)],
      seen: seen([amount]),
    })
    const headers = await Promise.all(
      [1n, 2n, 3n].map((amount) => connect().folds.commit(era, 0, fold(amount))),
    )
    const winner = headers[0]
    expect(winner).toBeDefined()
    if (!winner) return
    expect(headers).toEqual([winner, winner, winner])
    expect(await store.folds.read(era, 0)).toEqual(winner)
    const counted = BigInt(winner.totals.duplicates)
    expect(await store.folds.facts(era, 7, [winner])).toEqual([
      { ...noFacts(), costs: [{ account: 'bob', amount: counted }] },
    ])
    expect(await store.folds.facts(era, 6, [winner])).toEqual([])
    expect(await store.folds.purchases(era, 0, winner)).toEqual([purchase(`p-${counted}`)])
    for await (const found of store.folds.seen(0, era + 1)) {
      expect(found).toEqual(seen([counted]))
      break
    }
    expect(await store.reads.isSettling(era)).toBe(true)
    expect(await store.reads.isSettling(era + 1)).toBe(false)
  })

  it('may be of any size', async () => {
    const hashes = Array.from({ length: 60_000 }, () => randomBytes(8).readBigUInt64LE())
    const costs = Array.from({ length: 30_000 }, () => ({
      account: `0x${randomBytes(20).toString('hex')}`,
      amount: randomBytes(8).readBigUInt64LE(),
    }))
    const sequences = { lane: Array.from({ length: 100_000 }, () => randomBytes(6).readUIntLE(0, 6)) }
    const header = await store.folds.commit(era, 1, {
      totals: { ...totals, sequences },
      facts: new Map([[2, { ...noFacts(), costs }]]),
      purchases: [],
      seen: seen(hashes),
    })
    expect(header.chunks[2]).toBeGreaterThan(2)
    expect(await store.folds.read(era, 1)).toEqual(header)
    expect(header.totals.sequences).toEqual(sequences)
    expect((await store.folds.facts(era, 2, [{ ...header, chunks: {} }, header]))[0]?.costs).toEqual(costs)
    for await (const found of store.folds.seen(1, era + 1)) {
      expect(found.hashes).toEqual(BigUint64Array.from(hashes))
      break
    }
  })

  it('is looked back at from the newest, era by era', async () => {
    for (let back = 0; back < 20; back++) {
      const of = { era: era * 100 - back, latest: 0, hashes: new BigUint64Array() }
      await store.folds.commit(of.era, 2, { totals, facts: new Map(), purchases: [], seen: of })
    }
    const eras = []
    for await (const found of store.folds.seen(2, era * 100)) eras.push(found.era)
    expect(eras).toEqual(Array.from({ length: 19 }, (_, back) => era * 100 - 1 - back))
  })
})

describe('weights', () => {
  const partitionTotals = (rows: number): PartitionTotals => ({
    sums: [BigInt(rows)],
    income: {},
    costs: {},
    refunds: {},
    commands: noCommandTotals(),
    direct: { rest: 0n, vested: 0n },
    system: [],
    unfinished: false,
  })
  const rows = (count: number): WeightRow[] =>
    Array.from({ length: count }, (_, i) => ({
      account: `account-${randomBytes(16).toString('base64url').replaceAll(/[_-]/g, 'x')}-${i}`,
      weights: [randomBytes(8).readBigUInt64LE(), 0n],
      caps: [],
      direct: i % 7 === 0 ? [{ why: 'rest', amount: 3n }] : [],
      ...(i % 3 === 0 && { roles: [{ group: 'collators', status: 'active', at: 5 }] }),
    }))

  it('are frozen by the first, with what goes on after the era', async () => {
    const spread = {
      of: 'FeeCharged',
      id: 'f',
      account: 'bob',
      kind: 'x',
      amount: 9n,
      from: 0,
      to: 9,
      recognised: 1n,
    } as const
    const many = rows(20_000)
    expect(await store.weights.carried(era, 5)).toEqual({ spreads: [], endings: [] })
    const carried = { spreads: [spread], endings: [] }
    const header = await store.weights.commit(era, 5, {
      rows: many,
      totals: partitionTotals(20_000),
      carried,
    })
    expect(header.chunks).toBeGreaterThan(2)
    const second = await connect().weights.commit(era, 5, {
      rows: rows(1),
      totals: partitionTotals(1),
      carried: { spreads: [], endings: [] },
    })
    expect(second).toEqual(header)
    const read = []
    for await (const row of store.weights.rows(era, 5, header)) read.push(row)
    expect(read).toEqual(many)
    expect(await store.weights.carried(era, 5)).toEqual({ spreads: [], endings: [] })
    expect(await store.weights.carried(era + 9, 5)).toEqual(carried)
  })
})

describe('pages', () => {
  it('change by version, one of many at a time', async () => {
    const page = { ...emptyPage(77), accounts: [newAccount('bob')] }
    const tries = await Promise.all(
      [1n, 2n, 3n].map((available) =>
        store.pages.replace({ ...page, version: 1, accounts: [{ ...newAccount('bob'), available }] }),
      ),
    )
    expect(tries.filter(Boolean)).toHaveLength(1)
    const stored = await store.pages.read(77)
    expect(await store.pages.replace({ ...stored, version: 3 })).toBe(false)
    expect(await store.pages.replace({ ...stored, version: 2 })).toBe(true)
    expect(await store.pages.replace({ ...stored, version: 2 })).toBe(false)
    expect(await store.pages.read(78)).toEqual(emptyPage(78))
  })

  it('of the genesis change like any other', async () => {
    const genesis = await store.pages.read(pageOf('alice'))
    expect(await store.pages.replace({ ...genesis, version: 1, creditedThrough: 0 })).toBe(true)
    expect(await store.pages.replace({ ...genesis, version: 1, creditedThrough: 1 })).toBe(false)
    expect(await store.reads.page(pageOf('alice'))).toMatchObject({ version: 1, creditedThrough: 0 })
  })

  it('are listed in order, partition by partition', async () => {
    const partition = 15
    const numbers = [PAGES - 1, PAGES - 1_024, PAGES - 2, PAGES - 1_000]
    expect(numbers.map((page) => partitionOfPage(page, 16))).toEqual([15, 15, 15, 15])
    for (const page of numbers) await store.pages.replace({ ...emptyPage(page), version: 1 })
    const listed = []
    for await (const { page } of store.pages.list(partition)) listed.push(page)
    expect(listed).toEqual(expect.arrayContaining(numbers))
    expect(listed).toEqual([...listed].sort((a, b) => a - b))
  })
})

describe('statements', () => {
  it('are written once, listed, and read by account', async () => {
    const page = pageOf('alice')
    const row = {
      account: 'alice',
      lines: [{ why: 'rest', amount: 3n }],
      capped: [],
      credited: 3n,
      owed: 0n,
      dues: {},
    }
    const statement = { era, page, at: 55, releaseAt: 99, rows: [row] }
    const partition = partitionOf('alice', 16)
    expect(await store.statements.commit(partition, statement)).toEqual(statement)
    expect(await store.statements.commit(partition, { ...statement, rows: [] })).toEqual(statement)
    const listed = []
    for await (const one of store.statements.list(era, partition)) listed.push(one)
    expect(listed).toEqual([statement])
    expect(await store.reads.statement(era, 'alice')).toEqual({ row, releaseAt: 99 })
    expect(await store.reads.statement(era + 1, 'alice')).toBeUndefined()
    expect(await store.reads.statement(era, 'bob')).toBeUndefined()
    const credit = { credited: 3n, accounts: 1, overflow: {}, owed: 0n, paid: {}, largest: [], digest: 'x' }
    expect(await store.statements.readCredit(era, partition)).toBeUndefined()
    await store.statements.commitCredit(era, partition, credit)
    expect(await store.statements.commitCredit(era, partition, { ...credit, credited: 4n })).toEqual(credit)
  })
})

describe('plans', () => {
  it('are written once', async () => {
    const plan = { era, state: 'CARRIED', net: -5n } as Plan
    expect(await store.plans.commit(plan)).toEqual(plan)
    expect(await connect().plans.commit({ ...plan, net: 6n })).toEqual(plan)
    expect(await store.reads.plan(era)).toEqual(plan)
    expect(await store.plans.read(era + 1)).toBeUndefined()
  })
})

describe('seals', () => {
  const seal = (first: number, through = first, hash = 'h'): Seal =>
    ({ era: first, through, hash, net: 7n }) as Seal

  it('move SEAL, SYSTEM and STATE together, once', async () => {
    const closed = (await store.state.read())?.closedThrough ?? -1
    await store.state.close(closed, 1_000, 0)
    const next = { ...system, version: 1, balances: { '@pool': 1n } }
    expect(await store.seals.last()).toBeUndefined()
    await expect(store.seals.commit(seal(5), next)).rejects.toMatchObject({ code: 'InvariantBroken' })
    await expect(store.seals.commit(seal(0), { ...next, version: 2 })).rejects.toMatchObject({
      code: 'InvariantBroken',
    })
    await expect(store.seals.commit(seal(0, 1_001), next)).rejects.toMatchObject({ code: 'InvariantBroken' })
    expect(await store.system.read()).toEqual(system)

    const both = await Promise.all(['a', 'b'].map((hash) => connect().seals.commit(seal(0, 0, hash), next)))
    expect(both[0]).toEqual(both[1])
    expect(await store.seals.commit(seal(0, 0, 'c'), next)).toEqual(both[0])
    expect(await store.system.read()).toEqual(next)
    expect((await store.state.read())?.sealedThrough).toBe(0)

    await store.seals.commit(seal(1, 4), { ...next, version: 2 })
    await store.seals.commit(seal(5), { ...next, version: 3 })
    expect(await store.seals.last()).toEqual(seal(5))
    for (const covered of [1, 3, 4]) expect(await store.seals.read(covered)).toEqual(seal(1, 4))
    expect(await store.seals.read(6)).toBeUndefined()
  })

  it('are listed newest first, page by page', async () => {
    const first = await store.reads.seals({ limit: 2 })
    expect(first).toEqual({ seals: [seal(5), seal(1, 4)], next: 1 })
    const second = await store.reads.seals({ before: first.next, limit: 2 })
    expect(second.seals.map((one) => one.era)).toEqual([0])
    expect(second.next).toBeUndefined()
    expect(await store.reads.seal(2)).toEqual(seal(1, 4))
  })
})

describe('purchases', () => {
  it('are the first of their id, and found by buyer page by page', async () => {
    const buyer = `buyer-${era}`
    const purchase = (i: number): Purchase => ({
      id: `p ${era} ${i}`,
      buyer,
      kind: 'x',
      amount: 1n,
      occurredAt: i,
      era,
    })
    await store.purchases.putAll([0, 1, 2, 3, 4].map(purchase))
    await store.purchases.putAll([{ ...purchase(0), amount: 2n, buyer: 'other' }])
    expect(await store.reads.purchase(purchase(0).id)).toEqual(purchase(0))
    expect(await store.reads.purchase('none')).toBeUndefined()
    const found = []
    let cursor: string | undefined
    do {
      const { purchases, next } = await store.reads.purchasesByBuyer(buyer, { cursor, limit: 2 })
      found.push(...purchases)
      cursor = next
    } while (cursor !== undefined)
    expect(found.map(({ id }) => id).sort()).toEqual([0, 1, 2, 3, 4].map((i) => purchase(i).id))
    await expect(store.reads.purchasesByBuyer(buyer, { cursor: 'ü', limit: 1 })).rejects.toMatchObject({
      code: 'InvalidCursor',
    })
  })
})

describe('running totals', () => {
  it('add up', async () => {
    const counts = {
      income: new Map([['gas_fee', { count: 2, amount: 10n ** 37n }]]),
      costs: new Map([['core.time-1', { count: 1, amount: 0n }]]),
    }
    await Promise.all([store.running.add(era, counts), store.running.add(era, counts)])
    expect(await store.reads.running(era)).toEqual({
      income: { gas_fee: { count: 4, amount: 2n * 10n ** 37n } },
      costs: { 'core.time-1': { count: 2, amount: 0n } },
    })
    expect(await store.reads.running(era + 1)).toEqual({ income: {}, costs: {} })
  })
})
