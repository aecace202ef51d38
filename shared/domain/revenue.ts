import { type Account, CHARGED, DEFERRED, EXTERNAL, isSystem, POOL } from './account.ts'
import type { Books } from './books.ts'
import { assertInvariant } from './errors.ts'
import type { IncomeTotals, ShardTotals } from './facts.ts'
import { add, sum } from './money.ts'
import { ACCOUNTS, type Plan } from './plan.ts'
import type { Policy } from './policy/schema.ts'
import type { PartitionTotals } from './weights.ts'

/** What an era counted of the log, and what its commands told it. */
interface Counted {
  policy: Policy
  shards: readonly ShardTotals[]
  partitions: readonly PartitionTotals[]
}

/** 1. Income: what was admitted comes to the pool, what is ratable waits in `@deferred`, the rest goes to `restTo`. */
export function bookIncome({ policy, shards, partitions }: Counted, books: Books): Plan['income'] {
  const kinds: Plan['income']['kinds'] = {}
  const of = (kind: string) => {
    kinds[kind] ??= { count: 0, charged: 0n, admitted: 0n, deferred: 0n, recognised: 0n }
    return kinds[kind]
  }
  for (const kind of Object.keys(policy.income)) of(kind)
  const sources = [
    { from: EXTERNAL, fees: shards.map(({ income }) => income) },
    { from: CHARGED, fees: partitions.map(({ commands }) => commands.income) },
  ].map(({ from, fees }) => ({ from, income: sumByKind(fees) }))
  for (const { income } of sources) {
    for (const [kind, { count, charged, admitted, deferred }] of Object.entries(income)) {
      const total = of(kind)
      total.count += count
      total.charged += charged
      total.admitted += admitted
      total.deferred += deferred
    }
  }
  for (const { income } of partitions)
    for (const [kind, amount] of Object.entries(income)) of(kind).recognised += amount
  for (const { from, income } of sources) {
    for (const kind of Object.keys(kinds)) {
      books.move(from, POOL, income[kind]?.admitted ?? 0n, `income.${kind}`)
      books.move(from, DEFERRED, income[kind]?.deferred ?? 0n, `income.${kind}.deferred`)
    }
  }
  for (const [kind, { recognised }] of Object.entries(kinds)) {
    books.move(DEFERRED, POOL, recognised, `income.${kind}.recognised`)
  }
  for (const [account, amount] of sortedTotals(shards.map(({ rests }) => rests)))
    books.move(EXTERNAL, account, amount, 'rest')
  return { total: sum(Object.values(kinds).map(({ admitted, recognised }) => admitted + recognised)), kinds }
}

function sumByKind(incomes: readonly Record<string, IncomeTotals>[]): Record<string, IncomeTotals> {
  const sums: Record<string, IncomeTotals> = {}
  for (const [kind, income] of incomes.flatMap((record) => Object.entries(record))) {
    const { count, charged, admitted, deferred } = sums[kind] ?? NO_INCOME
    sums[kind] = {
      count: count + income.count,
      charged: charged + income.charged,
      admitted: admitted + income.admitted,
      deferred: deferred + income.deferred,
    }
  }
  return sums
}

const NO_INCOME: IncomeTotals = { count: 0, charged: 0n, admitted: 0n, deferred: 0n }

/** What else commands took: the rests of charges, and what was slashed. Answers with what participants get of the rests. */
export function bookCommands(partitions: readonly PartitionTotals[], books: Books): Record<Account, bigint> {
  const rests = sortedTotals(partitions.map(({ commands }) => commands.rests))
  for (const [account, amount] of rests)
    books.move(CHARGED, isSystem(account) ? account : ACCOUNTS, amount, 'rest')
  for (const [account, amount] of sortedTotals(partitions.map(({ commands }) => commands.slashed)))
    books.move(CHARGED, account, amount, 'slash')
  return toParticipants(rests)
}

/** What fees whose spread was stopped had left leaves `@deferred`. Answers with what participants get of it. */
export function refundSpreads(partitions: readonly PartitionTotals[], books: Books): Record<Account, bigint> {
  const totals = sortedTotals(partitions.map(({ refunds }) => refunds))
  for (const [account, amount] of totals)
    books.move(DEFERRED, isSystem(account) ? account : ACCOUNTS, amount, 'refund')
  return toParticipants(totals)
}

function toParticipants(totals: readonly [Account, bigint][]): Record<Account, bigint> {
  return Object.fromEntries(totals.filter(([account]) => !isSystem(account)))
}

/** All that commands took from accounts during the era comes to the network's own accounts, or goes on to others. */
export function assertCharged({ era, postings }: Plan, partitions: readonly PartitionTotals[]): void {
  const taken = partitions.flatMap(({ commands: { income, slashed } }) => [
    ...Object.values(income).map(({ charged }) => charged),
    ...Object.values(slashed),
  ])
  const posted = postings.filter(({ from }) => from === CHARGED).map(({ amount }) => amount)
  assertInvariant(
    sum(taken) === sum(posted),
    () => `era ${era}: commands took ${sum(taken)}, and ${sum(posted)} is posted`,
  )
}

function sortedTotals(records: readonly Record<string, bigint>[]): [string, bigint][] {
  const totals: Record<string, bigint> = {}
  for (const record of records) for (const [key, amount] of Object.entries(record)) add(totals, key, amount)
  return Object.entries(totals).sort(([a], [b]) => (a < b ? -1 : 1))
}
