import { describe, expect, it } from 'vitest'
import { applyStatement } from '../../../shared/domain/apply.ts'
import { sum } from '../../../shared/domain/money.ts'
import { takeOutboxes } from '../../../shared/domain/outbox.ts'
import {
  type AccountState,
  balanceOf,
  emptyPage,
  newAccount,
  type OutboxFact,
} from '../../../shared/domain/page.ts'
import { parsePolicy } from '../../../shared/domain/policy/policy.ts'
import { eraResult } from '../../../shared/domain/simulate.ts'
import { Acting } from '../../support/acting.ts'
import { due, ending, fee } from '../../support/events.ts'
import { charging, deposit, ends, owing, transfer } from '../../support/moves.ts'
import {
  blockPolicyJson,
  HOUR_MS,
  type Json,
  policyJson,
  START_MS,
  split,
  toGroup,
} from '../../support/policies.ts'

const hours = (from: number, to: number) => ({ from: START_MS + from * HOUR_MS, to: START_MS + to * HOUR_MS })
const hour = (n: number) => START_MS + n * HOUR_MS
const ratable = (rule: Json = {}) => policyJson({ income: { fee: { recognise: 'ratable', ...rule } } })

/** A network in which ann and bob have 1,000 each. */
function funded(json: Json, options = {}): Acting {
  const acting = new Acting(json, options)
  acting.act([deposit('ann', 1_000n), deposit('bob', 1_000n)])
  return acting
}
const rowsOf = async (settled: ReturnType<Acting['settle']>) =>
  (await settled).statements.flatMap(({ rows }) => rows)
/** What all accounts and the network itself have, and what is on its way between them. */
const everything = ({ accounts, network }: Acting) =>
  sum([
    ...accounts.map(balanceOf),
    ...accounts.flatMap(({ outbox }) =>
      outbox.map((fact) => ('amount' in fact && fact.of !== 'Due' ? fact.amount : 0n)),
    ),
    ...Object.values(network.system.balances),
  ])

describe('given a charge without a spread', () => {
  it('when its era is settled, then it is a fee of its kind, from what was charged and not from outside', async () => {
    const acting = funded(policyJson())
    acting.act(charging('ann', 'c', 100n))
    const { seal } = await acting.end([fee('f', 7n)])
    expect(seal.income.kinds.fee).toEqual({
      count: 2,
      charged: 107n,
      admitted: 107n,
      deferred: 0n,
      recognised: 0n,
    })
    expect(seal.postings).toEqual([
      { from: '@external', to: '@pool', amount: 7n, why: 'income.fee' },
      { from: '@charged', to: '@pool', amount: 100n, why: 'income.fee' },
      { from: '@pool', to: '@treasury', amount: 107n, why: 'stages.stage.treasury' },
    ])
    expect(acting.state('ann')).toMatchObject({ available: 900n, outbox: [] })
    expect(everything(acting)).toBe(2_007n)
  })

  it('when a part is not admitted, then the exact rest is the system account’s that the policy names', async () => {
    const acting = funded(policyJson({ income: { fee: { admit: '33.3333333%', restTo: '@insurance' } } }))
    acting.act(charging('ann', 'c', 100n))
    const { seal } = await acting.end()
    expect(seal.income.kinds.fee).toMatchObject({ charged: 100n, admitted: 33n })
    expect(seal.system).toEqual({ '@insurance': 67n, '@treasury': 33n })
  })

  it('when the rest is a participant’s, in whichever partition, then it is credited there with its reason', async () => {
    const acting = new Acting(policyJson({ income: { fee: { admit: '50%', restTo: 'zoe' } } }), {
      partitions: 16,
    })
    for (const account of ['ann', 'bob', 'cay', 'dee', 'zoe']) {
      acting.act([deposit(account, 1_000n)])
      acting.act(charging(account, 'c', 101n))
    }
    const { statements, seal } = await acting.end([fee('f', 9n)])
    const zoe = statements.flatMap(({ rows }) => rows).find(({ account }) => account === 'zoe')
    expect(zoe).toMatchObject({
      credited: 260n,
      lines: [
        { why: 'rest', amount: 5n },
        { why: 'rest', amount: 255n },
      ],
    })
    expect(seal.credits.total).toBe(260n)
    expect(seal.postings).toContainEqual({ from: '@charged', to: 'accounts', amount: 255n, why: 'rest' })
    expect(balanceOf(acting.state('zoe'))).toBe(1_000n - 101n + 260n)
    expect(everything(acting)).toBe(5_009n)
  })

  it('when the policy weighs by fees paid, then the whole amount counts for who was charged', async () => {
    const acting = funded({
      ...policyJson(toGroup({ metric: 'feesPaid' })),
      income: { fee: { admit: '50%' } },
    })
    acting.act([...charging('ann', 'c', 100n), ...charging('ann', 'd', 50n), ...charging('bob', 'c', 50n)])
    const { seal } = await acting.end([fee('f', 100n, { payer: 'cay' })])
    expect(seal.credits.largest.map(({ account, amount }) => [account, amount])).toEqual([
      ['ann', 75n],
      ['cay', 50n],
      ['bob', 25n],
    ])
  })
})

describe('given a charge with a spread', () => {
  it('when eras pass, then it leaves @deferred bit by bit, and all of it', async () => {
    const acting = funded(ratable())
    acting.act(charging('ann', 'c', 100n, { spread: hours(0, 3) }))
    const eras = [await acting.end(), await acting.end(), await acting.end(), await acting.end()]
    expect(eras.map(({ seal }) => seal.income.total)).toEqual([33n, 33n, 34n, 0n])
    expect(eras.map(({ seal }) => seal.system['@deferred'])).toEqual([67n, 34n, undefined, undefined])
    expect(eras[0]?.seal.postings[0]).toEqual({
      from: '@charged',
      to: '@deferred',
      amount: 100n,
      why: 'income.fee.deferred',
    })
    expect(eras.map(({ plan }) => plan.unfinished)).toEqual([true, true, false, false])
  })

  it('when the kind is not ratable, then the spread says nothing', async () => {
    const acting = funded(policyJson())
    acting.act(charging('ann', 'c', 100n, { spread: hours(0, 3) }))
    expect((await acting.end()).seal.income.total).toBe(100n)
  })

  it('when eras are blocks, then positions are blocks', async () => {
    const acting = funded(blockPolicyJson({ income: { fee: { recognise: 'ratable' } } }))
    acting.act(charging('ann', 'c', 8n, { spread: { from: 5, to: 13 } }))
    expect([(await acting.end()).seal.income.total, (await acting.end()).seal.income.total]).toEqual([5n, 3n])
  })

  it('when an event has its id, then neither is the other, and no event ends it', async () => {
    const acting = funded(ratable())
    acting.act(charging('ann', 'c', 100n, { spread: hours(0, 4) }))
    const namesake = fee('c', 400n, { spread: hours(0, 4) })
    const other = { ...namesake, id: 'ann c' }
    acting.close()
    await acting.settle([namesake, ending('e', namesake), ending('g', other)])
    expect((await acting.end()).seal.income.total).toBe(25n)
    expect(acting.network.system.balances).toMatchObject({ '@deferred': 50n, '@operator': 400n })
  })
})

describe('given a charge whose spread is ended', () => {
  const ended = async (how: Parameters<typeof ends>[4], at = hour(1.5), json = ratable()) => {
    const acting = funded(json)
    acting.act(charging('ann', 'c', 100n, { spread: hours(0, 4), refundTo: 'ann' }))
    await acting.end()
    acting.act([ends('ann', 'Charge', 'c', at, how)], HOUR_MS / 2)
    return { acting, era: await acting.end() }
  }

  it('when nothing is kept, then it moves up to that moment and the rest goes back to whom the charge names', async () => {
    const { acting, era } = await ended({})
    expect(era.seal.income.total).toBe(12n)
    expect(era.statements.flatMap(({ rows }) => rows)).toMatchObject([
      { account: 'ann', credited: 63n, lines: [{ why: 'refund', amount: 63n }], facts: 1 },
    ])
    expect(era.seal.system).toEqual({ '@treasury': 37n })
    expect(balanceOf(acting.state('ann'))).toBe(963n)
  })

  it('when the end names somebody else, then it goes there', async () => {
    const { acting, era } = await ended({ refundTo: 'bob' })
    expect(era.seal.credits.total).toBe(63n)
    expect(balanceOf(acting.state('bob'))).toBe(1_063n)
  })

  it.each([
    ['a tenth', 100_000_000n, 7n, 56n],
    ['the least part of it', 1n, 1n, 62n],
    ['all', 1_000_000_000n, 63n, 0n],
    ['more than all', 2_500_000_000n, 63n, 0n],
  ])(
    'when the network keeps %s, then that is income, rounded up, and the rest is refunded',
    async (_, keep, kept, refund) => {
      const { acting, era } = await ended({ keep })
      expect(era.seal.income.kinds.fee).toMatchObject({ recognised: 12n + kept })
      expect(era.seal.credits.total).toBe(refund)
      expect(everything(acting)).toBe(2_000n)
      expect(era.plan.unfinished).toBe(false)
    },
  )

  it('when neither says where to, then it goes where the rest of its kind goes', async () => {
    const acting = funded(ratable({ restTo: '@insurance' }))
    acting.act(charging('ann', 'c', 100n, { spread: hours(0, 4) }))
    acting.act([ends('ann', 'Charge', 'c', hour(0.5))])
    expect((await acting.end()).seal.system).toEqual({ '@insurance': 88n, '@treasury': 12n })
  })

  it('when it is ended ahead of the era that closes, then it goes on to that moment and stops there', async () => {
    const { acting, era } = await ended({}, hour(3.5))
    expect(era.seal.income.total).toBe(25n)
    const next = [await acting.end(), await acting.end(), await acting.end()]
    expect(next.map(({ seal }) => seal.income.total)).toEqual([25n, 12n, 0n])
    expect(next.map(({ seal }) => seal.credits.total)).toEqual([0n, 13n, 0n])
    expect(acting.network.carried).toEqual(acting.network.carried.map(() => ({ spreads: [], endings: [] })))
  })

  it('when it was over already, or never was, then nothing is left of the end', async () => {
    const { acting } = await ended({}, hour(4))
    acting.act([ends('bob', 'Charge', 'c', hour(2))])
    const next = [await acting.end(), await acting.end()]
    expect(next.map(({ seal }) => seal.income.total)).toEqual([25n, 25n])
    expect(acting.network.carried).toEqual(acting.network.carried.map(() => ({ spreads: [], endings: [] })))
    expect(everything(acting)).toBe(2_000n)
  })

  it('when another account has a charge of the same id, then that one goes on', async () => {
    const acting = funded(ratable(), { partitions: 1 })
    for (const account of ['ann', 'bob'])
      acting.act(charging(account, 'c', 100n, { spread: hours(0, 4), refundTo: account }))
    acting.act([ends('ann', 'Charge', 'c', hour(0))])
    const { seal } = await acting.end()
    expect(seal.income.total).toBe(25n)
    expect(seal.credits.largest).toEqual([{ account: 'ann', amount: 100n }])
  })

  it('when it is ended twice at one moment, then which counts does not depend on which came first', async () => {
    const both = ['ann', 'bob'].map((refundTo) => ends('ann', 'Charge', 'c', hour(0.5), { refundTo }))
    const settle = async (moves: typeof both) => {
      const acting = funded(ratable())
      acting.act(charging('ann', 'c', 100n, { spread: hours(0, 4) }))
      acting.act(moves)
      return (await acting.end()).seal
    }
    const seal = await settle(both)
    expect(seal.credits).toMatchObject({ total: 88n, accounts: 1 })
    expect(await settle(both.toReversed())).toEqual(seal)
  })

  it('when it is ended twice, then the earlier moment counts', async () => {
    const acting = funded(ratable())
    acting.act(charging('ann', 'c', 100n, { spread: hours(0, 4) }))
    acting.act([
      ends('ann', 'Charge', 'c', hour(0.75), { refundTo: 'bob' }),
      ends('ann', 'Charge', 'c', hour(0.5), { refundTo: 'ann' }),
    ])
    const { seal } = await acting.end()
    expect(seal.income.total).toBe(12n)
    expect(seal.credits.largest).toEqual([{ account: 'ann', amount: 88n }])
  })
})

const rents = (changes: Json = {}) =>
  policyJson({
    stages: [
      {
        id: 'stage',
        from: '@pool',
        take: [{ id: 'rent', to: 'group:landlords', obligation: 'rent' }],
        rest: '@treasury',
      },
    ],
    groups: { landlords: { weight: { metric: 'none' }, ifEmpty: '@treasury' } },
    ...changes,
  })

describe('given a due of a command', () => {
  it('when its era is settled, then it is paid like a due of an event; what is not stays due', async () => {
    const acting = funded(rents())
    acting.act([owing('ann', 'd', 30n), owing('bob', 'd', 10n)])
    const first = await rowsOf(acting.end([fee('f', 24n), due('cay', 'rent', 8n)]))
    expect(Object.fromEntries(first.map(({ account, credited }) => [account, credited]))).toEqual({
      ann: 15n,
      bob: 5n,
      cay: 4n,
    })
    const { seal } = await acting.end([fee('g', 100n, { occurredAt: hour(1) })])
    expect(seal.lines).toEqual({ stage: { rent: 24n, rest: 76n } })
  })

  it('when it has a spread, then it falls due bit by bit, until it is ended', async () => {
    const acting = funded(rents())
    acting.act([
      owing('ann', 'd', 100n, { spread: hours(0, 4) }),
      owing('bob', 'd', 100n, { spread: hours(0, 4) }),
    ])
    const fees = [0, 1, 2].map((era) => fee(`f${era}`, 1_000n, { occurredAt: hour(era) }))
    const eras = [await acting.end(fees.slice(0, 1))]
    acting.act([ends('ann', 'Due', 'd', hour(1.5))], HOUR_MS / 2)
    eras.push(await acting.end(fees.slice(1, 2)), await acting.end(fees.slice(2)))
    expect(eras.map(({ seal }) => seal.lines.stage?.rent)).toEqual([50n, 37n, 25n])
    expect(balanceOf(acting.state('ann'))).toBe(1_037n)
    expect(balanceOf(acting.state('bob'))).toBe(1_075n)
  })

  it('when no line of the policy pays it, then it stays due', async () => {
    const acting = funded(rents())
    acting.act([owing('ann', 'd', 30n, { obligation: 'power' })])
    await acting.end([fee('f', 100n)])
    expect(acting.state('ann')).toMatchObject({ dues: { power: 30n }, outbox: [] })
  })
})

describe('given a charge that is admitted whole', () => {
  it('when it is taken, then there is no rest, not even one of nothing', () => {
    const outbox: OutboxFact[] = [{ era: 0, of: 'Charge', id: 'c', kind: 'fee', amount: 5n }]
    const { totals } = takeOutboxes(parsePolicy(policyJson()), 0, [{ ...newAccount('ann'), outbox }])
    expect(totals.rests).toEqual({})
  })
})

describe('given a slash', () => {
  it('when its era is settled, then the system account has it, and a stage of that era reads it', async () => {
    const insurance = split(
      { half: '@paid 50%' },
      { id: 'insurance', from: '@insurance', rest: '@insurance' },
    )
    const stages = [split({ all: '@treasury 100%' }), insurance]
    const acting = funded(policyJson({ stages, income: { fee: { admit: '50%', restTo: '@insurance' } } }))
    acting.act([{ move: 'stake', account: 'ann', lot: 'a', amount: 50n, lockSeconds: 9_999 }])
    acting.act([{ move: 'slash', account: 'ann', id: 's', lot: 'a', amount: 21n, to: '@insurance' }])
    const { seal } = await acting.end()
    expect(seal.income.total).toBe(0n)
    expect(seal.system).toEqual({ '@insurance': 10n, '@paid': 11n })
    expect(seal.postings).toContainEqual({ from: '@charged', to: '@insurance', amount: 21n, why: 'slash' })
    expect(balanceOf(acting.state('ann'))).toBe(979n)
    expect(everything(acting)).toBe(2_000n)
  })
})

describe('given that commands go on while an era is settled', () => {
  it('when they tell the next era something, then the one that is settled leaves it alone', async () => {
    const acting = funded(policyJson())
    acting.act(charging('ann', 'c', 100n))
    acting.close()
    acting.act(charging('ann', 'd', 11n))
    const { seal } = await acting.settle()
    expect(seal.income.total).toBe(100n)
    expect(acting.state('ann').outbox).toMatchObject([{ era: 1, id: 'd' }])
    expect((await acting.end()).seal.income.total).toBe(11n)
    expect(acting.state('ann').outbox).toEqual([])
  })

  it('when an account is credited nothing, then its statement says how many facts were taken all the same', async () => {
    const acting = funded(policyJson())
    acting.act([...charging('ann', 'c', 100n), ...charging('ann', 'd', 1n)])
    expect(await rowsOf(acting.end())).toEqual([
      { account: 'ann', lines: [], capped: [], credited: 0n, dues: {}, facts: 2 },
    ])
  })

  it('when a statement does not take what is there, then it is not applied: nothing is lost or taken twice', () => {
    const fact: OutboxFact = { era: 3, of: 'Slash', id: 's', amount: 1n, to: '@t' }
    const page = {
      ...emptyPage(0),
      accounts: [{ ...newAccount('ann'), outbox: [fact, { ...fact, era: 4 }] }],
    }
    const statement = (facts?: number) => ({
      era: 3,
      page: 0,
      at: 0,
      releaseAt: 0,
      rows: [{ account: 'ann', lines: [], capped: [], credited: 0n, dues: {}, ...(facts && { facts }) }],
    })
    expect(() => applyStatement(page, statement(), false)).toThrow(
      'era 3 took 0 facts of ann, and 1 are in its outbox',
    )
    expect(() => applyStatement(page, statement(2), false)).toThrow('era 3 took 2 facts of ann')
    expect(applyStatement(page, statement(1), false).accounts[0]?.outbox).toEqual([{ ...fact, era: 4 }])
  })
})

describe('the digest of an era', () => {
  const facts: OutboxFact[] = [
    { era: 0, of: 'Slash', id: 's', amount: 1n, to: '@t' },
    { era: 0, of: 'Due', id: 'd', obligation: 'rent', amount: 2n },
  ]
  const told = (...accounts: [string, OutboxFact[]][]) =>
    takeOutboxes(
      parsePolicy(policyJson()),
      0,
      accounts.map(([account, outbox]): AccountState => ({ ...newAccount(account), outbox })),
    ).totals

  it('when the same was told in another order, then it is the same; when anything else was, then it is not', () => {
    const { digest } = told(['ann', facts], ['bob', facts.slice(1)])
    expect(told(['bob', facts.slice(1)], ['ann', facts.toReversed()]).digest).toBe(digest)
    expect(told(['ann', facts], ['bob', facts.slice(0, 1)]).digest).not.toBe(digest)
    expect(told(['ann', facts.slice(1)], ['bob', facts]).digest).not.toBe(digest)
    expect(told(['ann', []])).toMatchObject({ digest: '', facts: 0 })
  })

  it('when commands told an era something, then its seal is another than without', async () => {
    const [one, other] = [funded(policyJson()), funded(policyJson())]
    one.act([owing('ann', 'd', 1n, { spread: hours(9, 10) })])
    const seals = [(await one.end()).seal, (await other.end()).seal]
    expect(seals[0]?.system).toEqual(seals[1]?.system)
    expect(seals[0]?.eventsDigest).not.toBe(seals[1]?.eventsDigest)
  })

  it('when an era has only transfers, then it is that of an era in which nothing was told', async () => {
    const [one, other] = [funded(policyJson()), funded(policyJson())]
    one.act([transfer('ann', 'bob', 1n)])
    expect(eraResult(await one.end())).toEqual(eraResult(await other.end()))
    expect(one.settled[0]?.seal.hash).toBe(other.settled[0]?.seal.hash)
  })
})
