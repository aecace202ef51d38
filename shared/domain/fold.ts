import { type Account, EXPENSES, isSystem, partitionOf } from './account.ts'
import { eraStart } from './calendar.ts'
import { CountedEvents } from './counted.ts'
import {
  type CostIncurred,
  type Event,
  eventKey,
  type FeeCharged,
  inReportOrder,
  keyHash,
  type MetricReported,
  positionOf,
} from './event.ts'
import { contentDigest, eventLine } from './event-line.ts'
import {
  type Conflict,
  noFacts,
  noShardTotals,
  type PartitionFacts,
  type Purchase,
  type ShardTotals,
} from './facts.ts'
import { countFee, divideFee } from './income.ts'
import { add } from './money.ts'
import { metricsUsed } from './policy/columns.ts'
import type { Policy } from './policy/schema.ts'
import { HashSet, type LoggedEvents, repeatsIn, type ShardLog, wordsOf } from './shard-log.ts'

/** How many conflicts a report lists; it counts them all. */
const MAX_LISTED_CONFLICTS = 1_000

/** What one shard of an era comes to. */
export interface Fold {
  totals: ShardTotals
  /** Facts by partition; a partition without facts is absent. */
  facts: Map<number, PartitionFacts>
  purchases: Purchase[]
  /** Key hashes of all that was counted, ascending. */
  seen: BigUint64Array
}

export interface FoldInput {
  policy: Policy
  era: number
  partitions: number
  log: ShardLog
  /** Content digest of events that earlier eras have counted, by key; such an event is not counted again. */
  counted?: ReadonlyMap<string, string>
}

/** Counts each event of a shard once, and hands what it means to the partitions of the accounts it is about. */
export function fold(input: FoldInput): Fold {
  const shard = new ShardFold(input)
  for (const segment of input.log.segments) shard.countAll(segment)
  return shard.finish()
}

class ShardFold {
  private readonly input: FoldInput
  private readonly from: number
  private readonly metrics: Set<string>
  /** Which key hashes are met more than once: only of these may an event have been counted. */
  private readonly repeated: HashSet
  /** Content digest of the counted ones of those, by key. */
  private readonly firsts: Map<string, string>
  private readonly lines: CountedEvents
  private readonly conflicts = new Map<string, Conflict>()
  private readonly facts = new Map<number, PartitionFacts>()
  private readonly purchases: Purchase[] = []
  private readonly sums = new Map<string, bigint>()
  private readonly reports = new Map<string, MetricReported>()
  private readonly sequences = new Map<string, Set<number>>()
  private readonly totals: ShardTotals

  constructor(input: FoldInput) {
    this.input = input
    this.from = eraStart(input.policy.era.calendar, input.era)
    this.metrics = metricsUsed(input.policy)
    this.firsts = new Map(input.counted)
    this.repeated = new HashSet([...repeatsIn(input.log.hashes), ...[...this.firsts.keys()].map(keyHash)])
    this.lines = new CountedEvents(input.log.hashes.length)
    this.totals = noShardTotals()
  }

  countAll({ hashes, events }: LoggedEvents): void {
    const words = wordsOf(hashes)
    let at = 0
    for (const event of events()) {
      const low = words[at++] as number
      const high = words[at++] as number
      if (this.repeated.has(high, low) && this.isKnown(event)) continue
      this.lines.add(high, low, eventLine(event))
      this.count(event)
    }
  }

  /** Whether an event of this key was counted; one that says something else is a conflict. */
  private isKnown(event: Event): boolean {
    const key = eventKey(event)
    const digest = contentDigest(event)
    const first = this.firsts.get(key)
    if (first === undefined) this.firsts.set(key, digest)
    else if (first === digest) this.totals.duplicates += 1
    else this.conflicts.set(key, { name: event.name, id: event.id })
    return first !== undefined
  }

  private count(event: Event): void {
    const { totals } = this
    totals.counted[event.name] = (totals.counted[event.name] ?? 0) + 1
    totals.latest = Math.max(totals.latest, event.occurredAt)
    if (positionOf(event, this.input.policy.era.calendar) < this.from) totals.late += 1
    if (event.stream !== undefined && event.sequence !== undefined)
      this.sequence(event.stream, event.sequence)
    this.note(event)
  }

  private note(event: Event): void {
    switch (event.name) {
      case 'FeeCharged':
        this.fee(event)
        return
      case 'CostIncurred':
        this.cost(event)
        return
      case 'MetricReported':
        this.metric(event)
        return
      case 'StakeReported': {
        const { account, lot, amount, lockSeconds, occurredAt: at, id } = event
        this.of(account).stakes.push({ account, lot, amount, lockSeconds, at, id })
        return
      }
      case 'ParticipantChanged': {
        const { account, group, status, occurredAt: at, id } = event
        this.of(account).roles.push({ account, group, status, at, id })
        return
      }
      case 'ObligationDue': {
        const { account, obligation, amount, spread, id } = event
        if (spread) {
          const open = { of: event.name, id, account, kind: obligation, amount, recognised: 0n, ...spread }
          this.of(account).spreads.push(open)
        } else this.of(account).dues.push({ account, obligation, amount })
        return
      }
      case 'SpreadEnded': {
        const at = positionOf(event, this.input.policy.era.calendar)
        const { event: of, spreadId, occurredAt, id: by } = event
        const ending = { of, id: spreadId, at, occurredAt, by }
        for (let partition = 0; partition < this.input.partitions; partition += 1) {
          this.in(partition).endings.push(
            event.refundTo === undefined ? ending : { ...ending, refundTo: event.refundTo },
          )
        }
      }
    }
  }

  /** Policy `income`: at once, or bit by bit where the fee has a spread and its kind is ratable. */
  private fee(fee: FeeCharged): void {
    const { id, kind, amount, payer, spread } = fee
    const parts = divideFee(this.input.policy, fee)
    const { admitted, rest, restTo } = parts
    if (isSystem(restTo)) {
      if (rest > 0n) add(this.totals.rests, restTo, rest)
    } else if (rest > 0n) {
      this.of(restTo).rests.push({ account: restTo, amount: rest })
    }
    if (parts.deferred && spread) {
      const open = {
        of: 'FeeCharged' as const,
        id,
        account: restTo,
        kind,
        amount: admitted,
        recognised: 0n,
        ...spread,
      }
      this.of(id).spreads.push(open)
    }
    countFee(this.totals.income, fee, parts)
    if (payer !== undefined && this.metrics.has('feesPaid')) this.sum('feesPaid', payer, amount)
  }

  /** Policy `costs`: recognised at once, or bit by bit where the cost has a spread. */
  private cost({
    id,
    kind,
    amount,
    payer = EXPENSES,
    spread,
    occurredAt,
    block,
    details,
  }: CostIncurred): void {
    this.totals.costs[kind] ??= { count: 0, amount: 0n }
    const cost = this.totals.costs[kind]
    cost.count += 1
    if (spread) {
      this.of(payer).spreads.push({
        of: 'CostIncurred',
        id,
        account: payer,
        kind,
        amount,
        recognised: 0n,
        ...spread,
      })
    } else {
      cost.amount += amount
      this.sum('costPaid', payer, amount)
    }
    this.purchases.push({
      id,
      buyer: payer,
      kind,
      amount,
      occurredAt,
      era: this.input.era,
      ...(block === undefined ? {} : { block }),
      ...(details === undefined ? {} : { details }),
    })
  }

  /** Policy `metrics`: sum, the greatest (occurredAt, id), or the greatest value. */
  private metric(event: MetricReported): void {
    const { account, metric, value } = event
    if (!this.metrics.has(metric)) return
    const key = `${metric}\0${account}`
    const rule = this.input.policy.metrics[metric] ?? 'sum'
    if (rule === 'sum') {
      this.sums.set(key, (this.sums.get(key) ?? 0n) + value)
      return
    }
    const before = this.reports.get(key)
    const counts =
      before === undefined ||
      (rule === 'max'
        ? value > before.value
        : inReportOrder({ at: before.occurredAt, id: before.id }, { at: event.occurredAt, id: event.id }) < 0)
    if (counts) this.reports.set(key, event)
  }

  private sum(metric: 'feesPaid' | 'costPaid', account: Account, amount: bigint): void {
    const key = `${metric}\0${account}`
    this.sums.set(key, (this.sums.get(key) ?? 0n) + amount)
  }

  private sequence(stream: string, sequence: number): void {
    const seen = this.sequences.get(stream)
    if (seen) seen.add(sequence)
    else this.sequences.set(stream, new Set([sequence]))
  }

  private of(account: Account): PartitionFacts {
    return this.in(partitionOf(account, this.input.partitions))
  }

  private in(partition: number): PartitionFacts {
    const found = this.facts.get(partition)
    if (found) return found
    const facts = noFacts()
    this.facts.set(partition, facts)
    return facts
  }

  finish(): Fold {
    for (const [key, amount] of this.sums) {
      const [metric, account] = key.split('\0') as [string, Account]
      const facts = this.of(account)
      if (metric === 'costPaid') facts.costs.push({ account, amount })
      else if (metric === 'feesPaid') facts.fees.push({ account, amount })
      else facts.metrics.push({ account, metric, value: amount })
    }
    for (const { account, metric, value, occurredAt: at, id } of this.reports.values()) {
      this.of(account).metrics.push({ account, metric, value, at, id })
    }
    this.totals.sequences = Object.fromEntries(
      [...this.sequences].map(([stream, seen]) => [stream, [...seen].sort((a, b) => a - b)]),
    )
    const conflicts = [...this.conflicts.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, conflict]) => conflict)
    this.totals.conflictCount = conflicts.length
    this.totals.conflicts = conflicts.slice(0, MAX_LISTED_CONFLICTS)
    const { hashes, digest } = this.lines.finish()
    this.totals.digest = digest
    return { totals: this.totals, facts: this.facts, purchases: this.purchases, seen: hashes }
  }
}
