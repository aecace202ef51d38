import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { shortId } from '../../../shared/ledger/short-id.ts'
import { policyJson } from '../../support/policies.ts'
import { type Acting, asking, handlersOf, startActing } from './acting.ts'
import { ask, fail, type Request, read } from './gateway.ts'

const TRANSFER = 'POST /accounts/{account}/transfers'
const ENTRIES = 'GET /accounts/{account}/entries'
const BALANCE = 'GET /accounts/{account}/balance'
const EVM = '0x00000000000000000000000000000000000000AA'

let acting: Awaited<ReturnType<typeof startActing>>
let network: Acting

beforeAll(async () => {
  acting = await startActing()
  network = await acting.open(policyJson())
})
afterAll(() => acting.stop())

const send = (request: Request) => read(network.handlers.transfers, TRANSFER, request)
const refused = async (request: Request) => {
  const { type, detail } = await fail(network.handlers.transfers, TRANSFER, request)
  return [type.replace('urn:exchequer:problem:', ''), detail]
}
const everythingOf = async (account: string) => {
  const body = await read(network.handlers.accounts, BALANCE, { path: { account } })
  return Object.fromEntries(
    Object.entries(body).map(([key, value]) => [key, (value as { amount?: string }).amount]),
  )
}

describe('a transfer', () => {
  it('is paid out of what is available, and both sides read why', async () => {
    await network.give('ann', 100n)
    const answer = await send(
      asking('ann', { to: 'bob', amount: '30', memo: 'lunch, für zwei' }, { key: 'lunch' }),
    )
    expect(answer).toEqual({
      command: shortId(`cmd#ann#${TRANSFER}#lunch`),
      era: 0,
      at: '2026-01-01T00:00:00Z',
      from: 'ann',
      to: 'bob',
      amount: { amount: '30', asset: 'TEST', decimals: 0 },
      memo: 'lunch, für zwei',
    })
    expect(await everythingOf('ann')).toMatchObject({
      available: '70',
      deposited: '100',
      paid: '30',
      total: '70',
    })
    expect(await everythingOf('bob')).toMatchObject({
      available: '30',
      received: '30',
      paid: '0',
      total: '30',
    })
    const entries = async (account: string) =>
      (await read(network.handlers.accounts, ENTRIES, { path: { account } })).entries
    const why = { code: 'transfer', words: 'a transfer from account to account' }
    const amount = { amount: '30', asset: 'TEST', decimals: 0 }
    const told = { command: answer.command, era: 0, at: answer.at }
    const move = { move: 'transfer', amount, why, memo: 'lunch, für zwei' }
    expect(await entries('bob')).toEqual([{ ...told, moves: [{ ...move, change: amount, other: 'ann' }] }])
    expect((await entries('ann'))[0]).toEqual({
      ...told,
      moves: [{ ...move, change: { ...amount, amount: '-30' }, other: 'bob' }],
    })
    expect((await entries('ann'))[1]).toMatchObject({
      moves: [{ other: '@external', why: { code: 'deposit' }, change: { amount: '100' } }],
    })
  })

  it('knows an EVM address however it is written, in token, path and body', async () => {
    await network.give(EVM.toLowerCase(), 10n)
    const claims = { account: EVM.replace('AA', 'aA') }
    const there = await send(asking(EVM, { to: 'evm-friend', amount: '4' }, { claims }))
    expect(there.from).toBe(EVM.toLowerCase())
    await network.give('evm-friend', 1n)
    const back = await send(asking('evm-friend', { to: EVM, amount: '5' }))
    expect(back.to).toBe(EVM.toLowerCase())
    expect(await network.available(EVM.toLowerCase())).toBe(11n)
  })

  it('is made for anybody by a token with the scope accounts:write', async () => {
    await network.give('ward', 5n)
    const claims = { account: 'guardian', scope: 'accounts:write' }
    const answer = await send(asking('ward', { to: 'bob', amount: '5' }, { claims, key: 'once' }))
    expect(answer.command).toBe(shortId(`cmd#guardian#${TRANSFER}#once`))
  })

  it('with the same key again is answered alike, although it could not be done again', async () => {
    await network.give('twice', 10n)
    const request = asking('twice', { to: 'bob', amount: '10', memo: 'all of it' })
    const first = await send(request)
    expect(await send(request)).toEqual(first)
    expect(await send({ ...request, body: { memo: 'all of it', amount: '10', to: 'bob' } })).toEqual(first)
    expect(await everythingOf('twice')).toMatchObject({ available: '0', paid: '10' })
  })

  it('asked for many times at once with one key is done once, and every time is told so', async () => {
    await network.give('hasty', 10n)
    const request = asking('hasty', { to: 'bob', amount: '10' })
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => ask(network.handlers.transfers, TRANSFER, request)),
    )
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(answers[0]?.status).toBe(200)
    expect(await everythingOf('hasty')).toMatchObject({ available: '0', paid: '10' })
  })

  it('with the key of another request is refused, and does nothing', async () => {
    await network.give('reused', 10n)
    await send(asking('reused', { to: 'bob', amount: '1' }, { key: 'mine' }))
    for (const [account, body] of [
      ['reused', { to: 'bob', amount: '2' }],
      ['reused', { to: 'cyd', amount: '1' }],
      ['reused', { to: 'bob', amount: '1', memo: 'x' }],
    ] as const) {
      expect((await refused(asking(account, body, { key: 'mine' })))[0]).toBe('idempotency-key-reused')
    }
    expect(await network.available('reused')).toBe(9n)
  })

  it('idempotency-key-shared: the same key of another account is another command, with an answer of its own', async () => {
    await network.give('left', 5n)
    await network.give('right', 7n)
    const [left, right] = [
      await send(asking('left', { to: 'shared', amount: '5' }, { key: 'the-same' })),
      await send(asking('right', { to: 'shared', amount: '7' }, { key: 'the-same' })),
    ]
    expect([left.from, right.from]).toEqual(['left', 'right'])
    expect(await network.available('shared')).toBe(12n)
    expect(await send(asking('left', { to: 'shared', amount: '5' }, { key: 'the-same' }))).toEqual(left)
  })
})

describe('a transfer is refused', () => {
  const good = { to: 'bob', amount: '1' }
  const ACCOUNT = 'an account is 1 to 128 of A-Z a-z 0-9 : . _ -'
  const MOVED = 'an amount that moves is a whole number from 1 to 10^38 - 1 as a decimal string'
  const MEMO = 'a memo is 1 to 256 characters, none of them a control character'
  beforeAll(() => network.give('careful', 10n))

  it.each<[string, unknown, string]>([
    ['name-collision: to a system account', { ...good, to: '@pool' }, `to: ${ACCOUNT}: got "@pool"`],
    ['to nobody', { amount: '1' }, `to: ${ACCOUNT}: got nothing`],
    ['to oneself', { ...good, to: 'careful' }, 'to: a transfer is to another account: got "careful"'],
    ['of nothing', { ...good, amount: '0' }, `amount: ${MOVED}: got "0"`],
    ['of less than nothing', { ...good, amount: '-1' }, `amount: ${MOVED}: got "-1"`],
    ['of a part of a unit', { ...good, amount: '1.5' }, `amount: ${MOVED}: got "1.5"`],
    ['of a number', { ...good, amount: 1 }, `amount: ${MOVED}: got 1`],
    ['of an exponent', { ...good, amount: '1e3' }, `amount: ${MOVED}: got "1e3"`],
    ['of leading zeros', { ...good, amount: '01' }, `amount: ${MOVED}: got "01"`],
    ['of 39 digits', { ...good, amount: '1'.repeat(39) }, `amount: ${MOVED}: got "${'1'.repeat(39)}"`],
    ['with an empty memo', { ...good, memo: '' }, `memo: ${MEMO}: got ""`],
    ['with a memo of two lines', { ...good, memo: 'a\nb' }, `memo: ${MEMO}: got "a\\nb"`],
    ['with a memo that is no text', { ...good, memo: 'half \ud800' }, `memo: ${MEMO}: got "half \\ud800"`],
    ['with an unknown key', { ...good, colour: 'red' }, 'body: unknown key colour'],
    ['without a body', undefined, 'a body is JSON: got ""'],
    [
      'that is a list',
      [good],
      'body: Invalid input: expected object, received array: got [{"to":"bob","amount":"1"}]',
    ],
  ])('%s', async (_, body, detail) => {
    expect(await refused(asking('careful', body))).toEqual(['invalid-body', detail])
    expect(await network.available('careful')).toBe(10n)
  })

  it.each<[string, Request, string]>([
    ['of more than is available', asking('careful', { ...good, amount: '11' }), 'not-enough'],
    ['of an account that was never seen', asking('nobody', good), 'not-enough'],
    ['without a key', asking('careful', good, { headers: {} }), 'idempotency-key-needed'],
    ['with an empty key', asking('careful', good, { key: '' }), 'idempotency-key-needed'],
    ['with a key of 129', asking('careful', good, { key: 'k'.repeat(129) }), 'idempotency-key-needed'],
    ['with a key that is not ASCII', asking('careful', good, { key: 'schlüssel' }), 'idempotency-key-needed'],
    ['by another account', asking('careful', good, { claims: { account: 'thief' } }), 'not-yours'],
    [
      'by another scope',
      asking('careful', good, { claims: { account: 'thief', scope: 'accounts:read stakes:slash' } }),
      'not-yours',
    ],
    ['by a token of nobody', asking('careful', good, { claims: {} }), 'not-yours'],
    ['of a system account', asking('@pool', good), 'invalid-parameter'],
    ['with a parameter', asking('careful', good, { query: { dryRun: 'true' } }), 'invalid-parameter'],
    ['of 300 kB', asking('careful', { ...good, memo: 'm'.repeat(300_000) }), 'body-too-large'],
  ])('%s', async (_, request, problem) => {
    expect((await refused(request))[0]).toBe(problem)
    expect(await network.available('careful')).toBe(10n)
  })

  it('without a token', async () => {
    const { claims: _, ...request } = asking('careful', good)
    expect((await refused(request))[0]).toBe('unauthenticated')
  })

  it('as long as there is no network', async () => {
    const engine = await acting.table()
    const { transfers } = await handlersOf(engine)
    const problem = await fail(transfers, TRANSFER, asking('ann', good))
    expect(problem.type).toBe('urn:exchequer:problem:network-not-open')
  })
})
