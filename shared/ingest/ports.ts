import type { Event } from '../domain/event.ts'
import type { Rejection } from '../events/contracts.ts'
import type { LedgerStore } from '../ledger/ports.ts'
import type { ClockStore } from '../settlement/ports.ts'

/** What ingest needs of the table. Writes that may fail one by one answer with their errors instead of throwing. */

/** Events of one era and shard, in the order they came. */
export interface NewSegment {
  era: number
  shard: number
  events: Event[]
  /** The key hash of each. */
  hashes: bigint[]
  /** Least position among them. */
  earliest: number
}

export interface LogWriter {
  /**
   * One item a segment, or several where it is too large for one. Every write has settled when this resolves.
   * Answers, segment by segment, with the error that kept any part of it from being written.
   */
  append(segments: NewSegment[]): Promise<(Error | undefined)[]>
}

/** Something that could not be booked, with the reason and all that was sent. */
export interface Quarantined extends Rejection {
  /** A ulid: ascending in time. */
  id: string
  /** Whether `original` is the body of a whole message, or the text of one event's data. */
  form: 'message' | 'event'
  original: string
  /** As the envelope says; empty where it does not. */
  source: string
  detailType: string
  messageId: string
  /** Place in the message's array of data. */
  index?: number
  /** Wall time, ms. */
  receivedAt: number
  status: 'waiting' | 'replayed'
}

export interface QuarantineStore {
  /** Every write has settled when this resolves. Answers, one by one, with the error of each that failed. */
  put(items: Quarantined[]): Promise<(Error | undefined)[]>
  /** In the order of the ids; undefined where there is none. */
  read(ids: string[]): Promise<(Quarantined | undefined)[]>
  /** Oldest first, at most `limit` of those after the id `after`. */
  waiting(query: { after?: string | undefined; limit: number }): Promise<Quarantined[]>
  markReplayed(ids: string[]): Promise<void>
}

/** What one invocation counted for one era. Amounts in base units. */
export interface Counts {
  income: Map<string, { count: number; amount: bigint }>
  costs: Map<string, { count: number; amount: bigint }>
}

export interface RunningStore {
  /** Adds to what an open era has counted so far: provisional, what came twice is in it twice. */
  add(era: number, counts: Counts): Promise<void>
}

/** Commands are posted at once; everything else goes to the log. */
export interface IngestStore extends LedgerStore {
  clock: Pick<ClockStore, 'read' | 'observe'>
  log: LogWriter
  quarantine: QuarantineStore
  running: RunningStore
}
