import type { NetworkClock, NetworkState, StoredPolicy } from '../settlement/ports.ts'
import { versionsFrom } from '../settlement/versions.ts'
import { type Admission, admissionFor, type Booking } from './admission.ts'
import { book, type Warn } from './booking.ts'
import { postCommands } from './commands.ts'
import { clockAfter, countsByEra } from './counting.ts'
import type { EventSources } from './envelope.ts'
import { type Message, type ReadMessage, type Refusal, readMessage } from './messages.ts'
import type { IngestStore, Quarantined } from './ports.ts'

export interface IngestDeps {
  store: IngestStore
  sources: EventSources
  /** Wall clock, ms. */
  now: () => number
  /** Ulids, ascending. */
  newId: () => string
  warn: Warn
}

/** What became of a batch. Events of a message that must come again are in none of the counts. */
export interface IngestOutcome {
  /** Ids of the messages that must come again. */
  failed: string[]
  counted: number
  late: number
  quarantined: number
}

/** What one invocation sees of the network: read at its beginning, never kept. */
export interface NetworkView {
  state: NetworkState
  clock: NetworkClock
  /** What rules the open era. */
  policy: StoredPolicy
  /** Versions that wait for a later era, ascending. */
  pending: StoredPolicy[]
}

/**
 * Books a batch of messages: every event ends in the log, in the journal or in quarantine, or its message comes
 * again. As long as the network is not open every message does. Throws when the clock cannot be raised: then the
 * whole batch comes again, and what it wrote is counted once all the same.
 */
export async function ingest(deps: IngestDeps, messages: readonly Message[]): Promise<IngestOutcome> {
  const { store, sources, now } = deps
  const view = await viewOf(store)
  if (!view) return { failed: messages.map(({ id }) => id), counted: 0, late: 0, quarantined: 0 }
  const admission: Admission = admissionFor(view.policy.policy, view.state, view.clock, now(), {
    pending: view.pending,
  })
  const read = messages.map((message) => readMessage(message, sources, admission))
  const failed = await take(deps, view, read)
  const booked = read.filter((message) => !failed.has(message))
  await follow(deps, view, booked)
  const refused = await quarantine(deps, booked)
  for (const message of refused.failed) failed.add(message)
  const taken = booked.filter((message) => !failed.has(message))
  const bookings = taken.flatMap((message) => message.bookings)
  const commands = taken.flatMap((message) => message.commands)
  return {
    failed: read.filter((message) => failed.has(message)).map(({ id }) => id),
    counted: bookings.length + commands.length,
    late: bookings.filter(({ late }) => late).length,
    quarantined: refused.written,
  }
}

/** Undefined as long as the network is not open. */
export async function viewOf(store: IngestStore): Promise<NetworkView | undefined> {
  const [state, clock] = await Promise.all([store.state.read(), store.clock.read()])
  if (!state) return undefined
  const read = (version: number) => store.policies.read(version)
  const [policy, ...pending] = await versionsFrom(read, state.policyVersion, state.openEra)
  return { state, clock, policy, pending }
}

/** Writes to the log what eras count, and posts what is not for them. Answers with the messages that must come again. */
export async function take(
  { store, now, warn }: Pick<IngestDeps, 'store' | 'now' | 'warn'>,
  { state }: Pick<NetworkView, 'state'>,
  messages: readonly ReadMessage[],
): Promise<Set<ReadMessage>> {
  const [unbooked, unposted] = await Promise.all([
    book(store, warn, state, messages),
    postCommands({ store, now }, warn, messages),
  ])
  return new Set([...unbooked, ...unposted])
}

/** Raises the clock to what was booked, and adds to the running totals: those are provisional, so they may fail. */
export async function follow(
  { store, warn }: Pick<IngestDeps, 'store' | 'warn'>,
  { clock, policy }: NetworkView,
  booked: readonly ReadMessage[],
): Promise<void> {
  const bookings: Booking[] = booked.flatMap((message) => message.bookings)
  const raised = clockAfter(policy.policy, clock, bookings)
  if (raised) await store.clock.observe(raised.watermark, raised.latest)
  const totals = [...countsByEra(bookings)].map(([era, counts]) =>
    store.running
      .add(era, counts)
      .catch((error: Error) =>
        warn(`the running totals of era ${era} lack some events: they are provisional`, error),
      ),
  )
  await Promise.all(totals)
}

async function quarantine(
  { store, newId, now, warn }: IngestDeps,
  messages: readonly ReadMessage[],
): Promise<{ written: number; failed: ReadMessage[] }> {
  const receivedAt = now()
  const refused = messages.flatMap((message) => message.refusals.map((refusal) => ({ message, refusal })))
  if (refused.length === 0) return { written: 0, failed: [] }
  const items = refused.map(({ message, refusal }) => toQuarantined(refusal, message.id, newId(), receivedAt))
  const errors = await store.quarantine.put(items)
  const failed: ReadMessage[] = []
  errors.forEach((error, i) => {
    if (!error) return
    failed.push((refused[i] as (typeof refused)[number]).message)
    warn('what was refused could not be put into quarantine: its message comes again', error)
  })
  return { written: items.length - failed.length, failed }
}

/** The most of a reason that is kept: it may quote names that a producer made up. */
const MAX_REASON_LENGTH = 1_024

export function toQuarantined(
  refusal: Refusal,
  messageId: string,
  id: string,
  receivedAt: number,
): Quarantined {
  const message = refusal.message.slice(0, MAX_REASON_LENGTH)
  return { ...refusal, message, id, messageId, receivedAt, status: 'waiting' }
}
