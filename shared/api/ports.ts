import type { Account } from '../domain/account.ts'
import type { Purchase } from '../domain/facts.ts'
import type { Page } from '../domain/page.ts'
import type { Plan } from '../domain/plan.ts'
import type { Seal } from '../domain/seal.ts'
import type { StatementRow } from '../domain/statement.ts'
import type { JournalStore } from '../ledger/ports.ts'
import type { NetworkClock, NetworkState, StoredPolicy } from '../settlement/ports.ts'

/**
 * What the read API needs of the table. Reads are eventually consistent, ask for no more items than they name,
 * and answer `undefined` for what is not there. A `cursor` is the store's own: whatever it gave as `next`.
 */
export interface ReadStore {
  /** The page with this number; an empty one when nobody on it was ever seen. One item. */
  page(page: number): Promise<Page>
  /** What a credited era did to one account, with when its credit is released, ms. One item. */
  statement(era: number, account: Account): Promise<AccountStatement | undefined>
  /** What commands did to an account, newest first. */
  entries: JournalStore['entries']
  /** Seals whose first era is below `before` (default: all), newest first. `next` is the `before` of what follows. */
  seals(query: { before?: number | undefined; limit: number }): Promise<{ seals: Seal[]; next?: number }>
  /** The seal that covers the era: its own, or that of the range it lies in. */
  seal(era: number): Promise<Seal | undefined>
  plan(era: number): Promise<Plan | undefined>
  /** Whether settlement has frozen anything of the era yet. */
  isSettling(era: number): Promise<boolean>
  purchase(id: string): Promise<Purchase | undefined>
  /** Newest first. */
  purchasesByBuyer(buyer: Account, query: ListQuery): Promise<{ purchases: Purchase[]; next?: string }>
  /** Newest first. */
  quarantined(query: ListQuery): Promise<{ events: QuarantinedEvent[]; next?: string }>
  /** What ingest has counted for an era so far; empty when it has counted nothing. */
  running(era: number): Promise<RunningTotals>
  /** Undefined before the network is opened. */
  state(): Promise<NetworkState | undefined>
  clock(): Promise<NetworkClock>
  policy(version: number): Promise<StoredPolicy | undefined>
}

export interface AccountStatement {
  row: StatementRow
  releaseAt: number
}

/** A page of a list: at most `limit` rows, beginning after `cursor`. Throws `InvalidCursor` for one it never gave. */
interface ListQuery {
  cursor?: string | undefined
  limit: number
}

/** Counters of an open era: provisional, for events that came twice are still in them twice. */
export interface RunningTotals {
  /** Fees by kind: what payers were charged, base units. */
  income: Record<string, RunningCount>
  /** Costs by kind, base units. */
  costs: Record<string, RunningCount>
}

export interface RunningCount {
  count: number
  amount: bigint
}

/** An event that was not booked, with the reason and what was sent. */
export interface QuarantinedEvent {
  /** Unique in the network, and what `replay` takes. */
  id: string
  /** As in the rejection: stable rule, sentence, offending value. */
  rule: string
  message: string
  value: string
  source: string
  detailType: string
  /** Wall time of its arrival, ms. */
  receivedAt: number
  /** The original as it was sent, as text. */
  original: string
  status: 'waiting' | 'replayed'
}
