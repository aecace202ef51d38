import { describe, expect, it } from 'vitest'
import { cost, fee } from '../../support/events.ts'
import { HOUR_MS, type Json, netPolicyJson, policyJson, START_MS, split } from '../../support/policies.ts'
import { settle, settleOne } from '../../support/settled.ts'

const inEra = (era: number) => ({ occurredAt: START_MS + era * HOUR_MS })
const fees = (...amounts: bigint[]) =>
  amounts.flatMap((amount, era) => (amount > 0n ? [fee(`f${era}`, amount, inEra(era))] : []))
const reserveOf = (amount: string) => ({ genesis: { system: { '@reserve': amount } } })

describe('given base net', () => {
  it('when there is a profit, then every cost is paid back before it is split', async () => {
    const events = [fee('f', 100n), cost('a', 10n, 'ann'), cost('b', 20n)]
    expect(await settleOne(netPolicyJson(), events)).toMatchObject({
      state: 'DISTRIBUTED',
      net: '70',
      credits: { ann: '10' },
      system: { '@expenses': '20', '@treasury': '70' },
    })
  })

  it('when income is just what costs are, then that is a loss of nothing, covered by nothing', async () => {
    expect(await settleOne(netPolicyJson(), [fee('f', 10n), cost('a', 10n, 'ann')])).toMatchObject({
      state: 'LOSS_COVERED',
      net: '0',
      draw: '0',
      owed: {},
      credits: { ann: '10' },
    })
  })

  it('when the reserve falls short, then costs are paid by cascade and the rest is owed', async () => {
    const events = [cost('a', 10n, 'ann'), cost('b', 20n, 'bob')]
    const era = await settleOne(netPolicyJson(reserveOf('10')), events)
    expect(era).toMatchObject({ state: 'LOSS_SHORT', draw: '10', owed: { ann: '7', bob: '13' } })
    expect(era.credits).toEqual({ ann: '3', bob: '7' })
  })

  it('when the next era is short as well, then what was owed is paid first', async () => {
    const events = [cost('a', 10n, 'ann'), fee('f', 12n, inEra(1)), cost('b', 5n, 'bob', inEra(1))]
    const { results } = await settle(netPolicyJson(), events, 3)
    expect(results[1]).toMatchObject({
      cost: '15',
      net: '-3',
      credits: { ann: '10', bob: '2' },
      owed: { bob: '3' },
    })
    expect(results[2]).toMatchObject({ state: 'LOSS_SHORT', cost: '3', net: '-3', owed: { bob: '3' } })
  })

  it('when a carry covers the costs, then there is no loss', async () => {
    const json = netPolicyJson({ minimum: '50' })
    const { results } = await settle(json, [...fees(40n), cost('a', 15n, 'ann', inEra(1))], 2)
    expect(results.map(({ state, net }) => [state, net])).toEqual([
      ['CARRIED', '40'],
      ['CARRIED', '25'],
    ])
    expect(results[1]).toMatchObject({ credits: { ann: '15' }, system: { '@pool': '25' } })
  })

  it('when base is gross instead, then costs are reported only', async () => {
    const era = await settleOne(policyJson(), [fee('f', 10n), cost('a', 15n, 'ann')])
    expect(era).toMatchObject({ cost: '15', net: '10', credits: {}, system: { '@treasury': '10' } })
  })
})

describe('given a stabiliser of 80% to 120% over the last two eras', () => {
  const json = (changes: Json = {}) =>
    policyJson({ stabiliser: { reserve: '@reserve', floor: '80%', ceiling: '120%', eras: 2 }, ...changes })
  const distributed = async (policy: Json, ...amounts: bigint[]) =>
    (await settle(policy, fees(...amounts), amounts.length)).results.map(({ lines }) => lines.stage?.treasury)

  it('when there is no era before, then nothing is changed', async () => {
    expect(await distributed(json(), 100n)).toEqual(['100'])
  })

  it('when an era brings more than the ceiling, then the excess goes to the reserve', async () => {
    expect(await distributed(json(), 100n, 121n)).toEqual(['100', '120'])
  })

  it('when an era brings less than the floor, then the reserve tops it up as far as it goes', async () => {
    expect(await distributed(json(reserveOf('30')), 100n, 60n, 0n)).toEqual(['100', '80', '10'])
  })

  it('when the mean does not divide, then it is rounded down, the floor of it up and the ceiling down', async () => {
    expect(await distributed(json(reserveOf('9')), 3n, 4n, 0n)).toEqual(['3', '3', '3'])
  })

  it('when three eras went before, then two of them count', async () => {
    expect(await distributed(json(), 1n, 1_000n, 1_000n, 1_200n)).toEqual(['1', '1', '600', '1200'])
  })
})

describe('given bounds', () => {
  const state = async (bounds: Json, ...amounts: bigint[]) =>
    (await settle(policyJson({ bounds }), fees(...amounts), amounts.length)).results.at(-1)?.state

  it.each([
    [9n, 'HELD'],
    [10n, 'DISTRIBUTED'],
    [20n, 'DISTRIBUTED'],
    [21n, 'HELD'],
  ])('when the income is %d of 10 to 20, then the era is %s', async (amount, expected) => {
    expect(await state({ income: ['10', '20'] }, amount)).toBe(expected)
    expect(await state({ net: ['10', '20'] }, amount)).toBe(expected)
  })

  it('when net is above 300% of the mean, then the era is held; the first has no mean', async () => {
    expect(await state({ change: '300%' }, 1_000n)).toBe('DISTRIBUTED')
    expect(await state({ change: '300%' }, 10n, 30n)).toBe('DISTRIBUTED')
    expect(await state({ change: '300%' }, 10n, 31n)).toBe('HELD')
  })

  it('when more than four eras went before, then the mean is that of the last four', async () => {
    expect(await state({ change: '300%' }, 1_000n, 10n, 10n, 10n, 10n, 30n)).toBe('DISTRIBUTED')
    expect(await state({ change: '300%' }, 1_000n, 10n, 10n, 10n, 10n, 31n)).toBe('HELD')
  })

  it('when an era is held, then its pool waits apart and later eras go on', async () => {
    const { results } = await settle(policyJson({ bounds: { income: ['0', '20'] } }), fees(5n, 50n, 7n), 3)
    expect(results.map(({ lines }) => lines)).toEqual([
      { stage: { treasury: '5' } },
      {},
      { stage: { treasury: '7' } },
    ])
    expect(results[2]?.system).toEqual({ '@held:1': '50', '@treasury': '12' })
  })

  it('when a line of a held era is capped, then by its own metric, though a stage that does not pay it caps by another', async () => {
    const capped = (id: string, from: string, metric: string) => ({
      id,
      from,
      split: [{ id: 'line', to: 'group:members', share: '100%', cap: { metric } }],
      rest: from,
    })
    const json = policyJson({
      ...reserveOf('9'),
      bounds: { income: ['0', '20'] },
      stages: [capped('other', '@reserve', 'uptime'), capped('own', '@pool', 'work')],
      groups: { members: { weight: { metric: 'feesPaid' }, ifEmpty: '@nobody' } },
    })
    const { eras } = await settle(json, [fee('f', 50n, { payer: 'ann' })])
    const caps = eras[0]?.plan.held?.payments.map(({ cap }) => cap)
    expect(caps).toEqual([{ metric: 'work', index: 1, overflowTo: '@nobody' }])
  })

  it('when the pool is below the minimum, then it is carried, whatever the bounds say', async () => {
    const json = policyJson({ minimum: '10', bounds: { income: ['8', '9'] } })
    expect((await settleOne(json, fees(3n))).state).toBe('CARRIED')
  })

  it('when sums are greater than any amount can be, then the era is held', async () => {
    const most = 10n ** 38n - 1n
    expect((await settleOne(policyJson(), [fee('f', most)])).state).toBe('DISTRIBUTED')
    expect((await settleOne(policyJson(), [fee('f', most), fee('g', 1n)])).state).toBe('HELD')
  })
})

describe('given a buyback of 10% of what is above 100', () => {
  const buying = (had: string) =>
    policyJson({
      stages: [split({ none: '@elsewhere 100%' })],
      genesis: { system: { '@treasury': had } },
      // biome-ignore lint/suspicious/noThenProperty: the policy language calls it so, and a policy is never awaited.
      buyback: { from: '@treasury', excessOver: '100', maxShare: '10%', then: '@burn' },
    })

  it.each([
    ['100', undefined],
    ['105', '5'],
    ['119', '11'],
  ])('when the account has %s, then %s of it are burnt', async (had, burnt) => {
    expect((await settleOne(buying(had), [])).system['@burn']).toBe(burnt)
  })
})

describe('given a timelock of two hours', () => {
  it('when an era is settled, then what it credits may be spent two hours after its end', async () => {
    const json = netPolicyJson({ payout: { timelock: 'PT2H' } })
    const { eras } = await settle(json, [fee('f', 100n), cost('a', 10n, 'ann')], 1)
    const [{ plan, seal, statements }] = eras as [(typeof eras)[number]]
    const releaseAt = START_MS + 3 * HOUR_MS
    expect([plan, seal, ...statements].map((part) => part.releaseAt)).toEqual([
      releaseAt,
      releaseAt,
      releaseAt,
    ])
  })
})

describe('given a vesting of 100 over ten hours with a cliff after two', () => {
  const moment = (hour: number) => new Date(START_MS + hour * HOUR_MS).toISOString()
  const grant = (from: number, cliff: number, to: number) =>
    policyJson({
      genesis: {
        accounts: {
          ann: { vesting: [{ amount: '100', from: moment(from), cliff: moment(cliff), to: moment(to) }] },
        },
      },
    })
  const vested = async (json: Json, eras: number) =>
    (await settle(json, [], eras)).results.map(({ credits }) => credits.ann)

  it('when eras pass, then nothing vests before the cliff, and then what had gone by', async () => {
    expect(await vested(grant(0, 2, 10), 4)).toEqual([undefined, '20', '10', '10'])
  })

  it('when it began before the network, then the first era vests what had gone by', async () => {
    expect(await vested(grant(-5, -4, 5), 2)).toEqual(['60', '10'])
  })

  it('when it is over, then all of it has vested and nothing is left to vest', async () => {
    const { results } = await settle(grant(0, 0, 3), [], 4)
    expect(results.map(({ credits }) => credits.ann)).toEqual(['33', '33', '34', undefined])
    expect(results.map(({ system }) => system['@vesting'])).toEqual(['67', '34', undefined, undefined])
  })
})
