import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { pageOf } from '../../../shared/domain/account.ts'
import { shortId } from '../../../shared/ledger/short-id.ts'
import { stake as reported } from '../../support/events.ts'
import { policyJson, START_MS } from '../../support/policies.ts'
import { type Acting, asking, hours, startActing } from './acting.ts'
import { ask, fail, type Request, read } from './gateway.ts'

const STAKE = 'POST /accounts/{account}/stakes'
const UNSTAKE = 'POST /accounts/{account}/stakes/{lot}/unstake'
const SLASH = 'POST /accounts/{account}/slashes'
const STAKES = 'GET /accounts/{account}/stakes'
const BALANCE = 'GET /accounts/{account}/balance'
const ENTRIES = 'GET /accounts/{account}/entries'
const TRANSFER = 'POST /accounts/{account}/transfers'

const council = { claims: { account: 'council', scope: 'stakes:slash' } }
const of = (amount: string) => ({ amount, asset: 'TEST', decimals: 0 })

let acting: Awaited<ReturnType<typeof startActing>>
let network: Acting

beforeAll(async () => {
  acting = await startActing()
  network = await acting.open(policyJson({ staking: { unbonding: 'PT2H' } }))
})
afterAll(() => acting.stop())

type Route = typeof STAKE | typeof UNSTAKE | typeof SLASH
const act = (route: Route, request: Request, on = network) => read(on.handlers.stakes, route, request)
const refused = async (route: Route, request: Request, on = network) => {
  const { type, detail } = await fail(on.handlers.stakes, route, request)
  return [type.replace('urn:exchequer:problem:', ''), detail]
}
const unstaking = (account: string, lot: string, body: object = {}) =>
  asking(account, body, { path: { account, lot } })
const stakesOf = async (account: string, on = network) =>
  (await read(on.handlers.accounts, STAKES, { path: { account } })).stakes
const balanceOf = (account: string, on = network) =>
  read(on.handlers.accounts, BALANCE, { path: { account } })

describe('a stake', () => {
  it('is made of what is available, listed, and neither paid nor staked again', async () => {
    await network.give('ann', 100n)
    const request = asking('ann', { amount: '60', lot: 'node-1', lockSeconds: 90 })
    const answer = await act(STAKE, request)
    expect(answer).toMatchObject({
      account: 'ann',
      lot: 'node-1',
      amount: of('60'),
      lockSeconds: 90,
      at: '2026-01-01T00:00:00Z',
      lockedUntil: '2026-01-01T00:01:30Z',
      era: 0,
    })
    expect(await stakesOf('ann')).toEqual([
      {
        origin: 'held',
        lot: 'node-1',
        amount: of('60'),
        lockSeconds: 90,
        from: '2026-01-01T00:00:00Z',
        lockedUntil: '2026-01-01T00:01:30Z',
      },
    ])
    expect(await balanceOf('ann')).toMatchObject({
      available: of('40'),
      staked: of('60'),
      total: of('100'),
      returning: [],
    })
    const spend = await fail(network.handlers.transfers, TRANSFER, asking('ann', { to: 'bob', amount: '41' }))
    expect(spend.type).toBe('urn:exchequer:problem:not-enough')
    expect((await refused(STAKE, asking('ann', { amount: '41' })))[0]).toBe('not-enough')
    expect(await act(STAKE, request)).toEqual(answer)
    expect((await balanceOf('ann')).staked).toEqual(of('60'))
  })

  it('is called by its command where nobody says how, the same however often it is asked for', async () => {
    await network.give('unnamed', 10n)
    const request = asking('unnamed', { amount: '3' })
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => ask(network.handlers.stakes, STAKE, request)),
    )
    const lots = answers.map(({ text }) => JSON.parse(text).lot)
    expect(new Set(lots).size).toBe(1)
    expect(lots[0]).toMatch(/^[0-9a-f]{26}$/)
    expect(await balanceOf('unnamed')).toMatchObject({ staked: of('3'), available: of('7') })
    const other = await act(STAKE, asking('unnamed', { amount: '3' }))
    expect(other.lot).not.toBe(lots[0])
  })

  it('is at most one of 64, those on their way back included', async () => {
    await network.give('many', 100n)
    for (let n = 0; n < 64; n += 1) await act(STAKE, asking('many', { amount: '1', lot: `lot-${n}` }))
    expect(await stakesOf('many')).toHaveLength(64)
    const [problem, detail] = await refused(STAKE, asking('many', { amount: '1' }))
    expect(problem).toBe('too-many-stakes')
    expect(detail).toContain('at most 64 stakes')
    await act(UNSTAKE, unstaking('many', 'lot-0'))
    expect((await refused(STAKE, asking('many', { amount: '1' })))[0]).toBe('too-many-stakes')
    expect(await balanceOf('many')).toMatchObject({ available: of('36'), staked: of('64') })
  })

  it('of one name is there once', async () => {
    await network.give('once', 10n)
    await act(STAKE, asking('once', { amount: '1', lot: 'a' }))
    expect((await refused(STAKE, asking('once', { amount: '1', lot: 'a' })))[0]).toBe('stake-exists')
    expect(await network.available('once')).toBe(9n)
  })

  const lot = 'a stake is called by 1 to 64 of A-Z a-z 0-9 : . _ -'
  const lock = 'a lock is a whole number of seconds, from 0 to 100 years'
  it.each<[string, object, string]>([
    ['without an amount', {}, 'amount: an amount that moves'],
    ['of nothing', { amount: '0' }, 'amount: an amount that moves'],
    ['with a name that no path has', { amount: '1', lot: 'a/b' }, `lot: ${lot}: got "a/b"`],
    ['with an empty name', { amount: '1', lot: '' }, `lot: ${lot}: got ""`],
    ['locked for less than nothing', { amount: '1', lockSeconds: -1 }, `lockSeconds: ${lock}: got -1`],
    ['locked for a part of a second', { amount: '1', lockSeconds: 0.5 }, `lockSeconds: ${lock}: got 0.5`],
    ['locked by a text', { amount: '1', lockSeconds: '90' }, `lockSeconds: ${lock}: got "90"`],
    ['locked for ever', { amount: '1', lockSeconds: 4e9 }, `lockSeconds: ${lock}: got 4000000000`],
    ['with an unknown key', { amount: '1', days: 3 }, 'body: unknown key days'],
  ])('is refused %s', async (_, body, detail) => {
    const [problem, words] = await refused(STAKE, asking('once', body))
    expect(problem).toBe('invalid-body')
    expect(words).toContain(detail)
  })
})

describe('a lock', () => {
  let own: Acting
  beforeEach(async () => {
    own = await acting.open(policyJson({ staking: { unbonding: 'PT2H' } }))
    await own.give('ann', 10n)
  })
  const at = (ms: number) => own.advance(new Date(START_MS + ms).toISOString())

  it('holds from the first second to the last', async () => {
    await act(STAKE, asking('ann', { amount: '10', lot: 'a', lockSeconds: 600 }), own)
    expect(await refused(UNSTAKE, unstaking('ann', 'a'), own)).toEqual([
      'stake-locked',
      'a lock holds from the first second to the last: a of ann is locked until 2026-01-01T00:10:00Z, now is 2026-01-01T00:00:00Z',
    ])
    await at(599_999)
    expect((await refused(UNSTAKE, unstaking('ann', 'a'), own))[0]).toBe('stake-locked')
    await at(600_000)
    const answer = await act(UNSTAKE, unstaking('ann', 'a'), own)
    expect(answer).toMatchObject({
      lot: 'a',
      amount: of('10'),
      at: '2026-01-01T00:10:00Z',
      returnsAt: '2026-01-01T02:10:00Z',
    })
  })

  it('is counted from when the stake was made, not from when the era began', async () => {
    await at(1_800_000)
    const answer = await act(STAKE, asking('ann', { amount: '10', lot: 'a', lockSeconds: 60 }), own)
    expect(answer.lockedUntil).toBe('2026-01-01T00:31:00Z')
    await at(1_859_999)
    expect((await refused(UNSTAKE, unstaking('ann', 'a'), own))[0]).toBe('stake-locked')
    await at(1_860_000)
    await act(UNSTAKE, unstaking('ann', 'a'), own)
  })

  it('of none lets it go at once', async () => {
    await act(STAKE, asking('ann', { amount: '10', lot: 'a' }), own)
    await act(UNSTAKE, unstaking('ann', 'a'), own)
  })
})

describe('what is unstaked', () => {
  it('comes back by itself when it is unbonded, to the millisecond', async () => {
    const own = await acting.open(policyJson({ staking: { unbonding: 'PT30M' } }))
    await own.give('ann', 10n)
    await act(STAKE, asking('ann', { amount: '10', lot: 'a' }), own)
    const request = unstaking('ann', 'a', { amount: '4' })
    const answer = await act(UNSTAKE, request, own)
    expect(await balanceOf('ann', own)).toMatchObject({
      available: of('0'),
      staked: of('10'),
      returning: [{ lot: 'a', amount: of('4'), returnsAt: '2026-01-01T00:30:00Z' }],
    })
    expect(
      (await stakesOf('ann', own)).map(({ amount, returnsAt }: Record<string, unknown>) => [
        amount,
        returnsAt,
      ]),
    ).toEqual([
      [of('6'), undefined],
      [of('4'), '2026-01-01T00:30:00Z'],
    ])
    const spend = (key: string) => asking('ann', { to: 'bob', amount: '4' }, { key })
    await own.advance(new Date(START_MS + 30 * 60_000 - 1).toISOString())
    expect((await balanceOf('ann', own)).available).toEqual(of('0'))
    expect((await fail(own.handlers.transfers, TRANSFER, spend('early'))).type).toBe(
      'urn:exchequer:problem:not-enough',
    )
    await own.advance(new Date(START_MS + 30 * 60_000).toISOString())
    expect(await balanceOf('ann', own)).toMatchObject({ available: of('4'), staked: of('6'), returning: [] })
    await read(own.handlers.transfers, TRANSFER, spend('now'))
    expect(await balanceOf('ann', own)).toMatchObject({ available: of('0'), paid: of('4'), total: of('6') })
    expect(await act(UNSTAKE, request, own)).toEqual(answer)
    expect((await stakesOf('ann', own)).map(({ amount }: { amount: object }) => amount)).toEqual([of('6')])
  })

  it('takes a week where the policy says nothing', async () => {
    const own = await acting.open(policyJson())
    await own.give('ann', 10n)
    await act(STAKE, asking('ann', { amount: '10', lot: 'a' }), own)
    expect((await act(UNSTAKE, unstaking('ann', 'a'), own)).returnsAt).toBe('2026-01-08T00:00:00Z')
  })

  it('may be staked again under its name, and is no more than is staked', async () => {
    await network.give('again', 10n)
    await act(STAKE, asking('again', { amount: '6', lot: 'a' }))
    expect((await refused(UNSTAKE, unstaking('again', 'a', { amount: '7' })))[0]).toBe('stake-too-small')
    await act(UNSTAKE, unstaking('again', 'a'))
    expect((await refused(UNSTAKE, unstaking('again', 'a')))[0]).toBe('stake-not-held')
    await act(STAKE, asking('again', { amount: '4', lot: 'a' }))
    expect(await balanceOf('again')).toMatchObject({ available: of('0'), staked: of('10') })
  })

  it('is the own of an account, or of who may write for all', async () => {
    await network.give('mine', 10n)
    await act(STAKE, asking('mine', { amount: '6', lot: 'a' }))
    const thief = { ...unstaking('mine', 'a'), claims: { account: 'thief', scope: 'stakes:slash' } }
    expect((await refused(UNSTAKE, thief))[0]).toBe('not-yours')
    expect((await refused(STAKE, asking('mine', { amount: '1' }, { claims: { account: 'thief' } })))[0]).toBe(
      'not-yours',
    )
    const guardian = { ...unstaking('mine', 'a'), claims: { account: 'guardian', scope: 'accounts:write' } }
    expect((await act(UNSTAKE, guardian)).amount).toEqual(of('6'))
  })

  it('of another body under one key is refused', async () => {
    await network.give('keyed', 10n)
    await act(STAKE, asking('keyed', { amount: '6', lot: 'a' }, { key: 'one' }))
    expect((await refused(STAKE, asking('keyed', { amount: '5', lot: 'a' }, { key: 'one' })))[0]).toBe(
      'idempotency-key-reused',
    )
    const request = { ...unstaking('keyed', 'a', { amount: '1' }), headers: { 'idempotency-key': 'two' } }
    await act(UNSTAKE, request)
    expect((await refused(UNSTAKE, { ...request, body: {} }))[0]).toBe('idempotency-key-reused')
    expect((await refused(UNSTAKE, { ...request, headers: {} }))[0]).toBe('idempotency-key-needed')
    expect((await balanceOf('keyed')).returning).toMatchObject([{ amount: of('1') }])
  })
})

describe('a stake that is only reported', () => {
  it('is listed as what it is, and can never be unstaked or slashed into tokens', async () => {
    const own = await acting.open(policyJson())
    await own.book([reported('ann', 500n, { lot: 'there', lockSeconds: 60 })])
    await own.passTo(1)
    expect(await stakesOf('ann', own)).toEqual([
      {
        origin: 'reported',
        lot: 'there',
        amount: of('500'),
        lockSeconds: 60,
        reportedAt: expect.any(String),
      },
    ])
    expect(await refused(UNSTAKE, unstaking('ann', 'there'), own)).toEqual([
      'stake-not-held',
      'what is unstaked or slashed is held here: there of ann is reported from outside and no tokens of it are here',
    ])
    const slash = asking('ann', { lot: 'there', amount: '1', reason: 'x' }, council)
    expect((await refused(SLASH, slash, own))[0]).toBe('stake-not-held')
    expect(await balanceOf('ann', own)).toMatchObject({ available: of('0'), staked: of('0'), total: of('0') })
  })

  it('leaves a stake held here under the same name alone', async () => {
    const own = await acting.open(policyJson())
    await own.give('ann', 10n)
    await act(STAKE, asking('ann', { amount: '10', lot: 'default' }), own)
    await own.book([reported('ann', 500n)])
    await own.passTo(1)
    expect(
      (await stakesOf('ann', own)).map(({ origin, amount }: Record<string, unknown>) => [origin, amount]),
    ).toEqual([
      ['held', of('10')],
      ['reported', of('500')],
    ])
    expect((await act(UNSTAKE, unstaking('ann', 'default'), own)).amount).toEqual(of('10'))
  })
})

describe('slashing', () => {
  const slashing = (account: string, body: object, more: Request & { key?: string } = council) =>
    asking(account, { lot: 'a', amount: '3', reason: 'signed twice', ...body }, more)

  it('takes what is staked, locked or on its way back, and says who and why', async () => {
    const own = await acting.open(policyJson())
    await own.give('ann', 10n)
    await act(STAKE, asking('ann', { amount: '6', lot: 'a' }), own)
    await act(UNSTAKE, unstaking('ann', 'a', { amount: '2' }), own)
    const request = slashing('ann', { amount: '5' })
    const answer = await act(SLASH, request, own)
    expect(answer).toMatchObject({
      account: 'ann',
      lot: 'a',
      amount: of('5'),
      to: '@burn',
      reason: 'signed twice',
      by: 'council',
    })
    expect(await act(SLASH, request, own)).toEqual(answer)
    expect(await balanceOf('ann', own)).toMatchObject({
      available: of('4'),
      staked: of('1'),
      returning: [{ amount: of('1') }],
      paid: of('5'),
      total: of('5'),
    })
    const { entries } = await read(own.handlers.accounts, ENTRIES, { path: { account: 'ann' } })
    expect(entries[0]).toMatchObject({
      command: answer.command,
      moves: [
        {
          move: 'slash',
          amount: of('5'),
          change: of('-5'),
          other: '@burn',
          lot: 'a',
          by: 'council',
          memo: 'signed twice',
          why: { code: 'slash' },
        },
      ],
    })
    const command = `cmd#council#${SLASH}#${request.headers?.['idempotency-key']}`
    expect(shortId(command)).toBe(answer.command)
    expect(await own.store.journal.read(command)).toMatchObject({
      moves: [{ move: 'slash', by: 'council', reason: 'signed twice' }],
    })
    await own.passTo(1)
    expect((await own.store.system.read()).balances).toMatchObject({ '@burn': 5n })
    const { accounts } = await own.store.pages.read(pageOf('ann'))
    expect(accounts.find(({ account }) => account === 'ann')).toMatchObject({ outbox: [], paid: 5n })
  })

  it('holds although the lock does', async () => {
    await network.give('locked', 10n)
    await act(STAKE, asking('locked', { amount: '10', lot: 'a', lockSeconds: 86_400 }))
    await act(SLASH, slashing('locked', { amount: '10', to: '@treasury' }))
    expect(await balanceOf('locked')).toMatchObject({ staked: of('0'), total: of('0'), paid: of('10') })
    expect(await stakesOf('locked')).toEqual([])
  })

  it.each<[string, object, Request, string]>([
    ['without the scope', {}, { claims: { account: 'council', scope: 'accounts:write' } }, 'missing-scope'],
    ['by the account itself', {}, { claims: { account: 'careful' } }, 'missing-scope'],
    ['by a token of nobody', {}, { claims: { scope: 'stakes:slash' } }, 'unauthenticated'],
    ['without a key', {}, { ...council, headers: {} }, 'idempotency-key-needed'],
    ['of another stake', { lot: 'b' }, council, 'stake-not-held'],
    ['of more than is staked', { amount: '11' }, council, 'stake-too-small'],
    ['without a reason', { reason: undefined }, council, 'invalid-body'],
    ['for a participant', { to: 'council' }, council, 'invalid-body'],
    ['for the world outside', { to: '@external' }, council, 'invalid-body'],
    ['for what is deferred', { to: '@deferred' }, council, 'invalid-body'],
    ['for what is still to vest', { to: '@vesting' }, council, 'invalid-body'],
    ['of nothing', { amount: '0' }, council, 'invalid-body'],
  ])('is refused %s', async (_, body, more, problem) => {
    const known = await network.store.pages.read(pageOf('careful'))
    if (known.version === 0) {
      await network.give('careful', 10n)
      await act(STAKE, asking('careful', { amount: '10', lot: 'a' }))
    }
    expect((await refused(SLASH, slashing('careful', body, more)))[0]).toBe(problem)
    expect((await balanceOf('careful')).staked).toEqual(of('10'))
  })

  it('with the key of another request is refused; the same key of another caller is another command', async () => {
    await network.give('slashed', 10n)
    await act(STAKE, asking('slashed', { amount: '10', lot: 'a' }))
    await act(SLASH, slashing('slashed', {}, { ...council, key: 'one' }))
    expect((await refused(SLASH, slashing('slashed', { amount: '4' }, { ...council, key: 'one' })))[0]).toBe(
      'idempotency-key-reused',
    )
    const jury = { claims: { account: 'jury', scope: 'stakes:slash' }, key: 'one' }
    expect((await act(SLASH, slashing('slashed', {}, jury))).by).toBe('jury')
    expect((await balanceOf('slashed')).staked).toEqual(of('4'))
  })
})

describe('a stake across eras', () => {
  it('shows in the entries of the era it was made in', async () => {
    const own = await acting.open(policyJson())
    await own.give('ann', 10n)
    await own.passTo(3)
    await act(STAKE, asking('ann', { amount: '10', lot: 'a' }), own)
    const { entries } = await read(own.handlers.accounts, ENTRIES, {
      path: { account: 'ann' },
      query: { era: '3' },
    })
    expect(entries).toMatchObject([
      {
        era: 3,
        at: hours(3).replace('.000', ''),
        moves: [{ move: 'stake', lot: 'a', change: of('0'), amount: of('10') }],
      },
    ])
  })
})
