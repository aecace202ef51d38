import { hash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { decide } from '../../../shared/domain/decide.ts'
import { noShardTotals } from '../../../shared/domain/facts.ts'
import { ACCOUNTS, type Plan } from '../../../shared/domain/plan.ts'
import { columnsOf } from '../../../shared/domain/policy/columns.ts'
import { canonicalJson, parsePolicy } from '../../../shared/domain/policy/policy.ts'
import { makeSeal } from '../../../shared/domain/sealing.ts'
import type { CreditTotals } from '../../../shared/domain/statement.ts'
import { noPartitionTotals } from '../../../shared/domain/weights.ts'
import { policyJson } from '../../support/policies.ts'

const policy = parsePolicy(policyJson())

/** An era that counted nothing of a network whose pool holds 10, with two payments out of it: 1 and 2. */
function planned(): Plan {
  const plan = decide({
    policy,
    policyVersion: 1,
    policyHash: '',
    era: 0,
    system: {
      version: 0,
      balances: { '@reserve': 10n },
      history: [],
      latest: 0,
      sealHash: '',
      unfinished: false,
    },
    shards: [noShardTotals()],
    partitions: [noPartitionTotals(columnsOf(policy).length)],
  })
  const payments = { one: 1n, two: 2n }
  const postings = Object.entries(payments).map(([why, amount]) => ({
    from: '@reserve',
    to: ACCOUNTS,
    amount,
    why,
  }))
  return { ...plan, postings, closing: { '@reserve': 7n } }
}

const credited = (paid: Record<string, bigint>, credited = 3n): CreditTotals => ({
  credited,
  accounts: 1,
  overflow: {},
  owed: 0n,
  paid,
  largest: [],
  digest: '',
})

describe('a seal', () => {
  it('is made where each payment reached the accounts and the network adds up', () => {
    const { seal } = makeSeal(planned(), [credited({ one: 1n }, 1n), credited({ two: 2n }, 2n)])
    expect(seal).toMatchObject({ credits: { total: 3n }, system: { '@reserve': 7n } })
  })

  it.each([
    ['one payment reached who was to get the other', { one: 2n, two: 1n }, 3n],
    ['a unit of a payment reached nobody', { one: 1n, two: 1n }, 2n],
    ['a partition is missing', {}, 0n],
    ['something was paid that nobody planned', { one: 1n, two: 2n, three: 1n }, 4n],
  ])('is not made where %s', (_, paid, total) => {
    expect(() => makeSeal(planned(), [credited(paid, total)])).toThrow(
      /^era 0: \w+ pays \d, statements say \d$/,
    )
  })

  it('is not made where accounts were credited otherwise than their lines say', () => {
    expect(() => makeSeal(planned(), [credited({ one: 1n, two: 2n }, 4n)])).toThrow(
      'postings credit 3, statements 4',
    )
  })

  it('is not made where an account of the network holds another amount than its postings leave', () => {
    const plan = { ...planned(), closing: { '@reserve': 8n } }
    expect(() => makeSeal(plan, [credited({ one: 1n, two: 2n })])).toThrow('@reserve should hold 7, holds 8')
  })

  it('is not made where more or less is owed than the plan left unpaid', () => {
    const plan = { ...planned(), loss: { draw: 0n, owed: 5n } }
    expect(() => makeSeal(plan, [credited({ one: 1n, two: 2n })])).toThrow(
      '0 is owed to accounts, 5 by the plan',
    )
  })

  it('names what the network holds in the order of names, and nothing that is empty', () => {
    const plan = { ...planned(), opening: { '@a': 1n, '@reserve': 10n, '@b': 2n } }
    const closing = { '@reserve': 7n, '@none': 0n, '@b': 2n, '@a': 1n }
    const { seal, system } = makeSeal({ ...plan, closing }, [credited({ one: 1n, two: 2n })])
    expect(Object.entries(seal.system)).toEqual([
      ['@a', 1n],
      ['@b', 2n],
      ['@reserve', 7n],
    ])
    expect(system).toMatchObject({
      version: plan.systemVersion + 1,
      balances: seal.system,
      sealHash: seal.hash,
    })
  })

  it('names the five largest credits of all partitions, those of one amount in the order of names', () => {
    const of = (names: string, amount: bigint) => [...names].map((account) => ({ account, amount }))
    const partitions = [of('zxb', 5n), [...of('n', 0n), ...of('a', 9n)], of('cdefghik', 5n)]
    const credits = partitions.map((largest) => ({ ...credited({}, 0n), largest }))
    const { seal } = makeSeal(planned(), [credited({ one: 1n, two: 2n }), ...credits])
    expect(seal.credits.largest).toEqual([...of('a', 9n), ...of('bcde', 5n)])
  })

  it('is known by the hash of all that it says', () => {
    const digests = ['of one partition', 'of another'].map((digest) => ({ ...credited({}, 0n), digest }))
    const { seal } = makeSeal(planned(), [credited({ one: 1n, two: 2n }), ...digests])
    const { hash: own, ...body } = seal
    expect(own).toBe(hash('sha256', canonicalJson(body), 'hex'))
    expect(seal.statementsDigest).toBe(hash('sha256', '\nof one partition\nof another', 'hex'))
  })

  it('says what came back above a cap, once for each account that it goes to', () => {
    const cap = { metric: 'work', index: 0, overflowTo: '@reserve' }
    const plan = { ...planned(), payments: ['one', 'two', 'three'].map((why) => ({ why, parts: [], cap })) }
    const back = { ...credited({ one: 1n, two: 2n }, 1n), overflow: { '@reserve': 2n } }
    const { seal } = makeSeal(plan, [back])
    expect(seal.postings.slice(plan.postings.length)).toEqual([
      { from: ACCOUNTS, to: '@reserve', amount: 2n, why: 'one.cap' },
    ])
    expect(seal.system).toEqual({ '@reserve': 9n })
    const none = makeSeal(plan, [credited({ one: 1n, two: 2n })])
    expect(none.seal.postings).toEqual(plan.postings)
  })
})
