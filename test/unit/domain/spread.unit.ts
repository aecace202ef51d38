import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { OpenSpread } from '../../../shared/domain/facts.ts'
import { MAX_AMOUNT } from '../../../shared/domain/money.ts'
import { WHOLE } from '../../../shared/domain/percent.ts'
import { parsePolicy } from '../../../shared/domain/policy/policy.ts'
import { recognise, recognisedThrough } from '../../../shared/domain/spread.ts'
import { cost, due, ending, fee } from '../../support/events.ts'
import {
  blockPolicyJson,
  HOUR_MS,
  netPolicyJson,
  policyJson,
  START_MS,
  split,
} from '../../support/policies.ts'
import { settle } from '../../support/settled.ts'

const ratable = { income: { fee: { recognise: 'ratable' } } }
const hours = (from: number, to: number) => ({ from: START_MS + from * HOUR_MS, to: START_MS + to * HOUR_MS })
const at = (hour: number) => ({ occurredAt: START_MS + hour * HOUR_MS })

describe('recognising by cumulative floor', () => {
  it('parts of neighbouring eras sum to the whole amount, and never fall behind by a unit', () => {
    fc.assert(
      fc.property(
        fc.bigInt(0n, MAX_AMOUNT),
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.integer({ min: 1, max: 60 }),
        (amount, from, length, eras) => {
          const era = Math.ceil((from + length) / eras)
          const spread = { amount, from, to: from + length }
          let before = recognisedThrough(spread, 0)
          expect(before).toBe(0n)
          for (let position = era; position < from + length + era; position += era) {
            const through = recognisedThrough(spread, position)
            expect(through >= before).toBe(true)
            before = through
          }
          expect(before).toBe(amount)
        },
      ),
    )
  })

  it('a third of 100 each: 33, 33 and 34', () => {
    const through = [1, 2, 3].map((position) => recognisedThrough({ amount: 100n, from: 0, to: 3 }, position))
    expect(through).toEqual([33n, 66n, 100n])
  })
})

describe('given a ratable fee with a spread', () => {
  it('when eras pass, then it leaves @deferred bit by bit, and all of it', async () => {
    const { results } = await settle(policyJson(ratable), [fee('f', 100n, { spread: hours(0, 3) })], 4)
    expect(results.map(({ income }) => income)).toEqual(['33', '33', '34', '0'])
    expect(results.map(({ system }) => system['@deferred'])).toEqual(['67', '34', undefined, undefined])
  })

  it('when it begins before the era that counts it, then what lies before moves in that one', async () => {
    const { results } = await settle(policyJson(ratable), [fee('f', 100n, { spread: hours(-2, 2) })], 2)
    expect(results.map(({ income }) => income)).toEqual(['75', '25'])
  })

  it('when it begins later, then nothing moves before', async () => {
    const { results } = await settle(policyJson(ratable), [fee('f', 100n, { spread: hours(1, 2) })], 2)
    expect(results.map(({ income }) => income)).toEqual(['0', '100'])
  })

  it('when eras are blocks, then positions are blocks', async () => {
    const charged = fee('f', 8n, { block: 3, spread: { from: 5, to: 13 } })
    const { results } = await settle(blockPolicyJson(ratable), [charged], 2)
    expect(results.map(({ income }) => income)).toEqual(['5', '3'])
  })
})

describe('given a spread that is ended', () => {
  const charged = fee('f', 100n, { spread: hours(0, 4) })

  it('when its moment comes, then a fee moves up to it and the rest is refunded', async () => {
    const end = ending('e', charged, { ...at(1.5), refundTo: 'ann' })
    const { results } = await settle(policyJson(ratable), [charged, end], 3)
    expect(results.map(({ income }) => income)).toEqual(['25', '12', '0'])
    expect(results[1]).toMatchObject({ credits: { ann: '63' }, system: { '@treasury': '37' } })
  })

  it('when no account is named, then the refund goes where the rest of the kind goes', async () => {
    const json = policyJson({ income: { fee: { recognise: 'ratable', restTo: '@insurance' } } })
    const { results } = await settle(json, [charged, ending('e', charged, at(1))], 2)
    expect(results[1]?.system).toEqual({ '@insurance': '75', '@treasury': '25' })
  })

  it('when the refund goes to an account of a stage, then the stage of the same era has it', async () => {
    const json = policyJson({
      ...ratable,
      stages: [
        split({ all: '@treasury 100%' }),
        split({ all: '@paid 100%' }, { id: 'operator', from: '@operator', rest: '@paid' }),
      ],
    })
    const { results } = await settle(json, [charged, ending('e', charged, at(0))], 1)
    expect(results[0]).toMatchObject({ lines: { operator: { all: '100' } }, system: { '@paid': '100' } })
  })

  it('when it ends before it begins, then all of it is refunded', async () => {
    const late = fee('f', 100n, { spread: hours(3, 4) })
    const { results } = await settle(policyJson(ratable), [late, ending('e', late, at(1))], 4)
    expect(results.map(({ income }) => income)).toEqual(['0', '0', '0', '0'])
    expect(results[3]?.system).toEqual({ '@operator': '100' })
  })

  it('when it was over already, then nothing is refunded', async () => {
    const { results } = await settle(policyJson(ratable), [charged, ending('e', charged, at(5))], 6)
    expect(results[5]?.system).toEqual({ '@treasury': '100' })
  })

  it('when two endings name it, then the earlier one counts; at one moment the first by id', async () => {
    const [a, b, z] = [
      ending('b', charged, { ...at(1), refundTo: 'bob' }),
      ending('a', charged, { ...at(2), refundTo: 'ann' }),
      ending('z', charged, { ...at(1), refundTo: 'a-zoe' }),
    ]
    const { results } = await settle(policyJson(ratable), [charged, a, b, z], 3)
    expect(results.map(({ credits }) => credits)).toEqual([{}, { bob: '75' }, {}])
  })

  it('when the ending comes first, then it waits for its event', async () => {
    const later = fee('f', 100n, { ...at(1), spread: hours(0, 4) })
    const { results } = await settle(policyJson(ratable), [ending('e', later, at(0.5)), later], 3)
    expect(results.map(({ income }) => income)).toEqual(['0', '12', '0'])
    expect(results[1]?.system).toEqual({ '@operator': '88', '@treasury': '12' })
  })

  it('when it is a cost, then the rest of it is never recognised', async () => {
    const bought = cost('c', 100n, 'ann', { spread: hours(0, 4) })
    const { results } = await settle(netPolicyJson(), [bought, ending('e', bought, at(1.5))], 4)
    expect(results.map((era) => era.cost)).toEqual(['25', '37', '37', '37'])
  })

  it('when it is a due, then no more of it falls due', async () => {
    const owed = due('ann', 'rent', 100n, { spread: hours(0, 4) })
    const json = policyJson({
      stages: [
        {
          id: 'stage',
          from: '@pool',
          take: [{ id: 'rent', to: 'group:landlords', obligation: 'rent' }],
          rest: '@treasury',
        },
      ],
      groups: { landlords: { weight: { metric: 'none' }, ifEmpty: '@treasury' } },
    })
    const events = [fee('f', 1_000n), fee('g', 1_000n, at(1)), fee('h', 1_000n, at(2)), owed]
    const { results } = await settle(json, [...events, ending('e', owed, at(1.5))], 3)
    expect(results.map(({ lines }) => lines.stage?.rent)).toEqual(['25', '12', '0'])
  })
})

describe('given an ending that comes late', () => {
  const policy = parsePolicy(policyJson({ era: { ...(policyJson().era as object), lateness: 'PT3H' } }))
  const open: OpenSpread = {
    of: 'FeeCharged',
    id: 'f',
    account: '@operator',
    kind: 'fee',
    amount: 100n,
    recognised: 50n,
    ...hours(0, 4),
  }
  const end = { of: open.of, id: 'f', at: START_MS + HOUR_MS, by: 'e', occurredAt: START_MS + HOUR_MS }

  it('when more is recognised than its moment says, then that stays and the rest is refunded', () => {
    const { income, refunds, carried } = recognise(policy, 2, START_MS, { spreads: [open], endings: [end] })
    expect({ income, refunds }).toEqual({ income: {}, refunds: [{ account: '@operator', amount: 50n }] })
    expect(carried).toEqual({ spreads: [], endings: [] })
  })

  it('when its event does not come, then it is kept for lateness and forgotten after that', () => {
    const through = (latest: number) => recognise(policy, 2, latest, { spreads: [], endings: [end] }).carried
    expect(through(START_MS + 4 * HOUR_MS).endings).toEqual([end])
    expect(through(START_MS + 4 * HOUR_MS + 1).endings).toEqual([])
  })
})

describe('given what a command has begun', () => {
  const policy = parsePolicy(policyJson())
  const END = START_MS + HOUR_MS
  const open: OpenSpread = {
    of: 'Charge',
    id: 'b',
    account: 'ann',
    kind: 'fee',
    amount: 100n,
    recognised: 0n,
    ...hours(0, 4),
  }
  const ended = { of: open.of, id: 'b', at: END, by: '', occurredAt: END }

  it('when it ends with the era, then that is left to the next one', () => {
    const first = recognise(policy, 0, START_MS, { spreads: [open], endings: [ended] })
    expect(first).toMatchObject({ income: { fee: 25n }, refunds: [] })
    expect(first.carried).toEqual({ spreads: [{ ...open, recognised: 25n }], endings: [ended] })
    const second = recognise(policy, 1, START_MS, first.carried)
    expect(second.refunds).toEqual([{ account: 'ann', amount: 75n }])
    expect(second.carried).toEqual({ spreads: [], endings: [] })
  })

  it('when the network keeps all that is left, then nothing is refunded', () => {
    const kept = { ...ended, at: END - 1, keep: WHOLE }
    const { income, refunds } = recognise(policy, 0, START_MS, { spreads: [open], endings: [kept] })
    expect({ income, refunds }).toEqual({ income: { fee: 100n }, refunds: [] })
  })

  it.each(['Charge', 'Due'] as const)('when a %s is over already, then its ending is not kept', (of) => {
    const { carried } = recognise(policy, 0, START_MS, { spreads: [], endings: [{ ...ended, of }] })
    expect(carried.endings).toEqual([])
  })
})

describe('of several endings, in whichever order they come,', () => {
  const charged = { of: 'FeeCharged', id: 'f' } as const
  const open: OpenSpread = {
    ...charged,
    account: '@operator',
    kind: 'fee',
    amount: 100n,
    recognised: 0n,
    ...hours(0, 4),
  }
  const end = (by: string, hour: number, told = hour) => ({
    ...charged,
    at: START_MS + hour * HOUR_MS,
    refundTo: by,
    by,
    occurredAt: START_MS + told * HOUR_MS,
  })

  it.each([
    ['the earliest counts', end('z', 0.25), end('a', 0.5)],
    ['of those at one position the one told first', end('z', 0.5, 0.25), end('a', 0.5, 0.3)],
    ['of those told at one moment the first by id', end('a', 0.5), end('z', 0.5)],
  ])('%s', (_which, counts, other) => {
    for (const endings of [
      [counts, other],
      [other, counts],
    ]) {
      const { refunds } = recognise(parsePolicy(policyJson()), 0, START_MS, { spreads: [open], endings })
      expect(refunds.map(({ account }) => account)).toEqual([counts.by])
    }
  })
})
