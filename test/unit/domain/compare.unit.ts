import { describe, expect, it } from 'vitest'
import { compareEra, compareEras, percentChange } from '../../../shared/domain/compare.ts'
import type { Event } from '../../../shared/domain/event.ts'
import { parsePolicy } from '../../../shared/domain/policy/policy.ts'
import { openNetwork, type SettledEra, settleEra } from '../../../shared/domain/settle.ts'

const HOUR = 3_600_000
const ORIGIN = Date.UTC(2026, 0, 1)

const policy = (share: string, weight: object, minimum = '0') => ({
  network: 'comparison',
  version: 1,
  asset: { symbol: 'T', decimals: 0 },
  era: { every: 'PT1H', from: '2026-01-01T00:00:00Z', clock: 'manual' },
  income: { fee: {} },
  base: 'gross',
  minimum,
  stages: [
    {
      id: 'profit',
      from: '@pool',
      split: [{ id: 'makers', to: 'group:makers', share }],
      rest: '@reserve',
    },
  ],
  groups: { makers: { weight, ifEmpty: '@reserve' } },
})

const fee = (id: string, era: number, amount: bigint): Event => ({
  name: 'FeeCharged',
  id,
  kind: 'fee',
  amount,
  occurredAt: ORIGIN + era * HOUR,
})
const made = (account: string, era: number, metric: string, value: bigint): Event => ({
  name: 'MetricReported',
  id: `${account}-${metric}-${era}`,
  account,
  metric,
  value,
  occurredAt: ORIGIN + era * HOUR,
})

const ERAS: Event[][] = [
  [fee('f0', 0, 1_000n), made('ann', 0, 'x', 3n), made('bob', 0, 'x', 1n), made('cat', 0, 'y', 9n)],
  [fee('f1', 1, 100n), made('bob', 1, 'x', 1n), made('bob', 1, 'y', 1n)],
]

async function settled(json: object): Promise<SettledEra[]> {
  const network = openNetwork(parsePolicy(json), 'hash')
  const eras: SettledEra[] = []
  for (const [era, events] of ERAS.entries()) eras.push(await settleEra(network, era, events))
  return eras
}

const BY_X = policy('50%', { metric: 'x' })
const BY_Y = policy('80%', { metric: 'y' })

describe('a comparison of two policies', () => {
  it('of an era says who gains and who loses, the greatest difference first', async () => {
    const [[before], [after]] = [await settled(BY_X), await settled(BY_Y)]
    const { lines, system, accounts, ...era } = compareEra(before as SettledEra, after as SettledEra)
    expect(era).toEqual({
      era: 0,
      state: { before: 'DISTRIBUTED', after: 'DISTRIBUTED' },
      income: { before: 1_000n, after: 1_000n },
      cost: { before: 0n, after: 0n },
      net: { before: 1_000n, after: 1_000n },
    })
    expect(accounts).toEqual([
      { account: 'cat', before: 0n, after: 800n },
      { account: 'ann', before: 375n, after: 0n },
      { account: 'bob', before: 125n, after: 0n },
    ])
    // Equal differences stand in the order of names.
    expect(lines).toEqual([
      { stage: 'profit', line: 'makers', before: 500n, after: 800n },
      { stage: 'profit', line: 'rest', before: 500n, after: 200n },
    ])
    expect(system).toEqual([{ account: '@reserve', before: 500n, after: 200n }])
  })

  it('of all eras sums lines and credits, and takes what the network holds after the last', async () => {
    const { income, lines, system, accounts } = compareEras(await settled(BY_X), await settled(BY_Y))
    expect(income).toEqual({ before: 1_100n, after: 1_100n })
    expect(accounts.map(({ account, before, after }) => [account, before, after])).toEqual([
      ['cat', 0n, 800n],
      ['ann', 375n, 0n],
      ['bob', 175n, 80n],
    ])
    expect(lines.map(({ line, before, after }) => [line, before, after])).toEqual([
      ['makers', 550n, 880n],
      ['rest', 550n, 220n],
    ])
    expect(system).toEqual([{ account: '@reserve', before: 550n, after: 220n }])
  })

  it('says what becomes of an era under the other policy, with lines that only one of them has', async () => {
    const [[before], [after]] = [await settled(BY_X), await settled(policy('50%', { metric: 'x' }, '5000'))]
    const { state, lines, system } = compareEra(before as SettledEra, after as SettledEra)
    expect(state).toEqual({ before: 'DISTRIBUTED', after: 'CARRIED' })
    expect(lines.map(({ line, after }) => [line, after])).toEqual([
      ['makers', 0n],
      ['rest', 0n],
    ])
    expect(system).toEqual([
      { account: '@pool', before: 0n, after: 1_000n },
      { account: '@reserve', before: 500n, after: 0n },
    ])
  })

  it('of a policy with itself has no differences', async () => {
    const { lines, system, accounts } = compareEras(await settled(BY_X), await settled(BY_X))
    for (const { before, after } of [...lines, ...system, ...accounts]) expect(after).toBe(before)
  })
})

describe('a difference in percent', () => {
  it.each<[bigint, bigint, string | undefined]>([
    [100n, 150n, '+50.00%'],
    [100n, 0n, '-100.00%'],
    [3n, 4n, '+33.33%'],
    [3n, 1n, '-66.67%'],
    [20_000n, 20_001n, '+0.01%'],
    [20_001n, 20_002n, '+0.00%'],
    [7n, 7n, '0.00%'],
    [-10n, 5n, '+150.00%'],
    [10n ** 38n, 3n * 10n ** 38n, '+200.00%'],
    [0n, 5n, undefined],
  ])('from %d to %d is %s', (before, after, percent) => {
    expect(percentChange({ before, after })).toBe(percent)
  })
})
