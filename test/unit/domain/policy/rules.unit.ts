import { describe, expect, it } from 'vitest'
import { blockPolicyJson, netPolicyJson, policyJson, split, toGroup } from '../../../support/policies.ts'
import { chained, fedBy, governance, issuesOf, refuses, stage, type Wrong, weight } from './wrong.ts'

const ofTheLanguage: Wrong[] = [
  [
    'shares of a split above 100%',
    policyJson({ stages: [split({ a: '@a 60%', b: '@b 40.0000001%' })] }),
    'stages[0].split: the shares of a split are at most 100% together: got 100.0000001%',
  ],
  [
    'two stages of one id',
    policyJson({ stages: [split({ a: '@a 1%' }), split({ a: '@a 1%' }, { rest: '@a' })] }),
    'stages[1].id: another stage is called "stage"',
  ],
  [
    'two lines of one id',
    stage({
      split: [
        { id: 'a', to: '@a', share: '1%' },
        { id: 'a', to: '@b', share: '1%' },
      ],
    }),
    'stages[0].split[1].id: another line of this stage is called "a"',
  ],
  [
    'a group that nothing defines',
    policyJson({ stages: [split({ a: 'group:ghosts 1%' })] }),
    'stages[0].split[0].to: no group is called "ghosts"',
  ],
  [
    'a `from` that nothing fills',
    stage({ from: '@empty' }),
    'stages[0].from: nothing fills @empty: no line, rest, income or genesis pays into it',
  ],
  [
    'a `from` that only its own stage fills',
    stage({ from: '@empty', rest: '@empty' }),
    'stages[0].from: nothing fills @empty: no line, rest, income or genesis pays into it',
  ],
  [
    'a stage that reads an account a later stage fills',
    chained(
      split({ a: '@a 1%' }, { id: 'reads', from: '@later' }),
      split({ a: '@later 1%' }, { id: 'fills' }),
    ),
    'stages[0].from: stage "fills" fills @later later than this stage reads it',
  ],
  [
    "a stage that reads an account the same era's cap overflow fills",
    chained(
      {
        ...split({}, { id: 'pays' }),
        split: [{ id: 'members', to: 'group:members', share: '1%', cap: { metric: 'work' } }],
      },
      split({ a: '@a 1%' }, { id: 'reads', from: '@nobody' }),
    ),
    'stages[0].split[0].cap: what is above the cap goes to @nobody at the very end, but stages[1] reads it in the same era',
  ],
  [
    'a line that pays into what is still deferred',
    policyJson({ stages: [split({ a: '@deferred 1%' })] }),
    'stages[0].split[0].to: @deferred is kept by the network itself: nothing may pay into it',
  ],
  [
    'a rest that goes to what is still to vest',
    stage({ rest: '@vesting' }),
    'stages[0].rest: @vesting is kept by the network itself: nothing may pay into it',
  ],
  [
    'a rest that leaves the books',
    stage({ rest: '@external' }),
    'stages[0].rest: a system account is written like "@system-reserve": got "@external"',
  ],
  ['m > n', governance({ multisig: { m: 4, n: 3 } }), 'governance.multisig.m: m is not above n: got 4 of 3'],
  [
    'points of a curve that do not ascend',
    weight({
      curve: 'work',
      points: [
        ['5', '50%'],
        ['5', '60%'],
      ],
    }),
    'groups.members.weight.points[1]: the points of a curve ascend: 5 follows 5',
  ],
  [
    'points of a lock curve that do not ascend',
    weight({
      stakeSeconds: {
        lockCurve: [
          ['P30D', '110%'],
          ['P7D', '120%'],
        ],
      },
    }),
    'groups.members.weight.stakeSeconds.lockCurve[1]: the points of a curve ascend: 604800000 follows 2592000000',
  ],
  [
    'const without registered',
    weight({ const: '1' }),
    'groups.members.weight.const: a constant weight needs members: "registered"',
  ],
  [
    'const without registered inside a product',
    weight({ product: [{ metric: 'work' }, { const: '2' }] }),
    'groups.members.weight.product[1].const: a constant weight needs members: "registered"',
  ],
  [
    'a mutable path that does not exist',
    governance({ mutable: ['stages.stage.nobody.share'] }),
    'governance.mutable[0]: the policy has nothing at "stages.stage.nobody.share"',
  ],
  [
    'a mutable path outside its bounds',
    governance({ bounds: { 'stages.stage.treasury.share': ['10%', '90%'] } }),
    'governance.bounds.stages.stage.treasury.share: the value today is outside its own bounds: got "100%", not in 10% to 90%',
  ],
  [
    'bounds of a path that does not exist',
    governance({ bounds: { 'groups.x.weight': ['1', '2'] } }),
    'governance.bounds.groups.x.weight: the policy has nothing at "groups.x.weight"',
  ],
  [
    'bounds that descend',
    governance({ bounds: { 'stages.stage.treasury.share': ['100%', '50%'] } }),
    'governance.bounds.stages.stage.treasury.share: bounds are two percentages or two amounts, ascending: got ["100%","50%"]',
  ],
  [
    'an obligation fed by too small a share of priced income',
    fedBy({ reserve: '@reward-reserve 79%' }, '@burn'),
    'stages[1].take[0].obligation: it is paid out of 79% of income priced with a margin of 25%: less than what is due',
  ],
  [
    'an obligation fed by too small a rest',
    fedBy({ burn: '@burn 21%' }, '@reward-reserve'),
    'stages[1].take[0].obligation: it is paid out of 79% of income priced with a margin of 25%: less than what is due',
  ],
  [
    'base net without loss',
    policyJson({ base: 'net' }),
    'loss: base "net" needs the account that covers a loss',
  ],
  [
    'shares of a hybrid that are not 100%',
    weight({ hybrid: [{ share: '99%', weight: { metric: 'work' } }] }),
    'groups.members.weight.hybrid: the shares of a hybrid are 100% together: got 99%',
  ],
  [
    'a hybrid that is not at the top',
    weight({ product: [{ hybrid: [] }] }),
    'groups.members.weight.product[0]: a weight has exactly one of const, metric, curve, stakeSeconds, product: got {"hybrid":[]}',
  ],
  [
    'stakeSeconds in block eras',
    blockPolicyJson(toGroup({ stakeSeconds: { lockCurve: [['PT0S', '100%']] } })),
    'groups.members.weight.stakeSeconds: stake is weighed by seconds, which eras counted in blocks do not have',
  ],
  [
    'a metric of the network that is to be reported',
    policyJson({ metrics: { costPaid: 'last' } }),
    'metrics.costPaid: costPaid is worked out by the network and cannot be reported',
  ],
  [
    'a wall clock for block eras',
    policyJson({ era: { blocks: 10, from: 0, clock: 'wall' } }),
    'era.clock: eras counted in blocks need an "events" or "manual" clock: got "wall"',
  ],
]

describe('a policy is refused that breaks a rule of the language', () => {
  refuses(ofTheLanguage)
})

describe('a policy with more than one mistake', () => {
  it('is told all of them at once', () => {
    const json = netPolicyJson({ loss: undefined, stages: [split({ a: '@a 60%', b: 'group:ghosts 50%' })] })
    expect(issuesOf(json)).toHaveLength(3)
  })
})

describe('an obligation fed by just enough of priced income', () => {
  it('is accepted: 80% of what is priced with a margin of 25%', () => {
    expect(issuesOf(fedBy({ reserve: '@reward-reserve 80%' }, '@burn'))).toEqual([])
    expect(issuesOf(fedBy({ burn: '@burn 20%' }, '@reward-reserve'))).toEqual([])
  })
})
