import { describe, expect, it } from 'vitest'
import { due, fee, metric, role } from '../../support/events.ts'
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

const inEra = (era: number) => ({ occurredAt: START_MS + era * HOUR_MS })
const take = (lines: Json[], changes: Json = {}): Json => ({
  id: 'stage',
  from: '@pool',
  take: lines,
  rest: '@treasury',
  ...changes,
})
const landlords = { groups: { landlords: { weight: { metric: 'none' }, ifEmpty: '@nobody' } } }
const rent = { id: 'rent', to: 'group:landlords', obligation: 'rent' }

describe('given a stage that takes in order', () => {
  const taking = policyJson({
    stages: [
      take([
        { id: 'fixed', to: '@a', fixed: '30' },
        { id: 'top-up', to: '@b', topUpTo: '50' },
        { id: 'half', to: '@c', restShare: '50%' },
      ]),
    ],
    genesis: { system: { '@b': '20' } },
  })

  it.each([
    [101n, { fixed: '30', 'top-up': '30', half: '20', rest: '21' }],
    [40n, { fixed: '30', 'top-up': '10', half: '0' }],
    [10n, { fixed: '10', 'top-up': '0', half: '0' }],
  ])('when there are %d, then each takes of what is left', async (amount, lines) => {
    expect((await settleOne(taking, [fee('f', amount)])).lines.stage).toEqual(lines)
  })

  it('when the account is full, then nothing tops it up', async () => {
    const full = { ...taking, genesis: { system: { '@b': '60' } } }
    expect((await settleOne(full, [fee('f', 100n)])).lines.stage).toMatchObject({ 'top-up': '0' })
  })
})

describe('given dues', () => {
  const paying = policyJson({ stages: [take([rent])], ...landlords })

  it('when there is enough, then each is paid whatever the status of its account', async () => {
    const events = [
      fee('f', 100n),
      due('ann', 'rent', 30n),
      due('bob', 'rent', 20n),
      role('ann', 'landlords', 'left'),
    ]
    const { credits, lines } = await settleOne(paying, events)
    expect({ credits, lines }).toEqual({
      credits: { ann: '30', bob: '20' },
      lines: { stage: { rent: '50', rest: '50' } },
    })
  })

  it('when there is not, then they are paid by cascade, and former ones come first in the next era', async () => {
    const events = [
      fee('f', 25n),
      due('ann', 'rent', 30n),
      due('bob', 'rent', 20n),
      fee('g', 30n, inEra(1)),
      due('cay', 'rent', 10n, inEra(1)),
      fee('h', 9n, inEra(2)),
    ]
    const { results } = await settle(paying, events, 3)
    expect(results.map(({ credits }) => credits)).toEqual([
      { ann: '15', bob: '10' },
      { ann: '15', bob: '10', cay: '5' },
      { cay: '5' },
    ])
  })

  it('when two lines pay two obligations, then each pays its own, and only who is paid is in the plan', async () => {
    const power = { id: 'power', to: 'group:landlords', obligation: 'power' }
    const both = policyJson({ stages: [take([rent, power])], ...landlords })
    const events = [fee('f', 100n), due('ann', 'rent', 30n), due('bob', 'power', 20n)]
    const { eras, results } = await settle(both, events)
    expect(results[0]).toMatchObject({
      credits: { ann: '30', bob: '20' },
      lines: { stage: { rent: '30', power: '20', rest: '50' } },
    })
    expect(
      eras[0]?.plan.payments.map(({ why, parts }) => ({ why, paid: parts.map(({ total }) => total) })),
    ).toEqual([
      { why: 'dues.rent.current', paid: [30n] },
      { why: 'dues.power.current', paid: [20n] },
    ])
  })

  it('when the stage does not run, then they stay due', async () => {
    const { results } = await settle(
      { ...paying, minimum: '20' },
      [fee('f', 15n), due('ann', 'rent', 10n), fee('g', 15n, inEra(1))],
      2,
    )
    expect(results.map(({ lines }) => lines)).toEqual([{}, { stage: { rent: '10', rest: '20' } }])
  })
})

describe('given a chain of stages', () => {
  const chain = (changes: Json = {}) =>
    policyJson({
      stages: [
        split({ half: '@half 50%' }),
        split({ all: '@end 100%' }, { id: 'second', from: '@half', rest: '@end' }),
      ],
      minimum: '10',
      ...changes,
    })

  it('when the pool is distributed, then the next stage has what the first sent, and what was there', async () => {
    const json = chain({ genesis: { system: { '@half': '7' } } })
    expect((await settleOne(json, [fee('f', 20n)])).lines).toEqual({
      stage: { half: '10', rest: '10' },
      second: { all: '17' },
    })
  })

  it('when the pool is carried, then a stage from elsewhere runs all the same', async () => {
    const json = chain({ genesis: { system: { '@half': '7' } } })
    expect((await settleOne(json, [fee('f', 5n)])).lines).toEqual({ second: { all: '7' } })
  })

  it('when an earlier group is empty, then its amount comes after all stages, and is read in the next era', async () => {
    const json = policyJson({
      stages: [
        split({ members: 'group:members 100%' }),
        split({ all: '@end 100%' }, { id: 'second', from: '@nobody', rest: '@end' }),
      ],
      groups: toGroup({ metric: 'work' }).groups,
    })
    const { results } = await settle(json, [fee('f', 9n)], 2)
    expect(results.map(({ lines }) => lines.second)).toEqual([{ all: '0' }, { all: '9' }])
    expect(results.map(({ system }) => system)).toEqual([{ '@nobody': '9' }, { '@end': '9' }])
  })

  it('when expenses are paid back, then a stage of the same era can read them', async () => {
    const json = netPolicyJson({
      stages: [
        split({ a: '@a 100%' }),
        split({ b: '@b 100%' }, { id: 'second', from: '@expenses', rest: '@b' }),
      ],
    })
    const spent = { name: 'CostIncurred' as const, id: 'c', kind: 'cost', amount: 4n, ...inEra(0) }
    expect((await settleOne(json, [fee('f', 9n), spent])).system).toEqual({ '@a': '5', '@b': '4' })
  })
})

describe('given a group that gets nothing', () => {
  it.each([
    ['for there is nothing', [metric('ann', 'work', 1n)]],
    ['for it has no members', [fee('f', 100n)]],
  ])('when that is %s, then there is no payment to it in the plan', async (_, events) => {
    const { eras } = await settle(policyJson(toGroup({ metric: 'work' })), events)
    expect(eras[0]?.plan.payments).toEqual([])
  })
})

describe('given a rest', () => {
  it('when nothing is missing to 100%, then it takes part in nothing', async () => {
    const json = policyJson({ stages: [split({ a: '@a 50%', b: '@b 50%' })] })
    expect((await settleOne(json, [fee('f', 3n)])).lines.stage).toEqual({ a: '2', b: '1' })
  })

  it('when a share is missing, then it takes part in the rounding as the last line', async () => {
    const json = policyJson({ stages: [split({ a: '@a 33.3%', b: '@b 33.3%' })] })
    expect((await settleOne(json, [fee('f', 2n)])).lines.stage).toEqual({ a: '1', b: '0', rest: '1' })
  })

  it('when it stays in the account it comes from, then it is reported and carried', async () => {
    const json = policyJson({ stages: [split({ a: '@a 50%' }, { rest: '@pool' })] })
    const { results } = await settle(json, [fee('f', 8n), metric('ann', 'x', 1n)], 2)
    expect(results.map(({ net, lines }) => [net, lines.stage])).toEqual([
      ['8', { a: '4', rest: '4' }],
      ['4', { a: '2', rest: '2' }],
    ])
  })
})
