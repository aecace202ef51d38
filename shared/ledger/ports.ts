import type { Move } from '../domain/moves.ts'
import type { Page } from '../domain/page.ts'
import type { ClockStore, PageStore, PolicyStore, StateStore } from '../settlement/ports.ts'

/** What commands need of the table. */

/** What a command did. Written once, kept for ever: it is how the same command is known when it comes again. */
export interface JournalEntry {
  /** `cmd#account#route#key` of a request, `evt#name#id` of an event. */
  id: string
  /** sha-256 of all that was asked for, hex. */
  digest: string
  moves: Move[]
  /** What was answered: whoever asks again is told the same. */
  answer?: unknown
  /** The era it is labelled with. */
  era: number
  /** Wall time, ms. */
  at: number
  /** The same moment by the network clock, ms: what locks and releases are counted from. */
  networkAt: number
}

/** What a command did to one account. */
export type AccountEntry = Pick<JournalEntry, 'id' | 'era' | 'at' | 'networkAt' | 'moves'>

/** Entries of the eras `from` to `through`, of all where none is named; `cursor` is what an earlier answer gave as `next`. */
export interface EntriesQuery {
  from?: number | undefined
  through?: number | undefined
  cursor?: string | undefined
  limit: number
}

/** Records that commands keep beside the pages. */
export type RecordKind =
  | 'OFFER'
  | 'QUOTE'
  | 'BOOKING'
  | 'ORDER'
  | 'PAYOUT'
  | 'PREFERENCE'
  | 'INVENTORY'
  | 'RATE'

/** Where a record stands in a list: lists are read in the order of places, which are text. */
export interface Listing {
  list: string
  place: string
}

/** A record as it is to be written: only while the stored one still has `version`, 0 where there must be none. */
export interface RecordWrite<T = unknown> {
  kind: RecordKind
  id: string
  version: number
  value: T
  /** The list of whom it belongs to, in the order of time. */
  owner?: Listing
  /** The list in which it is looked for. */
  place?: Listing
}

export interface StoredRecord<T> {
  id: string
  version: number
  value: T
}

export type ListIndex = 'byOwner' | 'byPlace'

export interface ListQuery {
  kind: RecordKind
  list: string
  /** Places from this one, and up to that one. */
  from?: string | undefined
  through?: string | undefined
  /** What an earlier answer gave as `next`. */
  cursor?: string | undefined
  limit: number
  descending?: boolean
}

export interface RecordStore {
  /** Strongly consistent. */
  read<T>(kind: RecordKind, id: string): Promise<StoredRecord<T> | undefined>
  /** Strongly consistent, in the order of the ids; without those that are not there. */
  readAll<T>(kind: RecordKind, ids: readonly string[]): Promise<StoredRecord<T>[]>
  /** Eventually consistent: one page of a list. Throws `InvalidCursor`. */
  list<T>(index: ListIndex, query: ListQuery): Promise<{ records: StoredRecord<T>[]; next?: string }>
}

export interface JournalStore {
  /** Strongly consistent. */
  read(id: string): Promise<JournalEntry | undefined>
  /**
   * The entry, the pages and the records it changes in one transaction, as long as `openEra` is the open era. False
   * when nothing was written: the id is in the journal already, the era is closed, or a page or record is no longer
   * what it was. A short random time has passed then, so that those who met part.
   */
  commit(
    entry: JournalEntry,
    openEra: number,
    pages: readonly Page[],
    records: readonly RecordWrite[],
  ): Promise<boolean>
  /** What commands did to an account, newest first, eventually consistent. Throws `InvalidCursor`. */
  entries(account: string, query: EntriesQuery): Promise<{ entries: AccountEntry[]; next?: string }>
  /** Whether a command left facts for this era. Complete once it is closed. */
  hasFacts(era: number): Promise<boolean>
}

export interface LedgerStore {
  state: Pick<StateStore, 'read'>
  clock: Pick<ClockStore, 'read'>
  policies: PolicyStore
  pages: Pick<PageStore, 'read'>
  journal: JournalStore
  records: RecordStore
}
