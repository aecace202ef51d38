import { describe } from 'vitest'
import { netPolicyJson, policyJson } from '../../../support/policies.ts'
import { buyback, refuses, stage, take, vesting, type Wrong } from './wrong.ts'

const ofTheRest: Wrong[] = [
  [
    'more than all of a fee admitted',
    policyJson({ income: { fee: { admit: '100.1%' } } }),
    'income.fee.admit: at most 100% of a fee is admitted: got 100.1%',
  ],
  [
    'more than all of the rest taken',
    take({ id: 'a', to: '@a', restShare: '101%' }),
    'stages[0].take[0].restShare: a share of the rest is at most 100%: got 101%',
  ],
  [
    'a group that is topped up',
    take({ id: 'a', to: 'group:members', topUpTo: '5' }),
    'stages[0].take[0].topUpTo: only a system account can be topped up',
  ],
  [
    'a cap on a line to a system account',
    stage({ split: [{ id: 'a', to: '@a', share: '1%', cap: { metric: 'work' } }] }),
    'stages[0].split[0].cap: only a line that pays a group by weight can have a cap',
  ],
  [
    'an obligation paid to a system account',
    take({ id: 'a', to: '@a', obligation: 'rent' }),
    'stages[0].take[0].to: an obligation line pays a group',
  ],
  [
    'an obligation with a cap',
    take({ id: 'a', to: 'group:members', obligation: 'rent', cap: { metric: 'work' } }),
    'stages[0].take[0].cap: only a line that pays a group by weight can have a cap',
  ],
  [
    'an obligation that two lines pay',
    take(
      { id: 'a', to: 'group:members', obligation: 'rent' },
      { id: 'b', to: 'group:members', obligation: 'rent' },
    ),
    'stages[0].take[1].obligation: another line already pays the obligation "rent"',
  ],
  [
    'a stage that reads what is deferred',
    stage({ from: '@deferred' }),
    'stages[0].from: @deferred is kept by the network itself: no stage may read it',
  ],
  [
    'a loss covered by the pool itself',
    netPolicyJson({ loss: { from: '@pool' } }),
    "loss.from: @pool is kept by the network itself: it is nobody's reserve",
  ],
  [
    'a reserve of what is deferred',
    policyJson({ stabiliser: { reserve: '@deferred', floor: '1%', ceiling: '2%', eras: 1 } }),
    "stabiliser.reserve: @deferred is kept by the network itself: it is nobody's reserve",
  ],
  [
    'a buyback out of what is still to vest',
    buyback('@vesting', '1%'),
    "buyback.from: @vesting is kept by the network itself: it is nobody's reserve",
  ],
  [
    'a floor above the ceiling',
    policyJson({ stabiliser: { reserve: '@r', floor: '3%', ceiling: '2%', eras: 1 } }),
    'stabiliser.floor: the floor is not above the ceiling: got 3% and 2%',
  ],
  [
    'bounds of the era that descend',
    policyJson({ bounds: { net: ['5', '-5'] } }),
    'bounds.net: the lower bound is not above the upper: got 5 and -5',
  ],
  [
    'a buyback of more than all',
    buyback('@a', '101%'),
    'buyback.maxShare: at most 100% is bought back: got 101%',
  ],
  [
    'a fee of more than the order',
    policyJson({ orderFee: '100.1%' }),
    'orderFee: at most 100% of an order is its fee: got 100.1%',
  ],
  [
    'a vesting that ends before it begins',
    vesting({ to: '2025-12-01T00:00:00Z' }),
    'genesis.accounts.ann.vesting[0].to: a vesting ends after it begins: got 2026-01-01T00:00:00Z to 2025-12-01T00:00:00Z',
    'genesis.accounts.ann.vesting[0].cliff: a cliff lies inside its vesting: got 2026-02-01T00:00:00Z',
  ],
  [
    'a cliff outside its vesting',
    vesting({ cliff: '2026-04-01T00:00:00Z' }),
    'genesis.accounts.ann.vesting[0].cliff: a cliff lies inside its vesting: got 2026-04-01T00:00:00Z',
  ],
  [
    'a vesting in blocks where eras are time',
    vesting({ from: 0 }),
    'genesis.accounts.ann.vesting[0].from: positions of this network are moments: got 0',
  ],
  [
    'a system account among the participants',
    policyJson({ genesis: { accounts: { '@pool': { balance: '1' } } } }),
    'genesis.accounts.@pool: a system account is listed under genesis.system',
  ],
  [
    'one account in two spellings',
    policyJson({ genesis: { accounts: { [`0x${'A'.repeat(40)}`]: {}, [`0x${'a'.repeat(40)}`]: {} } } }),
    `genesis.accounts.0x${'a'.repeat(40)}: 0x${'a'.repeat(40)} is there in another spelling`,
  ],
  [
    'another amount to vest than is vested',
    policyJson({ genesis: { system: { '@vesting': '5' } } }),
    'genesis.system.@vesting: it holds what is still to vest: 0, got 5',
  ],
]

describe('a policy is refused that says what cannot be meant', () => {
  refuses(ofTheRest)
})
