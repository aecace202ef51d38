import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { simulatePolicy } from '../../../shared/api/simulations.ts'
import { compareEra } from '../../../shared/domain/compare.ts'
import type { Event } from '../../../shared/domain/event.ts'
import { parsePolicy, policyHash } from '../../../shared/domain/policy/policy.ts'
import { openNetwork, type SettledEra, settleEra } from '../../../shared/domain/settle.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { type TestNetwork, testNetwork } from '../../support/network.ts'
import { fail, type Request, read } from './gateway.ts'

/** What a policy would have done to the last era, through the handler, over a network settled on a real table. */

const POST = 'POST /policy/simulations'
const claims = { scope: 'policy:write' }
const HOUR = 3_600_000
const ORIGIN = Date.UTC(2026, 0, 1)

const profit = (shares: Record<string, string>) => ({
  id: 'profit',
  from: '@reserve',
  split: Object.entries(shares).map(([id, share]) => ({ id, to: `group:${id}`, share })),
  rest: '@treasury',
})
/** Costs are paid back, rent is due, what is left goes to makers, holders and savers. */
const V1 = {
  network: 'simulated',
  version: 1,
  asset: { symbol: 'T', decimals: 0 },
  era: { every: 'PT1H', from: '2026-01-01T00:00:00Z', clock: 'manual', lateness: 'PT6H' },
  income: { gas: {}, subscription: { recognise: 'ratable' }, tips: {} },
  costs: { power: {} },
  base: 'net',
  loss: { from: '@treasury' },
  stages: [
    {
      id: 'dues',
      from: '@pool',
      take: [{ id: 'rent', to: 'group:hosts', obligation: 'rent' }],
      rest: '@reserve',
    },
    profit({ makers: '70%', holders: '20%', savers: '5%' }),
  ],
  groups: {
    hosts: { weight: { metric: 'made' }, ifEmpty: '@treasury' },
    makers: { weight: { metric: 'made' }, members: 'registered', ifEmpty: '@treasury' },
    holders: { weight: { metric: 'held' }, ifEmpty: '@treasury' },
    savers: { weight: { metric: 'balance' }, ifEmpty: '@treasury' },
  },
  metrics: { held: 'last' },
  genesis: { accounts: { hal: { balance: '1000' }, ida: { balance: '11' } } },
}
const { genesis: _, ...later } = V1
/** Makers get less, holders more; tips are not taken any more, and holders count by what they have. */
const V2 = {
  ...later,
  version: 2,
  income: { gas: {}, subscription: {} },
  stages: [V1.stages[0], profit({ makers: '40%', holders: '60%' })],
  groups: { ...V1.groups, holders: { weight: { metric: 'balance' }, ifEmpty: '@treasury' } },
}

let minute = 0
const base = (id: string, era: number) => ({ id, occurredAt: ORIGIN + era * HOUR + (minute++ % 60) * 1_000 })
const fee = (id: string, era: number, amount: bigint, more = {}): Event => ({
  ...base(id, era),
  name: 'FeeCharged',
  kind: 'gas',
  amount,
  ...more,
})
const cost = (id: string, era: number, payer: string, amount: bigint): Event => ({
  ...base(id, era),
  name: 'CostIncurred',
  kind: 'power',
  payer,
  amount,
})
const metric = (account: string, era: number, name: string, value: bigint): Event => ({
  ...base(`${account}-${name}-${era}`, era),
  name: 'MetricReported',
  account,
  metric: name,
  value,
})
const role = (account: string, era: number, status: 'active' | 'left'): Event => ({
  ...base(`${account}-${era}`, era),
  name: 'ParticipantChanged',
  account,
  group: 'makers',
  status,
})
const due = (id: string, era: number, account: string, amount: bigint): Event => ({
  ...base(id, era),
  name: 'ObligationDue',
  account,
  obligation: 'rent',
  amount,
})

const twice = fee('f1', 0, 500n)
/** A subscription that runs on; a loss that leaves costs and dues open; and a profit, with an event told twice. */
const ERAS: Event[][] = [
  [
    twice,
    fee('s1', 0, 4_000n, { kind: 'subscription', spread: { from: ORIGIN, to: ORIGIN + 4 * HOUR } }),
    ...['ann', 'bob', 'cat'].flatMap((account, i) => [
      role(account, 0, 'active'),
      metric(account, 0, 'made', BigInt(i + 1)),
    ]),
    metric('hal', 0, 'held', 5n),
  ],
  [
    cost('c1', 1, 'ann', 3_333n),
    cost('c2', 1, 'dan', 1_000n),
    due('d1', 1, 'eve', 700n),
    due('d2', 1, 'fay', 77n),
  ],
  [
    twice,
    fee('f2', 2, 9_001n),
    fee('t1', 2, 123n, { kind: 'tips' }),
    role('bob', 2, 'left'),
    due('d3', 2, 'eve', 10n),
    ...['ann', 'bob', 'cat'].map((account, i) => metric(account, 2, 'made', BigInt(i + 3))),
    metric('ida', 2, 'held', 1n),
    metric('hal', 2, 'held', 4n),
  ],
]

/** The eras in memory; the last under `last`. */
async function inMemory(last: object): Promise<SettledEra> {
  const network = openNetwork(parsePolicy(V1), policyHash(V1))
  let settled: SettledEra | undefined
  for (const [era, events] of ERAS.entries()) {
    const isLast = era === ERAS.length - 1
    if (isLast) network.policy = parsePolicy(last)
    const known = network.policy.income.tips ? events : events.filter(({ id }) => id !== 't1')
    settled = await settleEra(network, era, known)
  }
  return settled as SettledEra
}

let engine: Engine
let network: TestNetwork
let handler: unknown
const simulate = (policy: object, more: Request = {}) =>
  ({ body: { policy }, claims, ...more }) satisfies Request

beforeAll(async () => {
  engine = await startEngine()
  vi.stubEnv('TABLE_NAME', engine.tableName)
  vi.stubEnv('AWS_ENDPOINT_URL', engine.endpoint)
  vi.stubEnv('AWS_REGION', 'eu-west-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT')
  handler = (await import('../../../functions/api/simulations.ts')).handler
  network = testNetwork(engine, V1)
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await engine.stop()
})

describe('a policy', () => {
  it('is simulated once a network has settled something', async () => {
    expect(await fail(handler, POST, simulate(V2))).toMatchObject({ status: 503 })
    await network.advance('2026-01-01T00:00:00Z')
    expect(await fail(handler, POST, simulate(V2))).toMatchObject({ status: 409 })
    for (const [era, events] of ERAS.entries()) await network.book(events, era)
    // The eras after the third are quiet but for the subscription, and count nothing.
    await network.advance('2026-01-01T06:00:00Z')
    await network.run()
    expect((await network.store.state.read())?.sealedThrough).toBe(5)
  })

  it('needs the scope, and must be a policy of this network', async () => {
    expect(await fail(handler, POST, simulate(V2, { claims: { scope: 'policy:read' } }))).toMatchObject({
      status: 403,
    })
    const other = { ...V2, asset: { symbol: 'ELSE', decimals: 0 }, minimum: 'x' }
    expect((await fail(handler, POST, simulate(other))).issues?.map(({ path }) => path)).toEqual(['minimum'])
    const elsewhere = { ...V2, asset: { symbol: 'ELSE', decimals: 0 } }
    expect((await fail(handler, POST, simulate(elsewhere))).issues?.map(({ path }) => path)).toEqual([
      'asset.symbol',
    ])
  })

  it('that rules already changes nothing, and settling the era again gives its seal', async () => {
    const body = await read(handler, POST, simulate(V1))
    expect(body).toMatchObject({
      era: 2,
      isReproduced: true,
      events: 9,
      leftOut: { count: 0 },
      policy: { version: 1, hash: policyHash(V1) },
    })
    expect(body.accounts).toMatchObject({ gained: { count: 0 }, lost: { count: 0 }, largest: [] })
    expect(body.accounts.unchanged).toBeGreaterThan(4)
  })

  it('that is another shows who gains and who loses, as settling by it would have', async () => {
    const body = await read(handler, POST, simulate(V2))
    const expected = compareEra(await inMemory(V1), await inMemory(V2))
    const plain = (changes: { before: { amount: string }; after: { amount: string } }[]) =>
      changes.map(({ before, after }) => [BigInt(before.amount), BigInt(after.amount)])
    const changed = expected.accounts.filter(({ before, after }) => before !== after)
    expect(body).toMatchObject({ isReproduced: true, state: { before: 'DISTRIBUTED', after: 'DISTRIBUTED' } })
    expect(body.leftOut).toEqual({
      count: 1,
      first: [
        {
          name: 'FeeCharged',
          id: 't1',
          rule: 'kind',
          message: 'the policy has no income of this kind',
          value: '"tips"',
        },
      ],
    })
    expect(plain(body.lines)).toEqual(expected.lines.map(({ before, after }) => [before, after]))
    expect(plain(body.system)).toEqual(expected.system.map(({ before, after }) => [before, after]))
    expect(body.accounts.largest.map(({ account }: { account: string }) => account)).toEqual(
      changed.map(({ account }) => account),
    )
    expect(plain(body.accounts.largest)).toEqual(changed.map(({ before, after }) => [before, after]))
    expect(body.accounts.gained.count + body.accounts.lost.count).toBe(changed.length)
    const { gained, lost } = body.accounts
    const inSum = changed.reduce((sum, { before, after }) => sum + after - before, 0n)
    expect(BigInt(gained.total.amount) + BigInt(lost.total.amount)).toBe(inSum)
  })

  it('stores nothing', async () => {
    const [state, system] = [await network.store.state.read(), await network.store.system.read()]
    await read(handler, POST, simulate(V2))
    expect(await network.store.state.read()).toEqual(state)
    expect(await network.store.system.read()).toEqual(system)
    await expect(network.store.policies.read(2)).rejects.toMatchObject({ code: 'PolicyNotFound' })
  })

  it('is not simulated on an era too large to be settled while a caller waits', async () => {
    const { store } = network
    const large = {
      ...store,
      plans: {
        ...store.plans,
        async read(era: number) {
          const plan = await store.plans.read(era)
          return plan && { ...plan, counted: { FeeCharged: 100_001 } }
        },
      },
    }
    await expect(simulatePolicy(large, { body: { policy: V2 as never } })).rejects.toMatchObject({
      code: 'TooMuchToSimulate',
      message: expect.stringContaining('at most 100000 events, and era 2 has more'),
    })
  })
})
