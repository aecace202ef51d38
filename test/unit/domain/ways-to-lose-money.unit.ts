import { describe, expect, it } from 'vitest'
import { EXTERNAL, isSystem } from '../../../shared/domain/account.ts'
import { sum } from '../../../shared/domain/money.ts'
import { applyMoves } from '../../../shared/domain/moves.ts'
import { balanceOf } from '../../../shared/domain/page.ts'
import { InvalidPolicyError, parsePolicy } from '../../../shared/domain/policy/policy.ts'
import { allAccounts, settleEra } from '../../../shared/domain/settle.ts'
import { readEvent } from '../../../shared/events/contracts.ts'
import { cost, fee, metric, role, stake } from '../../support/events.ts'
import {
  HOUR_MS,
  type Json,
  netPolicyJson,
  policyJson,
  START_MS,
  split,
  toGroup,
} from '../../support/policies.ts'
import { settle, settleOne } from '../../support/settled.ts'

const working = (...accounts: string[]) => accounts.map((account) => metric(account, 'work', 1n))
const byWork = policyJson(toGroup({ metric: 'work' }))
const names = (count: number) => Array.from({ length: count }, (_, n) => `payee-${n}`)
const afterAnHour = { occurredAt: START_MS + HOUR_MS }

/** Each is how money was lost, or made, somewhere else. Those about a running service are tested with it. */
describe('ways others lost money', () => {
  it('divide-before-multiply: a share of less than one whole still pays', async () => {
    const thirds = policyJson({
      stages: [split({ a: '@a 33.3333333%', b: '@b 33.3333333%', c: '@c 33.3333333%' })],
    })
    const { lines } = await settleOne(thirds, [fee('f', 5n)])
    expect(lines.stage).toEqual({ a: '2', b: '2', c: '1' })
    const uptime = policyJson(
      toGroup({ product: [{ metric: 'work' }, { curve: 'uptime', points: [['1', '0.5%']] }] }),
    )
    const reports = [...working('ann', 'bob'), metric('ann', 'uptime', 1n), metric('bob', 'uptime', 1n)]
    expect((await settleOne(uptime, [fee('f', 6n), ...reports])).credits).toEqual({ ann: '3', bob: '3' })
  })

  it('whole-percent-shares: 150 equal payees all get theirs', async () => {
    const { credits, system } = await settleOne(byWork, [fee('f', 300n), ...working(...names(150))])
    expect(Object.values(credits)).toEqual(Array.from({ length: 150 }, () => '2'))
    expect(system).toEqual({})
    const lines = Object.fromEntries(names(150).map((name) => [name, `@${name} 0.6666666%`]))
    const { lines: shares } = await settleOne(policyJson({ stages: [split(lines)] }), [fee('f', 150n)])
    expect(Object.values(shares.stage ?? {}).every((amount) => amount === '1')).toBe(true)
  })

  it('percent-without-hundredth: a line of 25% gets a quarter', async () => {
    const { lines, system } = await settleOne(policyJson({ stages: [split({ a: '@a 25%' })] }), [
      fee('f', 400n),
    ])
    expect(lines.stage).toEqual({ a: '100', rest: '300' })
    expect(system).toEqual({ '@a': '100', '@treasury': '300' })
  })

  it('saturated-loss: costs above income are a loss, not a profit of 0', async () => {
    const genesis = { system: { '@reserve': '4' } }
    const events = [fee('f', 10n), cost('c', 13n, 'ann')]
    const covered = await settleOne(netPolicyJson({ genesis }), events)
    expect(covered).toMatchObject({ state: 'LOSS_COVERED', net: '-3', draw: '3', credits: { ann: '13' } })
    const short = await settleOne(netPolicyJson(), events)
    expect(short).toMatchObject({ state: 'LOSS_SHORT', net: '-3', draw: '0', owed: { ann: '3' } })
  })

  it('spread-remainder-lost: all of a fee is recognised, whatever does not divide', async () => {
    const json = policyJson({ income: { fee: { recognise: 'ratable' } } })
    const spread = { from: START_MS, to: START_MS + 7 * HOUR_MS }
    const { results } = await settle(json, [fee('f', 100n, { spread })], 7)
    const incomes = results.map(({ income }) => BigInt(income))
    expect(incomes).toEqual([14n, 14n, 14n, 15n, 14n, 14n, 15n])
    expect(sum(incomes)).toBe(100n)
    expect(results[6]?.system).toEqual({ '@treasury': '100' })
  })

  it('ratio-counted-twice: what is reported anew replaces what was, and shares never pass 100%', async () => {
    const staked = policyJson(toGroup({ metric: 'staked' }))
    const reports = [stake('ann', 1n), stake('bob', 3n, { id: '1' }), stake('bob', 1n, { id: '2' })]
    expect((await settleOne(staked, [fee('f', 4n), ...reports])).credits).toEqual({ ann: '2', bob: '2' })
    const level = policyJson({ ...toGroup({ metric: 'work' }), metrics: { work: 'last' } })
    const levels = [
      metric('ann', 'work', 1n),
      metric('bob', 'work', 3n, { id: '1' }),
      metric('bob', 'work', 1n, { id: '2' }),
    ]
    expect((await settleOne(level, [fee('f', 4n), ...levels])).credits).toEqual({ ann: '2', bob: '2' })
    const twice = policyJson({ stages: [split({ old: '@a 60%', new: '@a 60%' })] })
    expect(() => parsePolicy(twice)).toThrow(InvalidPolicyError)
  })

  it('pay-again: what was distributed is gone, and the same events again pay nothing', async () => {
    const events = [fee('f', 4n), ...working('ann')]
    const again = events.map((event) => ({ ...event, ...afterAnHour }))
    const { results } = await settle(byWork, [...events, ...again], 3)
    expect(results.map(({ credits }) => credits)).toEqual([{ ann: '4' }, {}, {}])
  })

  it('late-after-paid: what comes after its era was paid counts in the next, once', async () => {
    const { network } = await settle(byWork, [fee('f', 4n), ...working('ann')])
    const late = [fee('late', 6n), fee('f', 4n), metric('bob', 'work', 1n, { id: 'late' })]
    const { seal, statements } = await settleEra(network, 1, late)
    expect(seal).toMatchObject({ net: 6n, late: 2, state: 'DISTRIBUTED' })
    expect(
      statements.flatMap(({ rows }) => rows).map(({ account, credited }) => [account, credited]),
    ).toEqual([['bob', 6n]])
  })

  it('stale-price: what was reported for one era is not taken for a report of the next', async () => {
    const events = [
      fee('f1', 9n),
      metric('ann', 'work', 2n),
      metric('bob', 'work', 1n),
      fee('f2', 9n, afterAnHour),
      metric('bob', 'work', 2n, { ...afterAnHour, id: 'again' }),
    ]
    const { results } = await settle(byWork, events, 2)
    expect(results[0]?.credits).toEqual({ ann: '6', bob: '3' })
    expect(results[1]?.credits).toEqual({ bob: '9' })
  })

  it('rounding-guard-stops-withdrawal: an odd share can be spent to the last unit', async () => {
    const again = working('a', 'b', 'c').map((report) => ({
      ...report,
      id: `${report.id}-2`,
      ...afterAnHour,
    }))
    const { network, eras } = await settle(byWork, [fee('f', 100n), ...working('a', 'b', 'c'), ...again], 2)
    for (const page of network.pages.values()) {
      for (const { account, available } of page.accounts) {
        expect([33n, 34n]).toContain(available)
        const seen = { at: 0, position: 0, sealedThrough: eras.length - 1, settledTo: 0, freezes: false }
        const all = {
          move: 'transfer',
          from: account,
          to: EXTERNAL,
          amount: available,
          why: 'payout',
        } as const
        const [after] = applyMoves([page], [all], { label: 2, era: 2, ...seen })
        expect(after?.accounts.find((state) => state.account === account)).toMatchObject({ available: 0n })
      }
    }
    expect(allAccounts(network)).toHaveLength(3)
  })

  it('unexplained-dust: nothing is left over that no posting explains', async () => {
    const { eras } = await settle(byWork, [fee('f', 1_000_003n), ...working(...names(7))])
    const [era] = eras
    if (era === undefined) throw new Error('nothing was settled')
    const credited = era.statements.flatMap(({ rows }) => rows).map((row) => row.credited)
    expect(sum(credited)).toBe(1_000_003n)
    expect(era.seal.system).toEqual({})
    expect(era.seal.postings.map(({ from, to, amount }) => [from, to, amount])).toEqual([
      [EXTERNAL, '@pool', 1_000_003n],
      ['@pool', 'accounts', 1_000_003n],
    ])
  })

  it('balance-without-transaction: every balance is the sum of its statement lines', async () => {
    const json = netPolicyJson(toGroup({ metric: 'costPaid' }, {}))
    const events = [fee('f', 1_000n), cost('c', 7n, 'ann'), cost('d', 5n, 'bob'), fee('g', 99n, afterAnHour)]
    const { network, eras } = await settle(json, events, 2)
    const rows = eras.flatMap(({ statements }) => statements.flatMap((statement) => statement.rows))
    for (const state of allAccounts(network).filter(({ account }) => !isSystem(account))) {
      const own = rows.filter(({ account }) => account === state.account)
      const lines = own.flatMap((row) => row.lines.map(({ amount }) => amount))
      const capped = own.flatMap((row) => row.capped.map(({ amount }) => amount))
      expect(balanceOf(state)).toBe(sum(lines) - sum(capped))
    }
  })

  it('number-precision: 1000000000000000025 in halves is 500000000000000013 and 500000000000000012', async () => {
    const halves = policyJson({ stages: [split({ a: '@a 50%', b: '@b 50%' })] })
    const { lines } = await settleOne(halves, [fee('f', 1000000000000000025n)])
    expect(lines.stage).toEqual({ a: '500000000000000013', b: '500000000000000012' })
    const { credits } = await settleOne(byWork, [fee('f', 1000000000000000025n), ...working('ann', 'bob')])
    expect(Object.values(credits).sort()).toEqual(['500000000000000012', '500000000000000013'])
  })

  it('payee-order-matters: the same payees in another order are paid the same', async () => {
    const payees = [...names(13), 'Zoe', 'a', '0xabc']
    const pay = async (order: string[]) =>
      (await settleOne(byWork, [fee('f', 1_000n), ...working(...order)])).credits
    const paid = await pay(payees)
    expect(await pay(payees.toReversed())).toEqual(paid)
    expect(await pay(payees.toSorted())).toEqual(paid)
  })

  it('name-collision: nobody can be called like a system account, and a namesake is somebody else', async () => {
    const report = {
      id: 'm',
      account: '@pool',
      metric: 'work',
      value: '1',
      occurredAt: '2026-01-01T00:00:00Z',
    }
    expect(readEvent('MetricReported', report)).toMatchObject({
      rejection: { rule: 'account', value: '"@pool"' },
    })
    const genesis: Json = { accounts: { '@treasury': { balance: '1' } } }
    expect(() => parsePolicy(policyJson({ genesis }))).toThrow(InvalidPolicyError)
    const { credits, system } = await settleOne(byWork, [
      fee('f', 5n),
      ...working('pool', 'treasury', 'accounts'),
    ])
    expect(Object.keys(credits).sort()).toEqual(['accounts', 'pool', 'treasury'])
    expect(system).toEqual({})
  })

  it('name-collision: the account that costs without a payer go to shares in no group', async () => {
    const json = netPolicyJson(toGroup({ metric: 'costPaid' }))
    const events = [fee('f', 100n), cost('c', 10n), cost('d', 10n, 'ann'), role('ann', 'members', 'active')]
    const { credits, system } = await settleOne(json, events)
    expect(credits).toEqual({ ann: '90' })
    expect(system).toEqual({ '@expenses': '10' })
  })
})
