import { describe, expect, it } from 'vitest'
import { cost, fee, metric, role, stake } from '../../support/events.ts'
import { HOUR_MS, type Json, policyJson, START_MS, split, toGroup } from '../../support/policies.ts'
import { settle, settleOne } from '../../support/settled.ts'

const inEra = (era: number) => ({ occurredAt: START_MS + era * HOUR_MS })
const group = (weight: Json, changes: Json = {}) => policyJson(toGroup(weight, changes))
const work = (account: string, value = 1n, rest = {}) => metric(account, 'work', value, rest)
const creditsOf = async (json: Json, ...events: Parameters<typeof settleOne>[1]) =>
  (await settleOne(json, [fee('f', 12n), ...events])).credits

describe('given who belongs', () => {
  const any = group({ metric: 'work' })
  const registered = group({ metric: 'work' }, { members: 'registered' })

  it('when a group is open to any, then the suspended and those who left get nothing', async () => {
    const events = ['ann', 'bob', 'cay', 'dee'].map((account) => work(account))
    const roles = [
      role('ann', 'members', 'suspended'),
      role('bob', 'members', 'left'),
      role('cay', 'members', 'active'),
      role('dee', 'others', 'suspended'),
    ]
    expect(await creditsOf(any, ...events, ...roles)).toEqual({ cay: '6', dee: '6' })
  })

  it('when a group is of registered members, then only who is active at the end of the era gets a share', async () => {
    const events = ['ann', 'bob', 'cay'].map((account) => work(account))
    const roles = [
      role('ann', 'members', 'active', { id: '2', occurredAt: START_MS + 5 }),
      role('ann', 'members', 'suspended', { id: '1' }),
      role('bob', 'members', 'active', { id: '1' }),
      role('bob', 'members', 'left', { id: '2' }),
    ]
    expect(await creditsOf(registered, ...events, ...roles)).toEqual({ ann: '12' })
  })

  it('when roles are not reported again, then they last; a report with an older moment changes nothing', async () => {
    const json = { ...registered, era: { blocks: 10, from: 0, clock: 'manual' } }
    const events = [
      role('ann', 'members', 'active', { block: 1, id: '1', occurredAt: START_MS + 9 }),
      role('ann', 'members', 'left', { block: 11, id: '2', occurredAt: START_MS + 8 }),
      work('ann', 1n, { block: 12 }),
      fee('f', 12n, { block: 12 }),
    ]
    expect((await settle(json, events, 2)).results[1]?.credits).toEqual({ ann: '12' })
  })

  it('when a constant weighs, then every registered member has the same', async () => {
    const json = group({ const: '3' }, { members: 'registered' })
    const roles = ['ann', 'bob', 'cay'].map((account) => role(account, 'members', 'active'))
    expect(await creditsOf(json, ...roles)).toEqual({ ann: '4', bob: '4', cay: '4' })
  })
})

describe('given what weighs', () => {
  it('when an account has not reported, then a curve gives it nothing, whatever it says at 0', async () => {
    const json = group({
      curve: 'work',
      points: [
        ['0', '50%'],
        ['10', '100%'],
      ],
    })
    const events = [work('ann', 0n), work('bob', 9n), work('cay', 10n), role('dee', 'members', 'active')]
    expect(await creditsOf(json, ...events)).toEqual({ ann: '3', bob: '3', cay: '6' })
  })

  it('when a product has a factor of 0, then it is nothing', async () => {
    const json = group({ product: [{ metric: 'work' }, { metric: 'demand' }] })
    const events = [
      work('ann', 2n),
      metric('ann', 'demand', 3n),
      work('bob', 9n),
      metric('cay', 'demand', 9n),
    ]
    expect(await creditsOf(json, ...events)).toEqual({ ann: '12' })
  })

  it('when metrics are reported, then they hold for their era only', async () => {
    const events = [work('ann'), fee('f', 4n), fee('g', 6n, inEra(1))]
    const { results } = await settle(group({ metric: 'work' }), events, 2)
    expect(results.map(({ credits }) => credits)).toEqual([{ ann: '4' }, {}])
  })

  it.each([
    ['costPaid', { ann: '9', bob: '3' }],
    ['feesPaid', { ann: '4', bob: '8' }],
    ['staked', { ann: '3', bob: '9' }],
    ['balance', { ann: '6', bob: '6' }],
  ])('when it is %s, then the network itself knows', async (name, credits) => {
    const genesis = { accounts: { ann: { balance: '5' }, bob: { balance: '5' } } }
    const json = policyJson({
      ...toGroup({ metric: name }),
      income: { fee: {}, other: { admit: '0%' } },
      genesis,
    })
    const paid = { kind: 'other' }
    const events = [
      cost('c', 3n, 'ann'),
      cost('d', 1n, 'bob'),
      fee('g', 1n, { payer: 'ann', ...paid }),
      fee('h', 2n, { payer: 'bob', ...paid }),
      stake('ann', 1n),
      stake('bob', 9n, { id: 'one', lot: 'one' }),
      stake('bob', 3n, { id: 'two', lot: 'one', occurredAt: START_MS + 1 }),
    ]
    expect(await creditsOf(json, ...events)).toEqual(credits)
  })

  it('when it is a balance, then a credit counts from the era after the next', async () => {
    const json = policyJson({
      ...toGroup({ metric: 'balance' }),
      genesis: { accounts: { ann: { balance: '1' }, bob: { balance: '1' } } },
      costs: { cost: {} },
      base: 'net',
      loss: { from: '@reserve' },
    })
    const events = [0, 1, 2].map((era) => fee(`f${era}`, 102n, inEra(era)))
    const { results } = await settle(json, [...events, cost('c', 98n, 'ann')], 3)
    expect(results.map(({ credits }) => credits)).toEqual([
      { ann: '100', bob: '2' },
      { ann: '51', bob: '51' },
      { ann: '99', bob: '3' },
    ])
  })
})

describe('given a hybrid of 70% and 30%', () => {
  const hybrid = (ifEmpty: string) =>
    group(
      {
        hybrid: [
          { share: '70%', weight: { metric: 'work' } },
          { share: '30%', weight: { metric: 'demand' } },
        ],
      },
      { ifEmpty },
    )

  it('when both parts have members, then the parts are split first', async () => {
    expect(await creditsOf(hybrid('@nobody'), work('ann'), metric('bob', 'demand', 1n))).toEqual({
      ann: '8',
      bob: '4',
    })
  })

  it('when one part has none, then only that part goes to ifEmpty', async () => {
    const { credits, system } = await settleOne(hybrid('@nobody'), [fee('f', 12n), work('ann')])
    expect({ credits, system }).toEqual({ credits: { ann: '8' }, system: { '@nobody': '4' } })
  })

  it('when that rolls over, then the group has it in the next era, on top of its line', async () => {
    const events = [fee('f', 12n), work('ann'), fee('g', 6n, inEra(1)), metric('bob', 'demand', 1n, inEra(1))]
    const { results } = await settle(hybrid('rollover'), events, 2)
    expect(results.map(({ system }) => system['@rollover:members'])).toEqual(['4', '7'])
    expect(results[1]).toMatchObject({ lines: { stage: { members: '6' } }, credits: { bob: '3' } })
  })
})

describe('given a cap', () => {
  const capped = (ifEmpty: string) =>
    policyJson({
      stages: [
        {
          ...split({}),
          split: [{ id: 'members', to: 'group:members', share: '100%', cap: { metric: 'limit' } }],
        },
      ],
      groups: { members: { weight: { metric: 'work' }, ifEmpty } },
    })
  const events = [
    fee('f', 12n),
    work('ann'),
    work('bob'),
    work('cay'),
    metric('ann', 'limit', 1n),
    metric('bob', 'limit', 9n),
  ]

  it('when a share is above it, then the excess goes to ifEmpty; without a report the cap is 0', async () => {
    const { lines, credits, system } = await settleOne(capped('@nobody'), events)
    expect({ lines, credits, system }).toEqual({
      lines: { stage: { members: '12' } },
      credits: { ann: '1', bob: '4' },
      system: { '@nobody': '7' },
    })
  })

  it('when ifEmpty is a rollover, then it is there for the next era', async () => {
    const { system } = await settleOne(capped('rollover'), events)
    expect(system).toEqual({ '@rollover:members': '7' })
  })

  it('when a buyback reads ifEmpty, then it does not see the excess: that comes at the very end', async () => {
    // biome-ignore lint/suspicious/noThenProperty: the policy language calls it so, and a policy is never awaited.
    const buyback = { from: '@nobody', excessOver: '0', maxShare: '100%', then: '@burn' }
    const { system } = await settleOne({ ...capped('@nobody'), buyback }, events)
    expect(system).toEqual({ '@nobody': '7' })
  })
})
