import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type Event, eventKey, keyHash } from '../../../shared/domain/event.ts'
import { contentDigest, eventLine } from '../../../shared/domain/event-line.ts'
import { type Fold, fold } from '../../../shared/domain/fold.ts'
import { parsePolicy } from '../../../shared/domain/policy/policy.ts'
import { shardLog } from '../../../shared/domain/shard-log.ts'
import { cost, due, fee, metric, role, stake } from '../../support/events.ts'
import { HOUR_MS, type Json, policyJson, START_MS, toGroup } from '../../support/policies.ts'

function folded(
  events: readonly Event[],
  json: Json = policyJson(),
  counted: readonly Event[] = [],
  hashOf = (event: Event) => keyHash(eventKey(event)),
): Fold {
  // Two events a segment, so that copies lie in one and in several.
  const segments = Array.from({ length: Math.ceil(events.length / 2) }, (_, i) => {
    const own = events.slice(2 * i, 2 * i + 2)
    return { hashes: BigUint64Array.from(own, hashOf), events: () => own }
  })
  return fold({
    policy: parsePolicy(json),
    era: 0,
    partitions: 1,
    log: shardLog(segments),
    counted: new Map(counted.map((event) => [eventKey(event), contentDigest(event)])),
  })
}
const factsOf = ({ facts }: Fold) => {
  const own = facts.get(0)
  if (own === undefined) throw new Error('the fold has no facts')
  return own
}

describe('given the same event again', () => {
  it('when it says the same, then it is counted once and reported as a duplicate', () => {
    const { totals } = folded([fee('f', 5n), fee('f', 5n), fee('f', 5n)])
    expect(totals.income.fee).toEqual({ count: 1, charged: 5n, admitted: 5n, deferred: 0n })
    expect(totals).toMatchObject({ duplicates: 2, conflictCount: 0, counted: { FeeCharged: 1 } })
  })

  it('when it says something else, then the first counts and the conflict is reported, once per id', () => {
    const { totals } = folded([fee('f', 5n), fee('f', 9n), fee('f', 7n), fee('g', 1n)])
    expect(totals.income.fee?.charged).toBe(6n)
    expect(totals).toMatchObject({
      duplicates: 0,
      conflictCount: 1,
      conflicts: [{ name: 'FeeCharged', id: 'f' }],
    })
  })

  it.each([
    ['another time', fee('f', 5n, { occurredAt: START_MS + 1 })],
    ['another payer', fee('f', 5n, { payer: 'b' })],
    ['another sequence', fee('f', 5n, { stream: 's', sequence: 2 })],
    ['details', fee('f', 5n, { details: '{}' })],
  ])('when it comes with %s, then that is a conflict', async (_, copy) => {
    const { totals } = folded([fee('f', 5n), copy])
    expect(totals).toMatchObject({ conflictCount: 1, income: { fee: { count: 1 } } })
  })

  it('when another event has its id, then both count: an event is its name and id', () => {
    const { totals } = folded([fee('x', 5n), cost('x', 7n)])
    expect(totals).toMatchObject({ duplicates: 0, conflictCount: 0, income: { fee: { count: 1 } } })
    expect(totals.costs).toEqual({ cost: { count: 1, amount: 7n } })
  })

  it('when an earlier era has counted it, then it is not counted again, and a changed copy is a conflict', () => {
    const earlier = [fee('f', 5n), fee('g', 5n)]
    const { totals, facts, seen } = folded([fee('f', 5n), fee('g', 6n)], policyJson(), earlier)
    expect(totals).toMatchObject({ counted: {}, duplicates: 1, conflicts: [{ name: 'FeeCharged', id: 'g' }] })
    expect(facts.size).toBe(0)
    expect(seen).toHaveLength(0)
  })

  it('when other events share its hash, then each counts once all the same, and the digest is of them all', () => {
    const events = [fee('f', 5n), cost('f', 7n), fee('g', 1n), fee('f', 5n), fee('g', 2n), cost('f', 7n)]
    for (const hash of [0n, 2n ** 64n - 1n]) {
      const { totals, seen } = folded(events, policyJson(), [], () => hash)
      expect(totals).toMatchObject({
        counted: { FeeCharged: 2, CostIncurred: 1 },
        duplicates: 2,
        conflicts: [{ name: 'FeeCharged', id: 'g' }],
      })
      expect([...seen]).toEqual([hash, hash, hash])
      const lines = [events[0], events[1], events[2]].map((event) => eventLine(event as Event)).sort()
      expect(totals.digest).toBe(createHash('sha256').update(lines.join('')).digest('hex'))
    }
  })
})

describe('given fees', () => {
  const admitting = (admit: string, changes: Json = {}) =>
    policyJson({ income: { fee: { admit, ...changes } } })

  it('when half is admitted, then the floor comes to the pool and the exact rest goes to its account', () => {
    const { totals } = folded([fee('a', 201n), fee('b', 1n)], admitting('50%'))
    expect(totals.income.fee).toMatchObject({ charged: 202n, admitted: 100n })
    expect(totals.rests).toEqual({ '@operator': 102n })
  })

  it('when the rest goes to a participant, then it is a fact of that account', () => {
    const done = folded([fee('a', 201n)], admitting('50%', { restTo: 'ann' }))
    expect(factsOf(done).rests).toEqual([{ account: 'ann', amount: 101n }])
    expect(done.totals.rests).toEqual({})
  })

  it('when a kind is ratable and the fee has a spread, then what is admitted is deferred', () => {
    const spread = { from: START_MS, to: START_MS + 3 * HOUR_MS }
    const { totals } = folded(
      [fee('a', 9n, { spread }), fee('b', 7n)],
      admitting('100%', { recognise: 'ratable' }),
    )
    expect(totals.income.fee).toEqual({ count: 2, charged: 16n, admitted: 7n, deferred: 9n })
  })

  it('when a kind is immediate, then a spread changes nothing', () => {
    const spread = { from: START_MS, to: START_MS + 3 * HOUR_MS }
    const { totals } = folded([fee('a', 9n, { spread })])
    expect(totals.income.fee).toMatchObject({ admitted: 9n, deferred: 0n })
  })
})

describe('given reports of a metric', () => {
  const weighingBy = (name: string, rule?: string) =>
    policyJson({ ...toGroup({ metric: name }), metrics: rule === undefined ? {} : { [name]: rule } })
  const reports = [
    metric('ann', 'work', 5n, { id: 'r1', occurredAt: START_MS + 2 }),
    metric('ann', 'work', 9n, { id: 'r0', occurredAt: START_MS + 1 }),
    metric('ann', 'work', 4n, { id: 'r9', occurredAt: START_MS + 2 }),
  ]

  it.each([
    [undefined, 18n],
    ['sum', 18n],
    ['last', 4n],
    ['max', 9n],
  ])('when the rule is %s, then the value is %d, in any order', async (rule, value) => {
    for (const events of [reports, reports.toReversed()]) {
      const [row] = factsOf(folded(events, weighingBy('work', rule))).metrics
      expect(row).toMatchObject({ account: 'ann', metric: 'work', value })
    }
  })

  it('when no weight or cap uses the metric, then nothing is carried to the accounts', () => {
    const { facts, totals } = folded([metric('ann', 'fun', 1n)], weighingBy('work'))
    expect(facts.size).toBe(0)
    expect(totals.counted).toEqual({ MetricReported: 1 })
  })
})

describe('given what is about accounts', () => {
  it('when a cost has no payer, then the expenses account paid', () => {
    const done = folded([cost('c', 3n), cost('d', 4n), cost('e', 5n, 'ann')])
    expect(factsOf(done).costs).toEqual([
      { account: '@expenses', amount: 7n },
      { account: 'ann', amount: 5n },
    ])
    expect(done.purchases.map(({ buyer }) => buyer)).toEqual(['@expenses', '@expenses', 'ann'])
  })

  it('when roles, stakes and dues are reported, then each is a fact', () => {
    const events = [role('ann', 'g', 'active'), stake('ann', 5n), due('ann', 'rent', 6n)]
    const { roles, stakes, dues } = factsOf(folded(events))
    expect(roles).toMatchObject([{ account: 'ann', group: 'g', status: 'active' }])
    expect(stakes).toMatchObject([{ account: 'ann', lot: 'default', amount: 5n, lockSeconds: 0 }])
    expect(dues).toEqual([{ account: 'ann', obligation: 'rent', amount: 6n }])
  })

  it('when an event lies before the era that books it, then it is counted as late', () => {
    const { totals } = folded([fee('a', 1n, { occurredAt: START_MS - 1 }), fee('b', 1n)])
    expect(totals).toMatchObject({ late: 1, income: { fee: { count: 2 } } })
  })

  it('when events come in another order, then the digest of what was counted is the same', () => {
    const events = [fee('a', 1n), cost('b', 2n), metric('ann', 'work', 3n)]
    const [one, other] = [folded(events), folded(events.toReversed())]
    expect(one.totals.digest).toBe(other.totals.digest)
    expect(one.totals.digest).not.toBe(folded(events.slice(1)).totals.digest)
  })
})
