import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { scanTable } from '../../../infra/cli/audit/scan.ts'
import { operations, type RouteKey } from '../../../shared/api/operations.ts'
import { EVENT_NAMES } from '../../../shared/events/contracts.ts'
import { eventOf } from '../../fuzz/requests.ts'
import { POLICY, SCOPES, World } from '../../fuzz/world.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import {
  BUYER,
  COMPUTE,
  DISK,
  everyTokenRequest,
  GPU,
  SELLER,
  STORAGE,
  STRANGER,
  type TokenRequest,
  type TokenRoute,
  WANTED,
} from '../../support/every-route.ts'
import { SOURCE } from '../../support/intake.ts'

/** One account cannot act for another: every route that needs a token, tried with every token that must not do. */

let engine: Engine
let world: World
let requests: Record<TokenRoute, TokenRequest>
const routes = Object.keys(everyTokenRequest({} as never, {})) as TokenRoute[]

beforeAll(async () => {
  engine = await startEngine()
  vi.stubEnv('TABLE_NAME', engine.tableName)
  vi.stubEnv('AWS_ENDPOINT_URL', engine.endpoint)
  vi.stubEnv('AWS_REGION', 'eu-west-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT')
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'true')
  vi.stubEnv('EVENT_SOURCES', JSON.stringify(Object.fromEntries(EVENT_NAMES.map((name) => [name, [SOURCE]]))))
  world = await World.open(engine)
  const id = async (key: TokenRoute, account: string, request: Partial<TokenRequest>): Promise<string> =>
    (await done(key, { account, scope: 'payouts:operate' }, request)).id
  await id('PUT /offers/{id}', SELLER, { path: { id: GPU }, body: COMPUTE })
  await id('PUT /offers/{id}', SELLER, { path: { id: DISK }, body: STORAGE })
  await id('POST /accounts/{account}/stakes', BUYER, {
    path: { account: BUYER },
    body: { amount: '9', lot: 'mine' },
  })
  await id('PUT /inventories/{asset}', 'desk', {
    path: { asset: 'USDC' },
    body: { decimals: 2, account: 'desk' },
  })
  const booked = await id('POST /quotes', BUYER, { body: WANTED })
  const made = {
    order: await id('POST /orders', BUYER, { body: { offer: GPU, quantity: '2' } }),
    quote: await id('POST /quotes', BUYER, { body: WANTED }),
    booking: await id('POST /quotes/{id}/accept', BUYER, { path: { id: booked } }),
    payout: await id('POST /accounts/{account}/payouts', BUYER, {
      path: { account: BUYER },
      body: { amount: '9' },
    }),
  }
  requests = everyTokenRequest(made, { ...POLICY, version: 2 })
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await engine.stop()
})

let keys = 0
async function ask(
  key: RouteKey,
  claims: Record<string, string> | undefined,
  { path = {}, body }: Partial<TokenRequest>,
) {
  keys += 1
  const asked = {
    key,
    path,
    query: {},
    headers: { 'idempotency-key': `key-${keys}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(claims && { claims }),
    isSound: true,
  }
  const { statusCode, body: text = '' } = await world.ask(key, eventOf(asked))
  return { status: statusCode, body: JSON.parse(text) }
}

async function done(key: RouteKey, claims: Record<string, string>, request: Partial<TokenRequest>) {
  const { status, body } = await ask(key, claims, request)
  expect([key, status, status === 200 ? '' : body]).toEqual([key, 200, ''])
  return body
}

async function everything(): Promise<unknown[]> {
  const items: [string, unknown][] = []
  for await (const item of scanTable(engine.client, engine.tableName, 2))
    items.push([`${item.pk?.S} ${item.sk?.S}`, item])
  return items.sort(([a], [b]) => (a < b ? -1 : 1))
}

it('tries every route that needs a token', () => {
  const needed = Object.entries(operations).filter(([, one]) => 'token' in one || 'scope' in one)
  expect(routes.toSorted()).toEqual(needed.map(([key]) => key).sort())
})

describe.each(routes)('%s', (key) => {
  const without = (scope: string | undefined) =>
    SCOPES.split(' ')
      .filter((one) => one !== scope)
      .join(' ')

  it('refuses whoever is not the one, with whatever else a token says, and nothing changes', async () => {
    const { rightful, scope, ...request } = requests[key]
    const before = await everything()
    expect(await ask(key, undefined, request)).toMatchObject({ status: 401 })
    const accounts =
      rightful === 'oneself' ? [] : [BUYER, SELLER, STRANGER].filter((one) => !rightful.includes(one))
    const scopes = without(scope)
    const wrong: Record<string, string>[] = [
      ...accounts.flatMap((account) => [{ account }, { account, scope: scopes }]),
      // The subject is the issuer's own name for somebody, and speaks for no account.
      ...[BUYER, SELLER].flatMap((sub) => [{ sub }, { sub, scope: scopes }]),
      ...['', '@pool', '@external', `${BUYER} ${SELLER}`, BUYER.toUpperCase()].map((account) => ({
        account,
      })),
      ...(scope === undefined
        ? []
        : [{ account: '@pool', scope: `${scope}s ${scope.toUpperCase()} ${scope}:x` }]),
    ]
    if (rightful === 'oneself')
      wrong.splice(
        wrong.findIndex(({ account }) => account === BUYER.toUpperCase()),
        1,
      )
    for (const claims of wrong) {
      const { status, body } = await ask(key, claims, request)
      expect([claims, status]).toEqual([claims, 403])
      expect(body.type).toMatch(/:(not-yours|missing-scope)$/)
    }
    expect(await everything()).toEqual(before)
  })

  it('lets whoever is the one get as far as the rules of the thing itself', async () => {
    const { rightful, scope, ...request } = requests[key]
    const right: Record<string, string>[] = [
      ...(rightful === 'oneself' ? [STRANGER] : rightful).map((account) => ({ account })),
      ...(scope === undefined ? [] : [{ sub: 'operator', scope }]),
    ]
    expect(right).not.toEqual([])
    for (const claims of right) {
      const { status, body } = await ask(key, claims, request)
      expect([200, 404, 409, 422], JSON.stringify(body)).toContain(status)
      if (rightful === 'oneself' && status === 200) expect(body.buyer).toBe(STRANGER)
    }
  })
})
