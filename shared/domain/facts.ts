import type { Account } from './account.ts'
import type { EventName, Status } from './event.ts'

/** What an era counted for the accounts of one partition: what a fold hands on. */
export interface PartitionFacts {
  /** One row per account and metric; `at` and `id` of the report that counts, where the metric is `last`. */
  metrics: { account: Account; metric: string; value: bigint; at?: number; id?: string }[]
  /** Costs recognised at once, summed by who is paid back. */
  costs: { account: Account; amount: bigint }[]
  /** Whole fees by payer, only where the policy weighs by them. */
  fees: { account: Account; amount: bigint }[]
  roles: { account: Account; group: string; status: Status; at: number; id: string }[]
  stakes: { account: Account; lot: string; amount: bigint; lockSeconds: number; at: number; id: string }[]
  /** Dues recognised at once, summed. */
  dues: { account: Account; obligation: string; amount: bigint }[]
  spreads: OpenSpread[]
  /** Every partition hears of every ending, for an ending names an event and not an account. */
  endings: SpreadEnding[]
  /** The part of fees that was not admitted, where a policy gives it to a participant. */
  rests: { account: Account; amount: bigint }[]
}

/** Something that is recognised bit by bit until `to`. */
export interface OpenSpread {
  /** The event, or what a command said: nothing that comes from the bus ends what a command has begun. */
  of: 'FeeCharged' | 'CostIncurred' | 'ObligationDue' | 'Charge' | 'Due'
  id: string
  /** Who is paid: the payer of a cost, the account of a due; for a fee or charge the account that a refund goes to. */
  account: Account
  /** Kind of the fee or cost, or the obligation. */
  kind: string
  /** Admitted amount in base units. */
  amount: bigint
  from: number
  to: number
  /** What earlier eras have recognised. */
  recognised: bigint
}

export interface SpreadEnding {
  of: OpenSpread['of']
  id: string
  /** Position at which the spread stops. */
  at: number
  refundTo?: Account
  /** Parts per billion of what a charge has left that the network keeps, rounded up. */
  keep?: bigint
  /** Id of the ending's own event; empty where a command ends it. */
  by: string
  /** Moment of the ending, ms: one whose event has not come is kept for as long as an event may be late. */
  occurredAt: number
}

export function noFacts(): PartitionFacts {
  return {
    metrics: [],
    costs: [],
    fees: [],
    roles: [],
    stakes: [],
    dues: [],
    spreads: [],
    endings: [],
    rests: [],
  }
}

/** Same id, other content: the first one counted, this one did not. */
export interface Conflict {
  name: EventName
  id: string
}

/** A producer's numbering in one era. Gaps are inclusive ranges between first and last. */
export interface StreamReport {
  stream: string
  first: number
  last: number
  distinct: number
  gaps: [number, number][]
}

export interface IncomeTotals {
  count: number
  /** What payers were charged. */
  charged: bigint
  /** What came to the pool at once. */
  admitted: bigint
  /** What waits in `@deferred` to be recognised. */
  deferred: bigint
}

/** What a shard of an era counted as a whole. */
export interface ShardTotals {
  /** Events counted, by name. */
  counted: Partial<Record<EventName, number>>
  duplicates: number
  /** Counted, but occurred in an era that was already closed. */
  late: number
  /** How many conflicts there were, and the first of them. */
  conflictCount: number
  conflicts: Conflict[]
  income: Record<string, IncomeTotals>
  /** The part of fees that was not admitted, by system account. */
  rests: Record<Account, bigint>
  /** Costs recognised at once, by kind. */
  costs: Record<string, { count: number; amount: bigint }>
  /** Sequence numbers seen, by stream, ascending and without repeats. */
  sequences: Record<string, number[]>
  /** Greatest moment counted, ms; 0 when nothing was. */
  latest: number
  /** Of all counted events, hex: see `CountedEvents`. */
  digest: string
}

/** What a shard comes to that counted nothing. */
export function noShardTotals(): ShardTotals {
  return {
    counted: {},
    duplicates: 0,
    late: 0,
    conflictCount: 0,
    conflicts: [],
    income: {},
    rests: {},
    costs: {},
    sequences: {},
    latest: 0,
    digest: '',
  }
}

/** A computing resource bought for the network: the cost event as it was counted. */
export interface Purchase {
  id: string
  buyer: Account
  kind: string
  amount: bigint
  occurredAt: number
  block?: number
  era: number
  details?: string
}
