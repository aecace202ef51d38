import type { Account } from './account.ts'
import type { ReportedLot, Role } from './page.ts'

/** Why of what an account gets back because something was stopped. */
export const REFUND = 'refund'

/** One line of an account's statement. With the payment's T and W, `running` C and `weight` w prove the amount. */
export interface StatementLine {
  /** As in the plan's payment, or `rest`, `refund`, `vested`. */
  why: string
  /** Column of the weights; absent on lines that are not shared. */
  column?: number
  running?: bigint
  weight?: bigint
  amount: bigint
}

/** What an era did to one account. */
export interface StatementRow {
  account: Account
  lines: StatementLine[]
  /** Taken back by caps, by the line they cap. */
  capped: { why: string; amount: bigint }[]
  /** All lines less what was capped. */
  credited: bigint
  /** What is owed to the account after the era, where anything was; whole, not a change. */
  owed?: bigint
  /** The same for its dues, by obligation. */
  dues: Record<string, bigint>
  /** Roles and reported lots after the era, where it changed them. */
  roles?: Role[]
  lots?: ReportedLot[]
  /** How many facts of commands the era took from the account, where any: they are in its outbox no more. */
  facts?: number
}

/** One page's part of an era: written once, then applied to the page. */
export interface Statement {
  era: number
  page: number
  /** The network's time at the end of the era, ms: earlier credits whose time has come by then become available. */
  at: number
  /** When what this statement credits may be spent, ms. */
  releaseAt: number
  rows: StatementRow[]
}

/** What one partition was credited. */
export interface CreditTotals {
  credited: bigint
  accounts: number
  /** Taken back by caps, by the system account it goes to. */
  overflow: Record<Account, bigint>
  owed: bigint
  /** Credited per payment and direct reason, overflow not yet taken off: must equal the plan. */
  paid: Record<string, bigint>
  largest: { account: Account; amount: bigint }[]
  /** sha-256 over the canonical JSON of the partition's statement rows, hex. */
  digest: string
}
