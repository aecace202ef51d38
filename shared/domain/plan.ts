import type { Account } from './account.ts'
import type { EventName } from './event.ts'
import type { Conflict, IncomeTotals, StreamReport } from './facts.ts'

/** The result of an era. */
export type EraState = 'DISTRIBUTED' | 'CARRIED' | 'LOSS_COVERED' | 'LOSS_SHORT' | 'HELD'

/**
 * One movement of money. `@external` stands for the world outside, `@charged` for what commands took from accounts
 * during the era, `accounts` for the participants of a statement.
 */
export interface Posting {
  from: Account
  to: Account
  amount: bigint
  why: string
}

export const ACCOUNTS = 'accounts'

/** Money that goes to accounts by weight. */
export interface Payment {
  /** `stages.profit.collators`, `costs.owed`, `costs.current`, `dues.utilisation.former`, `dues.utilisation.current`. */
  why: string
  parts: { column: number; total: bigint; weight: bigint }[]
  /**
   * What an account's parts have in sum above this metric of its own goes to `overflowTo` at the very end. `index` is
   * the metric's place among the caps of a weight row.
   */
  cap?: { metric: string; index: number; overflowTo: Account }
}

/** One figure that is outside the policy's bounds. */
export interface BrokenBound {
  /** Policy path, or `amount` for what no account can hold. */
  rule: string
  value: bigint
  /** Inclusive; absent where that side has no bound. */
  least?: bigint
  most?: bigint
}

/** What paying a held era will do, frozen when it was held. */
export interface HeldPlan {
  /** What waits in `@held:<era>`. */
  amount: bigint
  because: BrokenBound[]
  lines: Plan['lines']
  payments: Payment[]
  /** Out of `@held:<era>`. */
  postings: Posting[]
}

/** What the network's own accounts hold between eras. Changes only in a seal. */
export interface SystemState {
  version: number
  balances: Record<Account, bigint>
  /** Net of the last sealed eras, newest last, a loss as 0: for stabiliser and bounds. */
  history: bigint[]
  /** Greatest moment counted so far, ms. */
  latest: number
  /** Hash of the last seal; empty before the first. */
  sealHash: string
  /** Whether spreads, debts or vesting can change an era in which nothing is counted. */
  unfinished: boolean
}

/**
 * What came more than once. It depends on how events were delivered and not on what was counted, so the seal, which
 * must be the same for the same counted events, does not have it.
 */
export interface DeliveryReport {
  duplicates: number
  conflictCount: number
  conflicts: Conflict[]
}

/** An era's result before anybody is credited; frozen as written. */
export interface Plan {
  era: number
  policyVersion: number
  policyHash: string
  /** Positions, half-open. */
  from: number
  to: number
  state: EraState
  income: { total: bigint; kinds: Record<string, IncomeTotals & { recognised: bigint }> }
  cost: { total: bigint; owedBefore: bigint; kinds: Record<string, { count: number; amount: bigint }> }
  net: bigint
  /** Only where base is net and net <= 0. */
  loss?: { draw: bigint; owed: bigint }
  /** Only where the state is HELD. */
  held?: HeldPlan
  /** What was decided of eras that were held, and is done in this one. */
  decided?: { era: number; decision: 'pay' | 'return'; amount: bigint }[]
  /** stage -> line -> amount, before rollover and cap. */
  lines: Record<string, Record<string, bigint>>
  payments: Payment[]
  /** Refunds to participants, whatever their partition. */
  refunds: Record<Account, bigint>
  /** The part of charges that was not admitted, where a policy gives it to participants: whatever their partition. */
  rests: Record<Account, bigint>
  /** Running sum of each column where each partition begins. */
  offsets: bigint[][]
  postings: Posting[]
  opening: Record<Account, bigint>
  /** System balances when the payments are made, before any cap's overflow. */
  closing: Record<Account, bigint>
  history: bigint[]
  latest: number
  /** The network's time at the end of the era, ms: `to`, or the greatest moment counted where eras are blocks. */
  at: number
  /** When the credits of this era may be spent, ms. */
  releaseAt: number
  counted: Partial<Record<EventName, number>>
  /** What commands told the era. */
  facts: number
  /** Counted, but occurred in an era that was already closed. */
  late: number
  streams: StreamReport[]
  deliveries: DeliveryReport
  eventsDigest: string
  systemVersion: number
  previousHash: string
  /** Whether anything can change a later era without a new event. */
  unfinished: boolean
}
