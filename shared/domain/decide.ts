import { hash } from 'node:crypto'
import { type Account, EXTERNAL, isOutside, POOL, VESTING } from './account.ts'
import { Books } from './books.ts'
import { eraEnd, eraStart, isByBlock } from './calendar.ts'
import { cascadeShare } from './cascade.ts'
import { assertInvariant } from './errors.ts'
import type { ShardTotals } from './facts.ts'
import { applyDecisions, brokenBounds, type HeldDecision, heldAccount, meanOf, planHeld } from './held.ts'
import { max, min, mulDivCeil, mulDivFloor, sum } from './money.ts'
import { WHOLE } from './percent.ts'
import {
  ACCOUNTS,
  type BrokenBound,
  type EraState,
  type Payment,
  type Plan,
  type SystemState,
} from './plan.ts'
import { capMetrics, columnsOf } from './policy/columns.ts'
import type { Policy } from './policy/schema.ts'
import { assertCharged, bookCommands, bookIncome, refundSpreads } from './revenue.ts'
import { runStages, type Weighed } from './stages.ts'
import { reportStreams } from './streams.ts'
import type { PartitionTotals } from './weights.ts'

export interface DecideInput {
  policy: Policy
  policyVersion: number
  policyHash: string
  era: number
  /** The network's own accounts after the last sealed era. */
  system: SystemState
  shards: readonly ShardTotals[]
  /** In partition order. */
  partitions: readonly PartitionTotals[]
  /** What was decided of held eras while this era was open, by era. */
  decisions?: readonly HeldDecision[]
}

/** How many eras back stabiliser and bounds may look. */
const MAX_HISTORY = 64

/**
 * Works out an era from what it counted and weighed: profit, state, every line, and what each group shares.
 * Source of the rule: policy language, "One era, in order", step by step. Pure: the same input, the same plan.
 */
export function decide(input: DecideInput): Plan {
  const { policy, era, system, decisions = [] } = input
  const columns = columnsOf(policy)
  const weighed: Weighed = {
    columns,
    sums: columns.map((_, c) => sum(input.partitions.map(({ sums }) => sums[c] as bigint))),
  }
  const offsets = offsetsOf(input.partitions)
  const books = new Books(system.balances)
  const released = applyDecisions(
    decisions,
    { columns: columns.length, caps: capMetrics(policy).length },
    books,
  )

  const opening = books.balance(POOL)
  const income = bookIncome(input, books)
  const rests = bookCommands(input.partitions, books)
  const refunds = refundSpreads(input.partitions, books)
  const cost = costOf(input, weighed)
  const net = opening + income.total - (policy.base === 'net' ? cost.total : 0n)
  const isLoss = policy.base === 'net' && net <= 0n

  const { payments, loss } = repayCosts(policy, net, weighed, books)
  paySystemRows(payments, input.partitions, offsets, books)
  if (!isLoss) stabilise(policy, net, system.history, books)
  const figures = { income: income.total, cost: cost.total, net, pool: books.balance(POOL) }
  const because = isLoss ? [] : brokenBounds(policy, figures, system.history)
  const state = stateOf(policy, figures.pool, because, loss)
  if (state === 'HELD') books.move(POOL, heldAccount(era), figures.pool, 'held')
  const held = state === 'HELD' ? planHeld(policy, era, books, weighed, because) : undefined

  const allocation = runStages(policy, state === 'DISTRIBUTED', books, weighed)
  buyBack(policy, books)
  payDirect(input.partitions, books)

  const latest = Math.max(system.latest, ...input.shards.map(({ latest }) => latest))
  const { calendar } = policy.era
  const at = isByBlock(calendar) ? latest : eraEnd(calendar, era)
  const plan: Plan = {
    era,
    policyVersion: input.policyVersion,
    policyHash: input.policyHash,
    from: eraStart(calendar, era),
    to: eraEnd(calendar, era),
    state,
    income,
    cost,
    net,
    ...(loss ? { loss } : {}),
    ...(held ? { held } : {}),
    ...(decisions.length > 0
      ? { decided: decisions.map(({ era, decision, held }) => ({ era, decision, amount: held.amount })) }
      : {}),
    lines: allocation.lines,
    payments: [...released, ...payments, ...allocation.payments],
    refunds,
    rests,
    offsets,
    postings: books.postings,
    opening: system.balances,
    closing: books.closing(),
    history: [...system.history, max(net, 0n)].slice(-MAX_HISTORY),
    latest,
    at,
    releaseAt: at + policy.payout.timelock,
    counted: countedOf(input.shards),
    facts: input.partitions.reduce((facts, { commands }) => facts + commands.facts, 0),
    late: input.shards.reduce((late, shard) => late + shard.late, 0),
    streams: reportStreams(input.shards.map(({ sequences }) => sequences)),
    deliveries: deliveriesOf(input.shards),
    eventsDigest: digestOf(input),
    systemVersion: system.version,
    previousHash: system.sealHash,
    unfinished: false,
  }
  plan.unfinished = input.partitions.some(({ unfinished }) => unfinished) || unpaid(plan, weighed) > 0n
  assertConserved(plan)
  assertCharged(plan, input.partitions)
  return plan
}

/** 2. Costs recognised in the era, and what was owed from before. Where base is gross they are reported only. */
function costOf({ policy, shards, partitions }: DecideInput, weighed: Weighed): Plan['cost'] {
  const kinds: Plan['cost']['kinds'] = {}
  for (const kind of Object.keys(policy.costs)) kinds[kind] = { count: 0, amount: 0n }
  const book = (kind: string, count: number, amount: bigint): void => {
    kinds[kind] ??= { count: 0, amount: 0n }
    kinds[kind].count += count
    kinds[kind].amount += amount
  }
  for (const { costs } of shards)
    for (const [kind, { count, amount }] of Object.entries(costs)) book(kind, count, amount)
  for (const { costs } of partitions)
    for (const [kind, amount] of Object.entries(costs)) book(kind, 0, amount)
  const current = sum(Object.values(kinds).map(({ amount }) => amount))
  if (policy.base === 'gross') return { total: current, owedBefore: 0n, kinds }
  const column = costColumn(weighed, 'cost')
  assertInvariant(column.weight === current, () => `costs by kind are ${current}, by payer ${column.weight}`)
  const owedBefore = costColumn(weighed, 'owed').weight
  return { total: current + owedBefore, owedBefore, kinds }
}

function costColumn({ columns, sums }: Weighed, kind: 'owed' | 'cost'): { column: number; weight: bigint } {
  const column = columns.findIndex((candidate) => candidate.kind === kind)
  return { column, weight: sums[column] ?? 0n }
}

/** 4. Base net: every cost is paid back; in a loss the reserve covers it as far as it goes, owed costs first. */
function repayCosts(
  policy: Policy,
  net: bigint,
  weighed: Weighed,
  books: Books,
): { payments: Payment[]; loss?: Plan['loss'] } {
  if (policy.base === 'gross') return { payments: [] }
  const owed = costColumn(weighed, 'owed')
  const current = costColumn(weighed, 'cost')
  const whole = owed.weight + current.weight
  let draw = 0n
  if (net <= 0n) {
    const reserve = policy.loss?.from as Account
    draw = min(books.balance(reserve), -net)
    books.move(reserve, POOL, draw, 'loss.draw')
  }
  let left = min(whole, books.balance(POOL))
  const unpaidCosts = whole - left
  const payments: Payment[] = []
  for (const [why, { column, weight }] of [
    ['costs.owed', owed],
    ['costs.current', current],
  ] as const) {
    const total = min(left, weight)
    left -= total
    if (total > 0n) payments.push({ why, parts: [{ column, total, weight }] })
    books.move(POOL, ACCOUNTS, total, why)
  }
  return net > 0n ? { payments } : { payments, loss: { draw, owed: unpaidCosts } }
}

/** System accounts that are owed (`@expenses`) get their share at once: what stages read has to be known here. */
function paySystemRows(
  payments: readonly Payment[],
  partitions: readonly PartitionTotals[],
  offsets: bigint[][],
  books: Books,
): void {
  partitions.forEach(({ system }, partition) => {
    for (const { account, running, weights } of system) {
      for (const { why, parts } of payments) {
        for (const { column, total, weight } of parts) {
          const through = (offsets[partition]?.[column] as bigint) + (running[column] as bigint)
          books.move(ACCOUNTS, account, cascadeShare(total, weight, through, weights[column] as bigint), why)
        }
      }
    }
  })
}

/** 5. Stabiliser: a thin era is topped up to the floor from the reserve, a fat one gives what is above the ceiling. */
function stabilise({ stabiliser }: Policy, net: bigint, history: readonly bigint[], books: Books): void {
  if (!stabiliser) return
  const mean = meanOf(history, stabiliser.eras)
  if (mean === undefined) return
  const floor = mulDivCeil(stabiliser.floor, mean, WHOLE)
  const ceiling = mulDivFloor(stabiliser.ceiling, mean, WHOLE)
  if (net < floor)
    books.move(stabiliser.reserve, POOL, min(books.balance(stabiliser.reserve), floor - net), 'stabiliser')
  if (net > ceiling) books.move(POOL, stabiliser.reserve, net - ceiling, 'stabiliser')
}

/** 6. A loss is one; below the minimum the pool is carried; outside the bounds the era is held. */
function stateOf(
  policy: Policy,
  pool: bigint,
  because: readonly BrokenBound[],
  loss: Plan['loss'],
): EraState {
  if (loss) return loss.owed > 0n ? 'LOSS_SHORT' : 'LOSS_COVERED'
  if (pool < policy.minimum) return 'CARRIED'
  return because.length > 0 ? 'HELD' : 'DISTRIBUTED'
}

/** 9. Buyback: out of what the account holds in excess, at most a share of all it holds. */
function buyBack({ buyback }: Policy, books: Books): void {
  if (!buyback) return
  const balance = books.balance(buyback.from)
  if (balance <= buyback.excessOver) return
  const amount = min(mulDivFloor(buyback.maxShare, balance, WHOLE), balance - buyback.excessOver)
  books.move(buyback.from, buyback.then, amount, 'buyback')
}

/** Credits that nobody shares: rests of fees, and what has vested. */
function payDirect(partitions: readonly PartitionTotals[], books: Books): void {
  const rest = sum(partitions.map(({ direct }) => direct.rest))
  const vested = sum(partitions.map(({ direct }) => direct.vested))
  books.move(EXTERNAL, ACCOUNTS, rest, 'rest')
  books.move(VESTING, ACCOUNTS, vested, 'vested')
}

/** Running sum of each column where each partition begins. */
function offsetsOf(partitions: readonly PartitionTotals[]): bigint[][] {
  let running = partitions[0]?.sums.map(() => 0n) ?? []
  return partitions.map(({ sums }) => {
    const offset = running
    running = running.map((amount, column) => amount + (sums[column] as bigint))
    return offset
  })
}

function countedOf(shards: readonly ShardTotals[]): Plan['counted'] {
  const counted: Plan['counted'] = {}
  for (const shard of shards) {
    for (const [name, count] of Object.entries(shard.counted) as [keyof Plan['counted'], number][]) {
      counted[name] = (counted[name] ?? 0) + count
    }
  }
  return counted
}

function deliveriesOf(shards: readonly ShardTotals[]): Plan['deliveries'] {
  return {
    duplicates: shards.reduce((count, { duplicates }) => count + duplicates, 0),
    conflictCount: shards.reduce((count, { conflictCount }) => count + conflictCount, 0),
    conflicts: shards.flatMap(({ conflicts }) => conflicts),
  }
}

/** What was counted of the log by each shard, then what commands told each partition, where they told anything. */
function digestOf({ shards, partitions }: DecideInput): string {
  const told = partitions.map(({ commands }) => commands.digest)
  const digests = [
    ...shards.map(({ digest }) => digest),
    ...(told.some((digest) => digest !== '') ? told : []),
  ]
  return hash('sha256', digests.join('\n'), 'hex')
}

/** Costs and dues that stay open after this era's payments. */
function unpaid(plan: Plan, { columns, sums }: Weighed): bigint {
  const isDebt = (column: number): boolean => column < columns.length && columns[column]?.kind !== 'part'
  const claimed = sums.filter((_, column) => isDebt(column))
  const paid = plan.payments.flatMap(({ parts }) =>
    parts.filter(({ column }) => isDebt(column)).map(({ total }) => total),
  )
  return sum(claimed) - sum(paid)
}

/** What the network held before and what came from outside is what it holds after and what accounts are credited. */
function assertConserved({ opening, closing, postings, era }: Plan): void {
  const moved = (test: (posting: Plan['postings'][number]) => boolean): bigint =>
    sum(postings.filter(test).map(({ amount }) => amount))
  const before = sum(Object.values(opening)) + moved(({ from }) => isOutside(from))
  const after =
    sum(Object.values(closing)) + moved(({ to }) => to === ACCOUNTS) - moved(({ from }) => from === ACCOUNTS)
  assertInvariant(before === after, () => `era ${era} does not add up: ${before} before, ${after} after`)
}
