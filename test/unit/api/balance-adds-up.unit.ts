import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readBalance } from '../../../shared/api/balance.ts'
import { balanceResponse } from '../../../shared/api/contracts/accounts.ts'
import { pageOf } from '../../../shared/domain/account.ts'
import { sum } from '../../../shared/domain/money.ts'
import { type AccountState, balanceOf, emptyPage, newAccount } from '../../../shared/domain/page.ts'
import { HOUR, ORIGIN, settled } from './settled-network.ts'

const OPENED = ORIGIN + 3 * HOUR
const amount = fc.bigInt({ min: 1n, max: 10n ** 30n })
/** Around the open era's beginning, to the millisecond on both sides of the moments that are looked at. */
const moment = fc.integer({ min: OPENED - HOUR, max: OPENED + 4 * HOUR })
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })

const pending = fc.record({ era: fc.nat(4), amount, releaseAt: moment })
const holds = fc
  .array(fc.record({ amount, until: maybe(moment) }), { maxLength: 6 })
  .map((list) =>
    list.map(({ amount, until }, i) => ({ id: `hold-${i}`, amount, ...(until !== undefined && { until }) })),
  )
const stakes = fc
  .array(fc.record({ amount, from: moment, returnsAt: maybe(moment), isReturned: fc.boolean() }), {
    maxLength: 6,
  })
  .map((list) =>
    list.map(({ amount, from, returnsAt, isReturned }, i) => ({
      lot: `lot-${i}`,
      amount,
      lockSeconds: 0,
      from,
      lockedUntil: from,
      ...(returnsAt !== undefined && { until: from, returnsAt }),
      ...(returnsAt !== undefined && isReturned && { isReturned: true as const }),
    })),
  )

/** An account as commands and eras leave one: what it has is what came less what left. */
const account: fc.Arbitrary<AccountState> = fc
  .record({
    available: fc.bigInt({ min: 0n, max: 10n ** 30n }),
    pending: fc.array(pending, { maxLength: 6 }),
    holds,
    stakes,
    paid: fc.bigInt({ min: 0n, max: 10n ** 30n }),
    parts: fc.tuple(fc.nat(100), fc.nat(100)),
  })
  .map(({ paid, parts: [first, second], ...has }) => {
    const state = { ...newAccount('ann'), ...has, paid }
    const came = balanceOf(state) + paid
    const earned = (came * BigInt(first)) / 100n
    const deposited = ((came - earned) * BigInt(second)) / 100n
    return { ...state, earned, deposited, received: came - earned - deposited }
  })

async function balanceAt(state: AccountState, at: number) {
  const network = await settled()
  network.store.page = async () => ({ ...emptyPage(pageOf('ann')), accounts: [state] })
  network.clock.advancedTo = at
  const answer = await readBalance(network.reader, { account: 'ann' })
  expect(balanceResponse.parse(answer)).toEqual(answer)
  return answer
}

const of = (money: { amount: string }) => BigInt(money.amount)
const sumOf = (parts: { amount: { amount: string } }[]) => sum(parts.map(({ amount }) => of(amount)))

describe('a balance of any account at any time', () => {
  it('adds up: what there is, what it is made of, and where it came from', async () => {
    await fc.assert(
      fc.asyncProperty(account, fc.nat(4 * HOUR), async (state, after) => {
        const answer = await balanceAt(state, OPENED + after)
        const [total, available] = [of(answer.total), of(answer.available)]
        expect(available + of(answer.pending) + of(answer.held) + of(answer.staked)).toBe(total)
        expect(of(answer.earned) + of(answer.deposited) + of(answer.received) - of(answer.paid)).toBe(total)
        expect(total).toBe(balanceOf(state))
        expect(sumOf(answer.pendingCredits)).toBe(of(answer.pending))
        expect(sumOf(answer.holds)).toBe(of(answer.held))
        expect(sumOf(answer.returning) <= of(answer.staked)).toBe(true)
      }),
      { numRuns: 150 },
    )
  })

  it('has as available what is free and what time has released, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(account, fc.nat(4 * HOUR), async (state, after) => {
        const at = OPENED + after
        const answer = await balanceAt(state, at)
        const released = [
          ...state.pending.filter(({ era, releaseAt }) => era <= 2 && releaseAt <= at),
          ...state.holds.filter(({ until }) => until !== undefined && until <= at),
          ...state.stakes.filter(
            ({ returnsAt, isReturned }) => !isReturned && returnsAt !== undefined && returnsAt <= at,
          ),
        ]
        expect(of(answer.available)).toBe(state.available + sum(released.map(({ amount }) => amount)))
        for (const { until } of answer.holds) if (until) expect(Date.parse(until)).toBeGreaterThan(at)
        for (const { returnsAt } of answer.returning) expect(Date.parse(returnsAt)).toBeGreaterThan(at)
      }),
      { numRuns: 150 },
    )
  })

  it('has no part in what is only reported as staked', async () => {
    const lots = [{ lot: 'there', amount: 10n ** 20n, lockSeconds: 0, at: ORIGIN }]
    const answer = await balanceAt({ ...newAccount('ann'), available: 5n, deposited: 5n, lots }, OPENED)
    expect(answer).toMatchObject({ total: { amount: '5' }, staked: { amount: '0' } })
  })

  it('is not shown where it does not add up', async () => {
    const wrong = { ...newAccount('ann'), available: 5n, deposited: 4n }
    await expect(balanceAt(wrong, OPENED)).rejects.toMatchObject({ code: 'InvariantBroken' })
  })

  it('says what it owes to whom: costs not paid back, and dues', async () => {
    const answer = await balanceAt({ ...newAccount('ann'), owed: 7n, dues: { utilisation: 9n } }, OPENED)
    expect(answer).toMatchObject({ owed: { amount: '7' }, dues: { utilisation: { amount: '9' } } })
  })
})

describe('a balance on a clock that is stored', () => {
  it.each([
    ['a hold', { holds: [{ id: 'order#1', amount: 5n, until: OPENED + 1_000 }] }],
    [
      'what was unstaked',
      {
        stakes: [
          {
            lot: 'a',
            amount: 5n,
            lockSeconds: 0,
            from: ORIGIN,
            lockedUntil: ORIGIN,
            until: ORIGIN + HOUR,
            returnsAt: OPENED + 1_000,
          },
        ],
      },
    ],
  ])('lets go of %s as soon as the clock was moved, whatever was known before', async (_, waits) => {
    const network = await settled()
    const state = { ...newAccount('ann'), deposited: 5n, ...waits }
    network.store.page = async () => ({ ...emptyPage(pageOf('ann')), accounts: [state] })
    network.clock.advancedTo = OPENED + 999
    const before = await readBalance(network.reader, { account: 'ann' })
    network.clock.advancedTo = OPENED + 1_000
    const after = await readBalance(network.reader, { account: 'ann' })
    expect([before, after].map(({ available }) => available.amount)).toEqual(['0', '5'])
    network.reads.length = 0
    await readBalance(network.reader, { account: 'ann' })
    expect(network.reads).toEqual(['page'])
  })
})

describe('a balance on a wall clock', () => {
  it('lets go of a hold by itself, and reads nothing again for that', async () => {
    const json = (await import('./settled-network.ts')).policyJson
    const network = await settled({ json: { ...json, era: { ...json.era, clock: 'wall' } } })
    const holds = [{ id: 'order#1', amount: 5n, until: OPENED + 1_000 }]
    const state = { ...newAccount('ann'), deposited: 5n, holds }
    network.store.page = async () => ({ ...emptyPage(pageOf('ann')), accounts: [state] })
    network.wall.now = OPENED + 999
    const before = await readBalance(network.reader, { account: 'ann' })
    expect(before).toMatchObject({ available: { amount: '0' }, held: { amount: '5' } })
    network.reads.length = 0
    network.wall.now = OPENED + 1_000
    const after = await readBalance(network.reader, { account: 'ann' })
    expect(after).toMatchObject({ available: { amount: '5' }, held: { amount: '0' }, holds: [] })
    expect(network.reads).toEqual(['page'])
  })
})
