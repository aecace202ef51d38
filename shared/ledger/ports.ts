import type { Page } from '../domain/page.ts'
import type { Posting } from '../domain/plan.ts'
import type { PageStore, PolicyStore, StateStore } from '../settlement/ports.ts'

/** What commands need of the table. */

/** What a command did. Written once, kept for ever: it is how the same command is known when it comes again. */
export interface JournalEntry {
  /** `cmd#account#route#key` of a request, `evt#name#id` of an event. */
  id: string
  /** sha-256 of all that was asked for, hex. */
  digest: string
  postings: Posting[]
  /** The era it is labelled with. */
  era: number
  /** Wall time, ms. */
  at: number
}

export interface JournalStore {
  /** Strongly consistent. */
  read(id: string): Promise<JournalEntry | undefined>
  /**
   * The entry and the pages it changes in one transaction. False when nothing was written, because the id is in the
   * journal already or a page is no longer what it was.
   */
  commit(entry: JournalEntry, pages: readonly Page[]): Promise<boolean>
}

export interface LedgerStore {
  state: Pick<StateStore, 'read'>
  policies: PolicyStore
  pages: Pick<PageStore, 'read'>
  journal: JournalStore
}
