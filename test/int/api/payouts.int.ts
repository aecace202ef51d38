import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Engine, startEngine } from '../../support/engine.ts'
import { type PayingNetwork, payingNetwork } from '../../support/payouts.ts'
import { ask, fail, type Request, read, walk } from './gateway.ts'

const ASK = 'POST /accounts/{account}/payouts'
const LIST = 'GET /accounts/{account}/payouts'
const READ = 'GET /payouts/{id}'
const CANCEL = 'POST /payouts/{id}/cancel'
const PREFER = 'PUT /accounts/{account}/payout-preference'
const PREFERENCE = 'GET /accounts/{account}/payout-preference'
const STOCK = 'PUT /inventories/{asset}'
const DEPOSIT = 'POST /inventories/{asset}/deposits'
const INVENTORY = 'GET /inventories/{asset}'

let engine: Engine
let net: PayingNetwork
let handler: unknown
beforeAll(async () => {
  engine = await startEngine()
  net = await payingNetwork(engine)
  vi.stubEnv('AWS_ENDPOINT_URL', engine.endpoint)
  vi.stubEnv('AWS_REGION', 'eu-west-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT')
  vi.stubEnv('TABLE_NAME', net.tableName)
  handler = (await import('../../../functions/api/payouts.ts')).handler
  await net.give('ann', 1_000n)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await engine.stop()
})

let keys = 0
/** What an account asks for with its own token and a key nobody has used, unless it is said otherwise. */
function as(account: string, request: Request & { key?: string } = {}): Request {
  keys += 1
  const { key = `key-${keys}`, ...rest } = request
  return { path: { account }, claims: { account }, headers: { 'idempotency-key': key }, ...rest }
}
const operator = (request: Request & { key?: string }) =>
  as('operator', {
    path: { asset: 'USDC' },
    claims: { account: 'operator', scope: 'payouts:operate' },
    ...request,
  })
const problemOf = async (key: Parameters<typeof fail>[1], request: Request) => {
  const { type, detail } = await fail(handler, key, request)
  return [type.replace('urn:exchequer:problem:', ''), detail]
}
const own = (amount: string) => ({ amount, asset: 'TEST', decimals: 0 })

describe('a payout', () => {
  it('is asked for, read, listed and taken back', async () => {
    const asked = await read(handler, ASK, as('ann', { body: { amount: '70', destination: 'iban-1' } }))
    expect(asked).toMatchObject({
      account: 'ann',
      state: 'TIMELOCKED',
      asked: own('70'),
      amount: own('70'),
      out: own('70'),
      destination: 'iban-1',
      requestedAt: '2026-01-01T00:00:00Z',
      releaseAt: '2026-01-01T01:00:00Z',
    })
    const path = { id: asked.id }
    expect(await read(handler, READ, { path, claims: { account: 'ann' } })).toEqual(asked)
    expect(await read(handler, READ, { path, claims: { account: 'x', scope: 'payouts:read' } })).toEqual(
      asked,
    )
    expect(
      (await read(handler, LIST, { path: { account: 'ann' }, claims: { account: 'ann' } })).payouts,
    ).toEqual([asked])
    const cancelled = await read(handler, CANCEL, as('ann', { path, key: 'back' }))
    expect(cancelled).toMatchObject({ state: 'CANCELLED', history: [{}, {}, { state: 'CANCELLED' }] })
    expect(await read(handler, CANCEL, as('ann', { path, key: 'back' }))).toEqual(cancelled)
    expect(await problemOf(CANCEL, as('ann', { path }))).toEqual([
      'payout-state',
      `a payout is cancelled before it is released: ${asked.id} is CANCELLED`,
    ])
  })

  it('comes once by each key, and the same request is answered alike', async () => {
    const request = as('ann', { body: { amount: '10' }, key: 'once' })
    const first = await ask(handler, ASK, request)
    expect(await ask(handler, ASK, request)).toEqual(first)
    expect(await problemOf(ASK, as('ann', { body: { amount: '11' }, key: 'once' }))).toMatchObject([
      'idempotency-key-reused',
      expect.stringContaining('was posted with other content'),
    ])
  })

  it('is asked for by somebody else with the scope only', async () => {
    const body = { amount: '10' }
    const clerk = { claims: { account: 'clerk', scope: 'payouts:write' } }
    expect((await read(handler, ASK, as('ann', { body, ...clerk }))).account).toBe('ann')
    expect((await problemOf(ASK, as('ann', { body, claims: { account: 'bob' } })))[0]).toBe('not-yours')
  })

  it('is listed newest first, page by page', async () => {
    await net.give('lot', 100n)
    for (let i = 0; i < 5; i += 1) {
      await net.clock(i / 100)
      await net.ask('lot', `${10 + i}`)
    }
    const rows = await walk(handler, LIST, 'payouts', 2, {
      path: { account: 'lot' },
      claims: { account: 'lot' },
    })
    expect(rows.map(({ asked }) => (asked as { amount: string }).amount)).toEqual([
      '14',
      '13',
      '12',
      '11',
      '10',
    ])
    const query = { cursor: Buffer.from('x').toString('base64url') }
    expect((await problemOf(LIST, { path: { account: 'ann' }, query, claims: { account: 'ann' } }))[0]).toBe(
      'invalid-cursor',
    )
  })
})

describe('an inventory', () => {
  it('is made, filled and read by anybody; payouts are out of it', async () => {
    const body = { decimals: 2, account: 'desk' }
    const empty = await read(handler, STOCK, operator({ body }))
    expect(empty).toMatchObject({ asset: 'USDC', account: 'desk', balance: { amount: '0', decimals: 2 } })
    expect(await read(handler, STOCK, operator({ body, key: 'stock' }))).toEqual(empty)
    await read(handler, DEPOSIT, operator({ body: { amount: '40' } }))
    await net.rate('r', 0.5, '1', '2')
    const payout = await read(handler, ASK, as('ann', { body: { amount: '71', asset: 'USDC' } }))
    expect(payout).toMatchObject({
      asked: own('71'),
      amount: own('70'),
      out: { amount: '35', asset: 'USDC', decimals: 2 },
      rate: { id: 'r', era: 0, numerator: '1', denominator: '2' },
    })
    expect((await problemOf(CANCEL, as('ann', { path: { id: payout.id } })))[0]).toBe('payout-fixed')
    const usdc = (amount: string) => ({ amount, asset: 'USDC', decimals: 2 })
    expect(await read(handler, INVENTORY, { path: { asset: 'USDC' } })).toEqual({
      asset: 'USDC',
      account: 'desk',
      balance: usdc('5'),
      reserved: usdc('35'),
      deposited: usdc('40'),
      spent: usdc('0'),
    })
  })

  it.each([
    [
      'of the network’s own asset',
      STOCK,
      { path: { asset: 'TEST' }, body: { decimals: 0, account: 'd' } },
      'invalid-parameter',
    ],
    [
      'under a key that stands for other content',
      STOCK,
      { body: { decimals: 2, account: 'other' }, headers: { 'idempotency-key': 'stock' } },
      'idempotency-key-reused',
    ],
    ['with other decimals', STOCK, { body: { decimals: 3, account: 'd' } }, 'inventory-decimals'],
    ['that is not there', DEPOSIT, { path: { asset: 'EURC' }, body: { amount: '1' } }, 'unknown-inventory'],
    ['of more than an amount can be', DEPOSIT, { body: { amount: '9'.repeat(38) } }, 'too-much-inventory'],
    ['with nothing', DEPOSIT, { body: { amount: '0' } }, 'invalid-body'],
    ['for a system account', STOCK, { body: { decimals: 2, account: '@pool' } }, 'invalid-body'],
    ['without the scope', DEPOSIT, { body: { amount: '1' }, claims: { account: 'ann' } }, 'missing-scope'],
    ['without a token', DEPOSIT, { body: { amount: '1' }, claims: undefined as never }, 'unauthenticated'],
    ['without a key', DEPOSIT, { body: { amount: '1' }, headers: {} }, 'idempotency-key-needed'],
  ] as const)('%s is refused', async (_, key, request, type) => {
    expect((await problemOf(key, operator(request)))[0]).toBe(type)
  })
})

describe('a preference', () => {
  const path = { account: 'ann' }

  it('is none until it is said', async () => {
    expect(await read(handler, PREFERENCE, { path, claims: { account: 'ann' } })).toEqual({
      account: 'ann',
      schedule: 'none',
    })
  })

  it('says when the next period begins; the same schedule again loses no period', async () => {
    const body = { schedule: 'weekly', minimum: '20', asset: 'USDC', destination: 'iban-1' }
    const said = await read(handler, PREFER, as('ann', { body }))
    expect(said).toEqual({
      account: 'ann',
      ...body,
      minimum: own('20'),
      dueAt: '2026-01-05T00:00:00Z',
    })
    expect(await read(handler, PREFERENCE, { path, claims: { account: 'ann' } })).toEqual(said)
    await net.clock(100)
    expect((await read(handler, PREFER, as('ann', { body: { schedule: 'weekly' } }))).dueAt).toBe(said.dueAt)
    expect((await read(handler, PREFER, as('ann', { body: { schedule: 'monthly' } }))).dueAt).toBe(
      '2026-02-01T00:00:00Z',
    )
    expect(await read(handler, PREFER, as('ann', { body: { schedule: 'none' } }))).toEqual({
      account: 'ann',
      schedule: 'none',
    })
  })

  it('sent again late undoes nothing that was said since, if it has a key', async () => {
    await read(handler, PREFER, as('ann', { body: { schedule: 'none' } }))
    const first = as('ann', { body: { schedule: 'weekly' }, key: 'weekly' })
    const answer = await read(handler, PREFER, first)
    await read(handler, PREFER, as('ann', { body: { schedule: 'none' } }))
    expect(await read(handler, PREFER, first)).toEqual(answer)
    expect((await read(handler, PREFERENCE, { path, claims: { account: 'ann' } })).schedule).toBe('none')
    expect((await problemOf(PREFER, as('ann', { body: { schedule: 'monthly' }, key: 'weekly' })))[0]).toBe(
      'idempotency-key-reused',
    )
  })

  it('shows what came of its last period', async () => {
    await read(handler, PREFER, as('poor', { body: { schedule: 'weekly' } }))
    await net.clock(300)
    await net.run()
    const { lastOutcome } = await read(handler, PREFERENCE, {
      path: { account: 'poor' },
      claims: { account: 'poor' },
    })
    expect(lastOutcome).toMatchObject({
      outcome: 'SKIPPED',
      reason: { code: 'BelowMinimum', words: 'a payout is at least 5 base units: got 0' },
    })
  })
})

describe('what is refused', () => {
  it.each([
    ['no amount', ASK, {}, 'invalid-body'],
    ['nothing', ASK, { amount: '0' }, 'invalid-body'],
    ['a number', ASK, { amount: 5 }, 'invalid-body'],
    ['a part', ASK, { amount: '1.5' }, 'invalid-body'],
    ['all in another spelling', ASK, { amount: 'ALL' }, 'invalid-body'],
    ['39 digits', ASK, { amount: '1'.repeat(39) }, 'invalid-body'],
    ['an unknown key', ASK, { amount: '5', to: 'bob' }, 'invalid-body'],
    ['an empty destination', ASK, { amount: '5', destination: '' }, 'invalid-body'],
    ['a destination of two lines', ASK, { amount: '5', destination: 'a\nb' }, 'invalid-body'],
    ['an asset that cannot be named', ASK, { amount: '5', asset: 'US DC' }, 'invalid-body'],
    ['an asset that is not paid out', ASK, { amount: '5', asset: 'EURC' }, 'asset-not-offered'],
    ['too little', ASK, { amount: '4' }, 'below-minimum'],
    ['too much', ASK, { amount: '100000' }, 'not-enough'],
    ['another schedule', PREFER, { schedule: 'daily' }, 'invalid-body'],
    ['a minimum of nothing', PREFER, { schedule: 'weekly', minimum: '0' }, 'invalid-body'],
    [
      'a schedule in an asset that is not paid out',
      PREFER,
      { schedule: 'weekly', asset: 'EURC' },
      'asset-not-offered',
    ],
  ] as const)('%s', async (_, key, body, type) => {
    expect((await problemOf(key, as('ann', { body })))[0]).toBe(type)
  })

  it('what nobody asked for, and what is another’s', async () => {
    const path = { id: 'nobody' }
    expect((await problemOf(READ, { path, claims: { account: 'ann' } }))[0]).toBe('unknown-payout')
    expect((await problemOf(CANCEL, as('ann', { path })))[0]).toBe('unknown-payout')
    const { id } = await net.ask('ann', '10')
    const bob = { path: { id }, claims: { account: 'bob' } }
    expect((await problemOf(READ, bob))[0]).toBe('not-yours')
    expect((await problemOf(CANCEL, as('bob', bob)))[0]).toBe('not-yours')
    expect((await problemOf(READ, { path: { id } }))[0]).toBe('unauthenticated')
    for (const key of [LIST, PREFERENCE] as const)
      expect((await problemOf(key, { path: { account: 'ann' }, claims: { account: 'bob' } }))[0]).toBe(
        'not-yours',
      )
  })

  it('what was released', async () => {
    const { id } = await net.ask('ann', '10')
    await net.clock(500)
    await net.run()
    expect((await problemOf(CANCEL, as('ann', { path: { id } })))[0]).toBe('payout-state')
  })

  it('a rate that is not of the open era', async () => {
    await net.passTo(600)
    expect(await problemOf(ASK, as('ann', { body: { amount: '10', asset: 'USDC' } }))).toEqual([
      'no-rate',
      'a payout in another asset is at the rate published for the open era: USDC has none for era 600, the last one is of era 0',
    ])
  })
})
