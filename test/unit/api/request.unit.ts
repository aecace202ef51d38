import { describe, expect, it } from 'vitest'
import type { RouteKey } from '../../../shared/api/operations.ts'
import { ProblemError, problems } from '../../../shared/api/problems.ts'
import { commandOfPut, type RawRequest, readRequest, requestOf } from '../../../shared/api/request.ts'

const BALANCE = 'GET /accounts/{account}/balance'
const STATEMENT = 'GET /accounts/{account}/statement'
const RECEIPT = 'GET /accounts/{account}/receipt'
const account = 'ann'

function problemOf(key: RouteKey, request: RawRequest) {
  try {
    readRequest(key, request)
  } catch (error) {
    expect(error).toBeInstanceOf(ProblemError)
    const { code, message } = error as ProblemError
    return { type: problems[code as keyof typeof problems].type, message }
  }
  throw new Error('the request was accepted')
}

describe('a request', () => {
  const bad: [string, RouteKey, RawRequest, string][] = [
    [
      'account with @',
      BALANCE,
      { path: { account: '@pool' } },
      'account: an account is 1 to 128 of A-Z a-z 0-9 : . _ -: got "@pool"',
    ],
    ['empty account', BALANCE, { path: { account: '' } }, 'account: '],
    ['account too long', BALANCE, { path: { account: 'a'.repeat(129) } }, 'account: '],
    ['account with a blank', BALANCE, { path: { account: 'a b' } }, 'got "a b"'],
    [
      'parameter the route has not',
      BALANCE,
      { path: { account }, query: { limt: '1' } },
      'limt: the route has no such parameter',
    ],
    [
      'era with a sign',
      RECEIPT,
      { path: { account }, query: { era: '-1' } },
      'era: an era is a whole number',
    ],
    ['era with a point', RECEIPT, { path: { account }, query: { era: '1.5' } }, 'got "1.5"'],
    ['era with a leading zero', RECEIPT, { path: { account }, query: { era: '01' } }, 'got "01"'],
    ['era in words', RECEIPT, { path: { account }, query: { era: 'current' } }, 'got "current"'],
    [
      'era of the far future',
      RECEIPT,
      { path: { account }, query: { era: '1000000000000' } },
      'got "1000000000000"',
    ],
    ['no era', RECEIPT, { path: { account } }, 'era: is needed: got nothing'],
    ['era in the path', 'GET /eras/{n}', { path: { n: '0x1' } }, 'n: an era is a whole number'],
    [
      'limit 0',
      STATEMENT,
      { path: { account }, query: { limit: '0' } },
      'limit: a limit is a whole number from 0, without sign or leading zeros, 1 to 100: got "0"',
    ],
    ['limit 101', STATEMENT, { path: { account }, query: { limit: '101' } }, 'got "101"'],
    ['limit twice', STATEMENT, { path: { account }, query: { limit: '1,2' } }, 'got "1,2"'],
    [
      'empty cursor',
      STATEMENT,
      { path: { account }, query: { cursor: '' } },
      'cursor: a cursor is what an earlier answer gave as `next`',
    ],
    [
      'endless cursor',
      STATEMENT,
      { path: { account }, query: { cursor: 'A'.repeat(1_025) } },
      'at most 1,024 characters',
    ],
    [
      'neither buyer nor id',
      'GET /purchases',
      {},
      'buyer or id: purchases are asked for by exactly one of `buyer` and `id`: got nothing',
    ],
    [
      'buyer and id',
      'GET /purchases',
      { query: { buyer: 'ann', id: 'p' } },
      'exactly one of `buyer` and `id`: got buyer "ann", id "p"',
    ],
    [
      'orders of a buyer and a seller',
      'GET /orders',
      { query: { buyer: 'ann', seller: 'bob' } },
      'buyer or seller: orders are asked for by exactly one of `buyer` and `seller`: got buyer "ann", seller "bob"',
    ],
    [
      'offers of a provider and a resource',
      'GET /offers',
      { query: { provider: 'ann', resource: 'storage' } },
      'exactly one of `provider` and `resource`: got provider "ann", resource "storage"',
    ],
    [
      'id with a control character',
      'GET /purchases/{id}',
      { path: { id: 'a\nb' } },
      'id: an id is 1 to 128 printable ASCII characters: got "a\\nb"',
    ],
    ['version 0', 'GET /policy/versions/{n}', { path: { n: '0' } }, 'n: a policy version is'],
  ]
  it.each(bad)('is refused: %s', (_name, key, request, message) => {
    const problem = problemOf(key, request)
    expect(problem.type).toBe('urn:exchequer:problem:invalid-parameter')
    expect(problem.message).toContain(message)
  })

  it('lower-cases EVM addresses and nothing else', () => {
    const address = `0x${'aB'.repeat(20)}`
    expect(readRequest(BALANCE, { path: { account: address } })).toEqual({ account: address.toLowerCase() })
    expect(readRequest(BALANCE, { path: { account: 'Ann' } })).toEqual({ account: 'Ann' })
    expect(readRequest('GET /purchases', { query: { buyer: address } })).toMatchObject({
      buyer: address.toLowerCase(),
    })
  })

  it('has a limit of 20 where it says none', () => {
    expect(readRequest('GET /eras', {})).toEqual({ limit: 20 })
    expect(readRequest('GET /eras', { query: { limit: '100' } })).toEqual({ limit: 100 })
  })

  it('takes any printable ASCII as an id', () => {
    const id = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('')
    expect(readRequest('GET /purchases/{id}', { path: { id } })).toEqual({ id })
  })
})

describe('the command of a PUT', () => {
  const PUT = 'PUT /inventories/{asset}'
  const caller = { account: 'ann', name: 'ann', scopes: [] }
  const asked = (body: object, idempotencyKey?: string) =>
    requestOf(PUT, { path: { asset: 'A' }, body: JSON.stringify(body), idempotencyKey }, caller)
  const [one, two] = [{ account: 'a' }, { account: 'b' }]

  it('with a key is what the key stands for, whatever it follows on', () => {
    const command = commandOfPut(asked(one, 'k'), PUT, 1)
    expect(commandOfPut(asked(one, 'k'), PUT, 2)).toEqual(command)
    const other = commandOfPut(asked(two, 'k'), PUT, 1)
    expect([other.id === command.id, other.digest === command.digest]).toEqual([true, false])
  })

  it('without one is what it says, and what it follows on', () => {
    const command = commandOfPut(asked(one), PUT, 1)
    expect(commandOfPut(asked(one), PUT, 1)).toEqual(command)
    expect(commandOfPut(asked(one), PUT, 2).id).not.toBe(command.id)
    expect(commandOfPut(asked(two), PUT, 1).id).not.toBe(command.id)
  })

  it('has a key that keeps the rule, where it has one', () => {
    for (const key of ['', 'a b', 'k'.repeat(129)]) expect(() => asked(one, key)).toThrow('Idempotency-Key')
  })
})

describe('a body', () => {
  it('is nested no deeper than the stack bears, brackets within texts left out', () => {
    const nested = (levels: number) => `{"policy":{"a":${'['.repeat(levels - 2)}${']'.repeat(levels - 2)}}}`
    const put = (body: string) => readRequest('POST /policy/simulations', { body })
    expect(put(nested(64)).body).toHaveProperty('policy')
    expect(() => put(nested(65))).toThrow('a body is nested at most 64 deep: got 65')
    expect(() => put(nested(100_000))).toThrow('a body is nested at most 64 deep: got 100000')
    expect(put(`{"policy":{"a":"${'[\\"{'.repeat(100)}"}}`).body).toHaveProperty('policy')
  })

  it('of a route that takes none is not looked at', () => {
    const caller = { account: 'ann', name: 'ann', scopes: [] }
    const asked = (body?: string) =>
      requestOf('POST /orders/{id}/fulfil', { path: { id: 'a' }, body, idempotencyKey: 'k' }, caller)
    expect(asked('{')).toEqual(asked())
    expect(asked('['.repeat(100_000))).toEqual(asked())
  })
})
