import { describe } from 'vitest'
import { policyJson, split } from '../../../support/policies.ts'
import { era, refuses, stage, take, type Wrong, weight, without } from './wrong.ts'

const ofTheShape: Wrong[] = [
  ['no object', 'magnet', ': this is an object: got "magnet"'],
  ['an unknown key', policyJson({ colour: 'red' }), ': unknown key "colour"'],
  [
    'an unknown key deep inside',
    stage({ split: [{ id: 'a', to: '@a', share: '1%', shares: '2%' }] }),
    'stages[0].split[0]: unknown key "shares"',
  ],
  [
    'a key that readers of JSON pass over',
    policyJson({ genesis: { accounts: JSON.parse('{"__proto__":{"balance":"5"}}') } }),
    'genesis.accounts: unknown key "__proto__"',
  ],
  ['a key that is missing', without(policyJson(), 'asset'), 'asset: this is an object: got nothing'],
  [
    'a number instead of a percentage',
    stage({ split: [{ id: 'a', to: '@a', share: 0.5 }] }),
    'stages[0].split[0].share: a percentage is written like "33.9%", with up to 7 decimals: got 0.5',
  ],
  [
    'a percentage of 8 decimals',
    policyJson({ stages: [split({ a: '@a 0.00000001%' })] }),
    'stages[0].split[0].share: a percentage is written like "33.9%", with up to 7 decimals: got "0.00000001%"',
  ],
  [
    'a percentage below 0',
    policyJson({ stages: [split({ a: '@a -1%' })] }),
    'stages[0].split[0].share: a percentage is written like "33.9%", with up to 7 decimals: got "-1%"',
  ],
  [
    'a line to a participant',
    policyJson({ stages: [split({ a: 'alice 1%' })] }),
    'stages[0].split[0].to: a line pays "@a-system-account" or "group:a-group": got "alice"',
  ],
  [
    'a line called rest',
    policyJson({ stages: [split({ rest: '@a 1%' })] }),
    'stages[0].split[0].id: an id is lower-case letters, digits and "-" (1 to 64), and not "rest": got "rest"',
  ],
  [
    'a stage that splits and takes',
    stage({ take: [] }),
    'stages[0]: a stage has exactly one of split, take: got split and take',
  ],
  [
    'a stage that does neither',
    policyJson({ stages: [{ id: 'stage', from: '@pool', rest: '@a' }] }),
    'stages[0]: a stage has exactly one of split, take: got {"id":"stage","from":"@pool","rest":"@a"}',
  ],
  ['a stage without lines', stage({ split: [] }), 'stages[0].split: this list has at least 1 entry: got []'],
  ['no stages', policyJson({ stages: [] }), 'stages: this list has at least 1 entry: got []'],
  [
    'a take line of two kinds',
    take({ id: 'a', to: '@a', fixed: '1', restShare: '1%' }),
    'stages[0].take[0]: a take line has exactly one of obligation, fixed, topUpTo, restShare: got fixed and restShare',
  ],
  [
    'a take line of no kind',
    take({ id: 'a', to: '@a', share: '1%' }),
    'stages[0].take[0]: a take line has exactly one of obligation, fixed, topUpTo, restShare: got {"id":"a","to":"@a","share":"1%"}',
  ],
  [
    'an amount that is a number',
    take({ id: 'a', to: '@a', fixed: 5 }),
    'stages[0].take[0].fixed: an amount is a whole number from 0 to 10^38 - 1 as a decimal string: got 5',
  ],
  [
    'an amount with a point',
    policyJson({ minimum: '1.5' }),
    'minimum: an amount is a whole number from 0 to 10^38 - 1 as a decimal string: got "1.5"',
  ],
  [
    'an amount of 39 digits',
    policyJson({ minimum: `1${'0'.repeat(38)}` }),
    'minimum: an amount is a whole number from 0 to 10^38 - 1 as a decimal string: got "100000000000000000000000000000000000000"',
  ],
  [
    'decimals above 18',
    policyJson({ asset: { symbol: 'TEST', decimals: 19 } }),
    'asset.decimals: this is at most 18: got 19',
  ],
  [
    'a base that is neither',
    policyJson({ base: 'profit' }),
    'base: this is one of "gross", "net": got "profit"',
  ],
  [
    'an era in weeks',
    era({ every: 'P1W' }),
    'era.every: an era lasts months ("P1M") or days and time ("P7D"): got "P1W"',
  ],
  [
    'an era without length',
    era({ every: 'PT0S' }),
    'era.every: an era lasts months ("P1M") or days and time ("P7D"): got "PT0S"',
  ],
  [
    'an era of both',
    era({ blocks: 10 }),
    'era: an era has exactly one of every, blocks: got every and blocks',
  ],
  [
    'an era of 0 blocks',
    policyJson({ era: { blocks: 0, from: 0, clock: 'manual' } }),
    'era.blocks: this is above 0: got 0',
  ],
  [
    'a start that is no moment',
    era({ from: '2026-01-01' }),
    'era.from: a moment is written like "2026-01-01T00:00:00Z": got "2026-01-01"',
  ],
  [
    'an unknown clock',
    era({ clock: 'sundial' }),
    'era.clock: this is one of "wall", "events", "manual": got "sundial"',
  ],
  [
    'a lateness in months',
    era({ lateness: 'P1M' }),
    'era.lateness: a duration is written like "P7D" or "PT5M" (days and time): got "P1M"',
  ],
  [
    'an unknown rule of a metric',
    policyJson({ metrics: { work: 'mean' } }),
    'metrics.work: this is one of "sum", "last", "max": got "mean"',
  ],
  [
    'an unknown weight',
    weight({ metrics: 'work' }),
    'groups.members.weight: a weight has exactly one of const, metric, curve, stakeSeconds, product, hybrid: got {"metrics":"work"}',
  ],
  [
    'a group of unknown members',
    weight({ metric: 'work' }, { members: 'all' }),
    'groups.members.members: this is one of "any", "registered": got "all"',
  ],
  [
    'an ifEmpty that is a participant',
    weight({ metric: 'work' }, { ifEmpty: 'alice' }),
    'groups.members.ifEmpty: ifEmpty is a system account or "rollover": got "alice"',
  ],
  [
    'a curve without points',
    weight({ curve: 'work', points: [] }),
    'groups.members.weight.points: this list has at least 1 entry: got []',
  ],
  [
    'a name that every object has',
    policyJson({ income: { constructor: {} } }),
    'income.constructor: a name is letters, digits, "_", "." and "-", beginning with a letter (1 to 64), and nothing that every object has ("constructor"): got "constructor"',
  ],
  [
    'an unbonding in months',
    policyJson({ staking: { unbonding: 'P1M' } }),
    'staking.unbonding: a duration is written like "P7D" or "PT5M" (days and time): got "P1M"',
  ],
  ['an unknown key of staking', policyJson({ staking: { lock: 'P1D' } }), 'staking: unknown key "lock"'],
  [
    'a stabiliser that looks at no era',
    policyJson({ stabiliser: { reserve: '@r', floor: '1%', ceiling: '2%', eras: 0 } }),
    'stabiliser.eras: this is at least 1: got 0',
  ],
]

describe('a policy is refused that has not the shape of one', () => {
  refuses(ofTheShape)
})
