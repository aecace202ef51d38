import type { Random } from '../../differential/random.ts'
import type { Json } from '../../differential/random-policy.ts'
import { split } from '../../support/policies.ts'

/**
 * A policy under which everything that people do has a price, an obligation and a reward. `era` as the scenario wants
 * it; the rest is drawn.
 */
export function livelyPolicy(random: Random, era: Json): Json {
  const byBlock = 'blocks' in era
  const weight = byBlock ? { metric: 'staked' } : STAKED_FOR
  return {
    network: 'simulated',
    version: 1,
    asset: { symbol: 'SIM', decimals: 0 },
    era,
    income: {
      fee: { admit: random.pick(['100%', '33.3333333%']), restTo: '@insurance' },
      access_requirement: { recognise: 'ratable' },
      transaction_fee: { admit: '60%' },
    },
    costs: { cost: {} },
    base: 'gross',
    stages: [
      split({ reward: '@reward 90%', treasury: '@treasury 10%' }),
      {
        id: 'rewards',
        from: '@reward',
        take: [
          { id: 'providers', to: 'group:red', obligation: 'utilisation' },
          { id: 'stakers', to: 'group:green', restShare: '100%' },
        ],
        rest: '@reward',
      },
    ],
    groups: {
      red: { weight: { metric: random.pick(['balance', 'work']) }, ifEmpty: '@treasury' },
      green: {
        weight: {
          hybrid: [
            { share: '50%', weight },
            { share: '50%', weight: { metric: random.pick(['balance', 'feesPaid']) } },
          ],
        },
        ifEmpty: random.pick(['rollover', '@treasury']),
      },
      blue: { weight: { metric: 'none' }, ifEmpty: '@treasury' },
    },
    pricing: {
      unit: 'TB',
      period: 'P1D',
      clusterPrice: random.pick(['uniform-clearing', 'pay-as-bid', 'weighted-average']),
      maxClusterPrice: '1000',
      margin: '25%',
      quoteValidity: 'PT15M',
    },
    orderFee: random.pick(['0%', '2.5%']),
    payout: { timelock: random.pick(['PT0S', 'PT1M', 'PT1H']), minimum: '5' },
    staking: { unbonding: random.pick(['PT0S', 'PT30M', 'P1D']) },
    ...(random.chance(0.3) && { bounds: { income: ['0', random.pick(['10', '100000'])] } }),
  }
}

const STAKED_FOR = {
  stakeSeconds: {
    lockCurve: [
      ['PT0S', '100%'],
      ['PT1H', '150%'],
    ],
  },
}
