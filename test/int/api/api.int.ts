import { GetItemCommand, type GetItemCommandOutput } from '@aws-sdk/client-dynamodb'
import { ulid } from 'ulid'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { readBalance } from '../../../shared/api/balance.ts'
import { connectReader } from '../../../shared/api/network.ts'
import type { RouteKey } from '../../../shared/api/operations.ts'
import type { Purchase } from '../../../shared/domain/facts.ts'
import type { Quarantined } from '../../../shared/ingest/ports.ts'
import { connectStore } from '../../../shared/store/table.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { ORIGIN, policyJson } from '../../unit/api/settled-network.ts'
import { openBooks, settleBooks } from './books.ts'
import { ask, fail, type Request, read, walk } from './gateway.ts'

const BALANCE = 'GET /accounts/{account}/balance'
const STATEMENT = 'GET /accounts/{account}/statement'
const RECEIPT = 'GET /accounts/{account}/receipt'
const operator = { scope: 'network:operate quarantine:read' }

const purchases: Purchase[] = ['p 1', 'p/2?#%', 'p3', 'p4', 'p5'].map((id, index) => ({
  id,
  buyer: index === 2 ? 'bob' : 'ann',
  kind: 'coretime_bulk',
  amount: BigInt(10 ** index),
  occurredAt: ORIGIN,
  era: 0,
  details: '{"cores":2}',
}))

const quarantined: Quarantined[] = ['"1.5"', '"-3"', '"007"'].map((value, index) => ({
  id: ulid(ORIGIN + index),
  rule: 'amount',
  message: 'an amount is a whole number',
  value,
  form: 'event',
  original: `{"id":"q${index}","amount":${value}}`,
  source: 'exchequer.sample',
  detailType: 'FeeCharged',
  messageId: `m${index}`,
  receivedAt: ORIGIN + index,
  status: 'waiting',
}))

let engine: Engine

/** The handlers as a new function instance loads them, on a table of one's choice. */
async function load(tableName: string) {
  vi.resetModules()
  vi.stubEnv('TABLE_NAME', tableName)
  const modules = await Promise.all([
    import('../../../functions/api/accounts.ts'),
    import('../../../functions/api/eras.ts'),
    import('../../../functions/api/purchases.ts'),
    import('../../../functions/api/network.ts'),
    import('../../../functions/api/quarantine.ts'),
    import('../../../functions/api/not-found.ts'),
  ])
  const [accounts, eras, bought, network, refused, notFound] = modules.map(
    ({ handler }) => handler as unknown,
  )
  return { accounts, eras, bought, network, refused, notFound }
}

let handlers: Awaited<ReturnType<typeof load>>

beforeAll(async () => {
  engine = await startEngine()
  vi.stubEnv('AWS_ENDPOINT_URL', engine.endpoint)
  vi.stubEnv('AWS_REGION', 'eu-west-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT')
  const store = connectStore({ tableName: engine.tableName, client: engine.client })
  await openBooks(store)
  await settleBooks(store)
  await store.running.add(7, {
    income: new Map([['gas_fee', { count: 2, amount: 77n }]]),
    costs: new Map([['coretime_bulk', { count: 1, amount: 5n }]]),
  })
  await store.purchases.putAll(purchases)
  await store.quarantine.put(quarantined)
  handlers = await load(engine.tableName)
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await engine.stop()
})

describe('an account', () => {
  it('has a balance', async () => {
    const body = await read(handlers.accounts, BALANCE, { path: { account: 'bob' } })
    expect(body.available).toEqual({ ...body.total, asset: 'DOT18', decimals: 18 })
    expect(body).toMatchObject({ account: 'bob', pending: { amount: '0' }, asOf: { sealedThrough: 6 } })
  })

  it('has a balance that is one item and at most one read unit', async () => {
    const reads: GetItemCommandOutput[] = []
    const { client, tableName } = engine
    const send = client.send.bind(client) as (command: unknown) => Promise<unknown>
    const counted = Object.assign(Object.create(client), {
      async send(command: unknown) {
        if (!(command instanceof GetItemCommand)) throw new Error('a balance is read by key')
        command.input.ReturnConsumedCapacity = 'TOTAL'
        const answer = (await send(command)) as GetItemCommandOutput
        reads.push(answer)
        return answer
      },
    })
    const reader = connectReader(connectStore({ tableName, client: counted }).reads, () => ORIGIN)
    await readBalance(reader, { account: 'bob' })
    reads.length = 0
    await readBalance(reader, { account: 'bob' })
    expect(reads).toHaveLength(1)
    expect(reads[0]?.ConsumedCapacity?.CapacityUnits).toBeLessThanOrEqual(1)
  })

  it('has a statement, newest era first', async () => {
    const rows = await walk(handlers.accounts, STATEMENT, 'rows', 1, { path: { account: 'ann' } })
    expect(rows.map(({ era, state }) => [era, state])).toEqual([
      [1, 'available'],
      [0, 'available'],
    ])
    expect((await read(handlers.accounts, STATEMENT, { path: { account: 'ann' } })).rows).toEqual(rows)
  })

  it('has a receipt that its statement agrees with', async () => {
    const path = { account: 'late-comer' }
    const [row] = (await read(handlers.accounts, STATEMENT, { path, query: { era: '1' } })).rows
    const receipt = await read(handlers.accounts, RECEIPT, { path, query: { era: '1' } })
    expect(receipt.credited).toEqual(row.credited)
    for (const { numbers, amount } of receipt.shares) {
      const [T, W, C, w] = ['T', 'W', 'C', 'w'].map((name) => BigInt(numbers[name])) as [
        bigint,
        bigint,
        bigint,
        bigint,
      ]
      expect((T * C) / W - (T * (C - w)) / W).toBe(BigInt(amount.amount))
    }
  })
})

describe('eras', () => {
  it('are listed newest first', async () => {
    const eras = await walk(handlers.eras, 'GET /eras', 'eras', 2)
    expect(eras.map(({ era }) => era)).toEqual([3, 2, 1, 0])
  })

  it('chain their seals', async () => {
    const [first, second] = await Promise.all(
      ['0', '1'].map((n) => read(handlers.eras, 'GET /eras/{n}', { path: { n } })),
    )
    expect(second.seal.previousHash).toBe(first.seal.hash)
    expect(first.income.kinds.gas_fee.charged).toEqual({ amount: '1000', asset: 'DOT18', decimals: 18 })
  })

  it('in which nothing moved answer as themselves, by the seal of their range', async () => {
    const inside = await read(handlers.eras, 'GET /eras/{n}', { path: { n: '5' } })
    expect(inside).toMatchObject({
      era: 5,
      from: '2026-01-01T05:00:00Z',
      to: '2026-01-01T06:00:00Z',
      seal: { era: 3, through: 6 },
      credits: { accounts: 0 },
    })
    const query = { era: '5' }
    expect((await read(handlers.accounts, STATEMENT, { path: { account: 'ann' }, query })).rows).toEqual([])
    expect((await fail(handlers.accounts, RECEIPT, { path: { account: 'ann' }, query })).type).toContain(
      'no-statement',
    )
  })

  it('have running totals while they are open', async () => {
    expect(await read(handlers.eras, 'GET /eras/current')).toMatchObject({
      era: 7,
      provisional: true,
      income: { count: 2, charged: { amount: '77' } },
      cost: { count: 1, total: { amount: '5' } },
      unsealed: [],
    })
  })
})

describe('purchases', () => {
  it('are listed by buyer, in as many answers as it takes', async () => {
    const rows = await walk(handlers.bought, 'GET /purchases', 'purchases', 1, { query: { buyer: 'ann' } })
    expect(rows.map(({ id }) => id).sort()).toEqual(['p 1', 'p/2?#%', 'p4', 'p5'])
    expect((await read(handlers.bought, 'GET /purchases', { query: { buyer: 'nobody' } })).purchases).toEqual(
      [],
    )
  })

  it('are found by any id', async () => {
    for (const { id, amount } of purchases) {
      expect(await read(handlers.bought, 'GET /purchases/{id}', { path: { id } })).toMatchObject({
        id,
        amount: { amount: amount.toString() },
        details: { cores: 2 },
      })
      expect((await read(handlers.bought, 'GET /purchases', { query: { id } })).purchases).toHaveLength(1)
    }
  })
})

describe('the network', () => {
  it('shows its policy', async () => {
    const current = await read(handlers.network, 'GET /policy')
    expect(current.policy).toEqual(policyJson)
    const { pending, ...ruling } = current
    expect(pending).toEqual([])
    expect(await read(handlers.network, 'GET /policy/versions/{n}', { path: { n: '1' } })).toEqual(ruling)
  })

  it('describes its API', async () => {
    expect((await read(handlers.network, 'GET /openapi.json')).openapi).toBe('3.1.1')
  })
})

describe('quarantine', () => {
  it('lists what was not booked, newest first, to who has the scope', async () => {
    const events = await walk(handlers.refused, 'GET /quarantine', 'events', 2, { claims: operator })
    expect(events.map(({ id }) => id)).toEqual(quarantined.map(({ id }) => id).reverse())
    expect(events[2]).toMatchObject({
      reason: { rule: 'amount', value: '"1.5"' },
      original: '{"id":"q0","amount":"1.5"}',
      status: 'waiting',
    })
  })
})

describe('a bad request', () => {
  const foreign = async () =>
    (await read(handlers.eras, 'GET /eras', { query: { limit: '1' } })).next as string
  const bad: [string, keyof typeof handlers, RouteKey, Request, string, string][] = [
    ['unknown account', 'accounts', BALANCE, { path: { account: 'nobody' } }, 'unknown-account', '"nobody"'],
    ['system account', 'accounts', BALANCE, { path: { account: '@pool' } }, 'invalid-parameter', '"@pool"'],
    [
      'EVM address never seen',
      'accounts',
      BALANCE,
      { path: { account: `0x${'A'.repeat(40)}` } },
      'unknown-account',
      `"0x${'a'.repeat(40)}"`,
    ],
    [
      'statement of nobody',
      'accounts',
      STATEMENT,
      { path: { account: 'nobody' } },
      'unknown-account',
      '"nobody"',
    ],
    [
      'bad cursor',
      'accounts',
      STATEMENT,
      { path: { account: 'ann' }, query: { cursor: 'x' } },
      'invalid-cursor',
      '"x"',
    ],
    [
      'era and cursor',
      'accounts',
      STATEMENT,
      { path: { account: 'ann' }, query: { cursor: 'x', era: '1' } },
      'invalid-parameter',
      'era 1',
    ],
    [
      'statement of an open era',
      'accounts',
      STATEMENT,
      { path: { account: 'ann' }, query: { era: '7' } },
      'unknown-era',
      'era 7',
    ],
    [
      'receipt without an era',
      'accounts',
      RECEIPT,
      { path: { account: 'ann' } },
      'invalid-parameter',
      'era: is needed',
    ],
    [
      'receipt of an era without a statement',
      'accounts',
      RECEIPT,
      { path: { account: 'late-comer' }, query: { era: '0' } },
      'no-statement',
      'era 0',
    ],
    [
      'unknown era',
      'eras',
      'GET /eras/{n}',
      { path: { n: '99' } },
      'unknown-era',
      'the last sealed era is 6: got era 99',
    ],
    ['era that is none', 'eras', 'GET /eras/{n}', { path: { n: '1e3' } }, 'invalid-parameter', '"1e3"'],
    ['limit 0', 'eras', 'GET /eras', { query: { limit: '0' } }, 'invalid-parameter', '"0"'],
    [
      'unknown purchase',
      'bought',
      'GET /purchases/{id}',
      { path: { id: 'none' } },
      'unknown-purchase',
      '"none"',
    ],
    ['purchases of nobody in particular', 'bought', 'GET /purchases', {}, 'invalid-parameter', 'buyer'],
    [
      'unknown version',
      'network',
      'GET /policy/versions/{n}',
      { path: { n: '2' } },
      'unknown-policy-version',
      'version 2',
    ],
    ['no token', 'refused', 'GET /quarantine', {}, 'unauthenticated', 'quarantine:read'],
    [
      'wrong scope',
      'refused',
      'GET /quarantine',
      { claims: { scope: 'network:operate' } },
      'missing-scope',
      '"network:operate"',
    ],
    [
      'cursor that is none',
      'refused',
      'GET /quarantine',
      { claims: operator, query: { cursor: '!' } },
      'invalid-cursor',
      '"!"',
    ],
  ]
  it.each(bad)('is answered with its problem: %s', async (_name, handler, key, request, type, detail) => {
    const problem = await fail(handlers[handler], key, request)
    expect(problem.type).toBe(`urn:exchequer:problem:${type}`)
    expect(problem.detail).toContain(detail)
    expect(problem).not.toHaveProperty('requestId')
  })

  it.each([
    ['accounts', STATEMENT, { path: { account: 'ann' } }],
    ['bought', 'GET /purchases', { query: { buyer: 'ann' } }],
    ['refused', 'GET /quarantine', { claims: operator }],
  ] as const)('with a cursor of another list is refused: %s', async (handler, key, request: Request) => {
    const query = { ...request.query, cursor: await foreign() }
    expect((await fail(handlers[handler], key, { ...request, query })).type).toBe(
      'urn:exchequer:problem:invalid-cursor',
    )
  })

  it('with the cursor of another buyer is refused', async () => {
    const { next } = await read(handlers.bought, 'GET /purchases', { query: { buyer: 'ann', limit: '1' } })
    const problem = await fail(handlers.bought, 'GET /purchases', { query: { buyer: 'bob', cursor: next } })
    expect(problem.type).toBe('urn:exchequer:problem:invalid-cursor')
  })

  it('to no route at all is a problem that names the path', async () => {
    const { status, text } = await ask(handlers.notFound, '$default')
    expect([status, JSON.parse(text).type]).toEqual([404, 'urn:exchequer:problem:unknown-route'])
    const wrong = await ask(handlers.eras, 'GET /nowhere')
    expect([wrong.status, JSON.parse(wrong.text).detail]).toEqual([
      404,
      'the routes are listed at /openapi.json: got GET /nowhere',
    ])
  })
})

describe('an answer', () => {
  it.each([
    ['eras', 'GET /eras/{n}', { path: { n: '0' } }, 'public, max-age=31536000, immutable'],
    [
      'accounts',
      RECEIPT,
      { path: { account: 'ann' }, query: { era: '0' } },
      'public, max-age=31536000, immutable',
    ],
    ['network', 'GET /policy/versions/{n}', { path: { n: '1' } }, 'public, max-age=31536000, immutable'],
    ['network', 'GET /policy', {}, 'public, max-age=5'],
  ] as const)(
    'may be kept, and is told apart by its tag: %s %s',
    async (handler, key, request: Request, cacheControl) => {
      const first = await ask(handlers[handler], key, request)
      expect(first.headers['cache-control']).toBe(cacheControl)
      const again = await ask(handlers[handler], key, {
        ...request,
        headers: { 'if-none-match': `W/"x", ${first.headers.etag}` },
      })
      expect([again.status, again.text, again.headers.etag]).toEqual([304, '', first.headers.etag])
      const other = await ask(handlers[handler], key, { ...request, headers: { 'if-none-match': '"x"' } })
      expect(other.status).toBe(200)
    },
  )

  it.each([
    ['accounts', BALANCE, { path: { account: 'ann' } }],
    ['accounts', STATEMENT, { path: { account: 'ann' } }],
    ['refused', 'GET /quarantine', { claims: operator }],
    ['eras', 'GET /eras/current', {}],
  ] as const)('that will be another one soon is not kept: %s %s', async (handler, key, request: Request) => {
    const { headers } = await ask(handlers[handler], key, request)
    expect(headers['cache-control']).toBe('no-store')
    expect(headers).not.toHaveProperty('etag')
  })

  it('of the local host is asked for again: its next start may be another network', async () => {
    vi.stubEnv('STAGE', 'local')
    const { eras } = await load(engine.tableName)
    vi.stubEnv('STAGE', 'dev')
    const { headers } = await ask(eras, 'GET /eras/{n}', { path: { n: '0' } })
    expect(headers['cache-control']).toBe('public, no-cache')
    expect(headers.etag).toMatch(/^"[0-9a-f]{32}"$/)
  })

  it('that needed a token is not kept for others', async () => {
    const { headers } = await ask(handlers.network, 'GET /policy', { headers: { authorization: 'Bearer x' } })
    expect(headers['cache-control']).toBe('private, max-age=5')
  })
})

describe('a function', () => {
  it('says so when the network is not open yet', async () => {
    const empty = await startEngine()
    vi.stubEnv('AWS_ENDPOINT_URL', empty.endpoint)
    const { accounts, eras, network } = await load(empty.tableName)
    const asked: [unknown, RouteKey, Request][] = [
      [accounts, BALANCE, { path: { account: 'ann' } }],
      [accounts, STATEMENT, { path: { account: 'ann' } }],
      [accounts, RECEIPT, { path: { account: 'ann' }, query: { era: '0' } }],
      [eras, 'GET /eras/{n}', { path: { n: '0' } }],
      [eras, 'GET /eras/current', {}],
      [network, 'GET /policy', {}],
    ]
    for (const [handler, key, request] of asked) {
      expect((await fail(handler, key, request)).type).toBe('urn:exchequer:problem:network-not-open')
    }
    vi.stubEnv('AWS_ENDPOINT_URL', engine.endpoint)
    await empty.stop()
  })

  it('tells a caller nothing of its own failures but the id of the request', async () => {
    const { accounts } = await load('no-such-table')
    const problem = await fail(accounts, BALANCE, { path: { account: 'ann' } })
    expect(problem).toMatchObject({
      status: 500,
      type: 'urn:exchequer:problem:internal',
      requestId: 'request-1',
    })
    expect(JSON.stringify(problem)).not.toMatch(/table|ResourceNotFound/i)
  })
})
