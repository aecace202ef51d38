import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { policyHash } from '../../../shared/domain/policy/policy.ts'
import { connectStore, type Store } from '../../../shared/store/table.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { policyJson } from '../../unit/api/settled-network.ts'
import { openBooks } from './books.ts'
import { fail, type Request, read } from './gateway.ts'

/** Policy versions through the handlers, over a real table. The tests build on one another, in order. */

const PUT = 'PUT /policy'
const claims = { scope: 'network:operate policy:write' }
const V2 = {
  ...policyJson,
  version: 2,
  stages: [
    {
      id: 'profit',
      from: '@pool',
      split: [{ id: 'collators', to: 'group:collators', share: '90%' }],
      rest: '@system-reserve',
    },
  ],
}
const V3 = { ...V2, version: 3, minimum: '77' }

let engine: Engine
let store: Store
let handlers: { policy: unknown; network: unknown }

const put = (policy: object, effectiveFrom: number, more: Request = {}) =>
  ({ body: { policy, effectiveFrom }, claims, ...more }) satisfies Request

beforeAll(async () => {
  engine = await startEngine()
  vi.stubEnv('TABLE_NAME', engine.tableName)
  vi.stubEnv('AWS_ENDPOINT_URL', engine.endpoint)
  vi.stubEnv('AWS_REGION', 'eu-west-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT')
  store = connectStore({ tableName: engine.tableName, client: engine.client })
  handlers = await load()
})

afterAll(async () => {
  vi.unstubAllEnvs()
  await engine.stop()
})

/** As new function instances load them. */
async function load() {
  vi.resetModules()
  const [policy, network] = await Promise.all([
    import('../../../functions/api/policy.ts'),
    import('../../../functions/api/network.ts'),
  ])
  return { policy: policy.handler as unknown, network: network.handler as unknown }
}

describe('a policy version', () => {
  it('is not stored before there is a network', async () => {
    expect(await fail(handlers.policy, PUT, put(V2, 5))).toMatchObject({ status: 503 })
    await openBooks(store)
    await store.state.close(-1, 3, 0)
  })

  it.each<[string, Request, number, string]>([
    [
      'a token',
      { claims: undefined as never },
      401,
      'a bearer token with the scope policy:write is needed: got none',
    ],
    [
      'the scope',
      { claims: { scope: 'policy:read' } },
      403,
      `the token's scope must have policy:write: got "policy:read"`,
    ],
    ['a body', { body: undefined }, 400, 'a body is JSON: got ""'],
    ['JSON', { body: '{"policy":' }, 400, 'a body is JSON: got "{\\"policy\\":"'],
    [
      'a policy',
      { body: { effectiveFrom: 5 } },
      400,
      'policy: Invalid input: expected record, received undefined: got nothing',
    ],
    [
      'an era',
      { body: { policy: V2, effectiveFrom: '5' } },
      400,
      'effectiveFrom: the era that a policy is effective from is a whole number: got "5"',
    ],
    [
      'only what it knows',
      { body: { policy: V2, effectiveFrom: 5, force: true } },
      400,
      'body: unknown key force',
    ],
  ])('needs %s', async (_name, more, status, detail) => {
    expect(await fail(handlers.policy, PUT, { ...put(V2, 5), ...more })).toMatchObject({ status, detail })
  })

  it('is a page and not a book', async () => {
    const body = JSON.stringify({ policy: V2, effectiveFrom: 5, padding: 'x'.repeat(262_144) })
    expect(await fail(handlers.policy, PUT, put(V2, 5, { body }))).toMatchObject({ status: 413 })
  })

  it('that is wrong is refused with every path and rule', async () => {
    const wrong = { ...V2, minimum: 'ten', stages: [{ ...V2.stages[0], id: 'rest' }] }
    const problem = await fail(handlers.policy, PUT, put(wrong, 5))
    expect(problem).toMatchObject({ status: 422, type: 'urn:exchequer:problem:invalid-policy' })
    expect(problem.issues?.map(({ path }) => path)).toEqual(['minimum', 'stages[0].id'])
    expect(problem.issues?.[0]?.message).toMatch(/^an amount is a whole number .*: got "ten"$/)
  })

  it('cannot change what stays the same in every version, nor leave out a number', async () => {
    const other = { ...V2, version: 4, asset: { symbol: 'ELSE', decimals: 18 } }
    const { status, issues } = await fail(handlers.policy, PUT, put(other, 5))
    expect(status).toBe(422)
    expect(issues).toEqual([
      { path: 'version', message: 'versions are numbered without gaps: the next is 2, got 4' },
      { path: 'asset.symbol', message: 'it stays the same in every version: "DOT18", got "ELSE"' },
    ])
  })

  it.each([0, 3, 4])('cannot change an era that has started: %i', async (effectiveFrom) => {
    expect(await fail(handlers.policy, PUT, put(V2, effectiveFrom))).toMatchObject({
      status: 409,
      type: 'urn:exchequer:problem:era-started',
      detail: `a version is effective from an era that is still to come: era 4 is open, got effectiveFrom ${effectiveFrom}`,
    })
    expect((await store.state.read())?.policyVersion).toBe(1)
  })

  it('is stored for an era that is still to come, and is answered again when it is put again', async () => {
    const wanted = { version: 2, hash: policyHash(V2), effectiveFromEra: 5, policy: V2 }
    expect(await read(handlers.policy, PUT, put(V2, 5))).toEqual(wanted)
    expect(await read(handlers.policy, PUT, put(V2, 5))).toEqual(wanted)
    expect(await read(handlers.network, 'GET /policy/versions/{n}', { path: { n: '2' } })).toEqual(wanted)
    const ruling = await read(handlers.network, 'GET /policy')
    expect(ruling).toMatchObject({ version: 1, effectiveFromEra: 0 })
    expect(ruling.pending).toEqual([wanted])
  })

  it('never changes once it is stored', async () => {
    const message = 'versions are numbered without gaps: the next is 3, got 2'
    const elsewhere = await fail(handlers.policy, PUT, put(V2, 6))
    const changed = await fail(handlers.policy, PUT, put({ ...V2, minimum: '1' }, 5))
    for (const { status, issues } of [elsewhere, changed]) {
      expect(status).toBe(422)
      expect(issues).toEqual([{ path: 'version', message }])
    }
  })

  it('rules from a later era than the one before', async () => {
    expect((await fail(handlers.policy, PUT, put(V3, 5))).issues).toEqual([
      {
        path: 'effectiveFrom',
        message: 'it is above that of the version before: version 2 is effective from era 5, got 5',
      },
    ])
    await read(handlers.policy, PUT, put(V3, 9))
  })

  it('rules once its era is open; put again it is answered all the same', async () => {
    await store.state.close(3, 5, 0)
    const ruling = await read((await load()).network, 'GET /policy')
    expect(ruling).toMatchObject({ version: 2, pending: [{ version: 3, effectiveFromEra: 9 }] })
    expect(await read(handlers.policy, PUT, put(V2, 5))).toMatchObject({ version: 2 })
  })

  it('waits with nine others at most', async () => {
    for (let version = 4; version <= 12; version += 1)
      await read(handlers.policy, PUT, put({ ...V3, version }, version + 10))
    expect(await fail(handlers.policy, PUT, put({ ...V3, version: 13 }, 50))).toMatchObject({
      status: 409,
      detail: 'at most 10 versions wait for their era: 10 do',
    })
  })
})
