import type { Account } from './account.ts'
import type { IncomeTotals, OpenSpread, SpreadEnding } from './facts.ts'
import type { ReportedLot, Role } from './page.ts'

/** One account of an era, with everything that decides what it gets: what `weigh` hands to `credit`. */
export interface WeightRow {
  account: Account
  /** One weight per column of the policy (columns.ts), in base units or metric units; proportions are what counts. */
  weights: bigint[]
  /** Values of the metrics that cap a line, in the order of `capMetrics`. */
  caps: bigint[]
  /** Credits that are not shared with anybody. */
  direct: { why: DirectReason; amount: bigint }[]
  /** Roles and reported lots at the era's end, where the era has reports of them. */
  roles?: Role[]
  lots?: ReportedLot[]
  /** Whole dues, of those that became due in the era although no line of the policy pays them: they stay due. */
  unpayable?: Record<string, bigint>
  /** How many facts were taken from the account's outbox, where any were. */
  facts?: number
}

/** `rest`: the part of a fee that was not admitted. `vested`: from `@vesting`. */
export type DirectReason = 'rest' | 'vested'

/** What one partition of an era weighs as a whole. */
export interface PartitionTotals {
  /** Sum of each column. */
  sums: bigint[]
  /** Recognised from spreads, by kind. */
  income: Record<string, bigint>
  costs: Record<string, bigint>
  /** Left `@deferred` because a spread ended, by who gets it: accounts of any partition, for a spread lies where its id does. */
  refunds: Record<Account, bigint>
  commands: CommandTotals
  /** Sum of direct credits to participants by reason. */
  direct: Record<DirectReason, bigint>
  /** Rows of system accounts (`@expenses`), with the running sums through them: `decide` works out their shares. */
  system: { account: Account; running: bigint[]; weights: bigint[] }[]
  /** Whether anything here can change a later era without a new event. */
  unfinished: boolean
}

/** What commands of the era took from the accounts of a partition for the network: it comes from `@charged`. */
export interface CommandTotals {
  /** Facts taken from outboxes. */
  facts: number
  /** sha-256 over the sorted sha-256 of each, hex; empty where there are none. */
  digest: string
  income: Record<string, IncomeTotals>
  /** The part of charges that was not admitted, by who gets it: system accounts, and accounts of any partition. */
  rests: Record<Account, bigint>
  /** Staked tokens taken away, by the system account that gets them. */
  slashed: Record<Account, bigint>
}

export function noCommandTotals(): CommandTotals {
  return { facts: 0, digest: '', income: {}, rests: {}, slashed: {} }
}

/** All that `weigh` freezes for one partition of an era. Rows are in account order. */
export interface PartitionWeights {
  rows: WeightRow[]
  totals: PartitionTotals
  /** Spreads that go on, and endings whose event has not come yet. */
  carried: Carried
}

export interface Carried {
  spreads: OpenSpread[]
  endings: SpreadEnding[]
}

export function nothingCarried(): Carried {
  return { spreads: [], endings: [] }
}

/** What a partition comes to that weighed nobody. */
export function noPartitionTotals(columns: number): PartitionTotals {
  return {
    sums: Array.from({ length: columns }, () => 0n),
    income: {},
    costs: {},
    refunds: {},
    commands: noCommandTotals(),
    direct: { rest: 0n, vested: 0n },
    system: [],
    unfinished: false,
  }
}
