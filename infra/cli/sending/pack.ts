import { ExchequerError } from '../../../shared/domain/errors.ts'
import { ARRAY_DETAIL_BYTES, arrayDetail, type OutgoingEvent, singleDetail } from './outgoing.ts'

/** An entry of a PutEvents request, and how many events it carries. */
export interface Entry {
  source: string
  detailType: string
  detail: string
  events: number
  /** Size as EventBridge counts it. */
  bytes: number
}

export interface Limits {
  entriesPerRequest: number
  requestBytes: number
  entryBytes: number
}

const KIB = 1024

/**
 * EventBridge takes 10 entries and 256 KiB in one PutEvents request, and charges for every 64 KiB of an entry begun. An
 * entry that holds just under 64 KiB is therefore the fullest that is charged once, and four of them fill a request; the
 * kibibyte kept free is for the envelope (id, account, region, time) that is added before the message reaches a queue.
 */
export const PUT_EVENTS_LIMITS: Limits = {
  entriesPerRequest: 10,
  // The sum must stay below 256 KiB.
  requestBytes: 256 * KIB - 1,
  entryBytes: 63 * KIB,
}

/** Bytes that AWS counts for an entry's time. */
const TIME_BYTES = 14

/** What an entry weighs apart from its detail. */
function envelopeBytes({ source, name }: OutgoingEvent): number {
  return TIME_BYTES + Buffer.byteLength(source) + Buffer.byteLength(name)
}

/**
 * Groups events into full PutEvents requests: array entries of one event name and source each, closed when the next
 * event would not fit. Events of one name and source keep their order. Every event is in exactly one entry.
 * Throws `EventTooLarge` for an event that no entry can hold.
 */
export async function* packRequests(
  events: AsyncIterable<OutgoingEvent> | Iterable<OutgoingEvent>,
  limits: Limits = PUT_EVENTS_LIMITS,
): AsyncGenerator<Entry[]> {
  const open = new Map<string, OpenEntry>()
  const request = new OpenRequest(limits)
  for await (const event of events) {
    const key = `${event.source}\0${event.name}`
    const bytes = Buffer.byteLength(event.json)
    const alone = envelopeBytes(event) + ARRAY_DETAIL_BYTES + bytes
    if (alone > Math.min(limits.entryBytes, limits.requestBytes)) {
      throw new ExchequerError(
        'EventTooLarge',
        `an event is at most ${limits.entryBytes} bytes with its envelope: a ${event.name} has ${alone} (${event.json.slice(0, 80)}...)`,
      )
    }
    let entry = open.get(key)
    if (entry && (event.alone || entry.bytes + 1 + bytes > limits.entryBytes)) {
      yield* request.add(closeEntry(entry))
      open.delete(key)
      entry = undefined
    }
    if (event.alone) {
      yield* request.add(singleEntry(event))
    } else if (entry) {
      entry.bytes += 1 + bytes
      entry.events.push(event)
    } else {
      open.set(key, { bytes: alone, events: [event] })
    }
  }
  for (const entry of open.values()) yield* request.add(closeEntry(entry))
  yield* request.close()
}

interface OpenEntry {
  bytes: number
  events: OutgoingEvent[]
}

function closeEntry({ events, bytes }: OpenEntry): Entry {
  const { source, name } = events[0] as OutgoingEvent
  return { source, detailType: name, detail: arrayDetail(events), events: events.length, bytes }
}

function singleEntry(event: OutgoingEvent): Entry {
  const detail = singleDetail(event)
  return {
    source: event.source,
    detailType: event.name,
    detail,
    events: 1,
    bytes: envelopeBytes(event) + Buffer.byteLength(detail),
  }
}

class OpenRequest {
  readonly #limits: Limits
  #entries: Entry[] = []
  #bytes = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  *add(entry: Entry): Generator<Entry[]> {
    const full =
      this.#entries.length === this.#limits.entriesPerRequest ||
      this.#bytes + entry.bytes > this.#limits.requestBytes
    if (full) yield* this.close()
    this.#entries.push(entry)
    this.#bytes += entry.bytes
  }

  *close(): Generator<Entry[]> {
    if (this.#entries.length > 0) yield this.#entries
    this.#entries = []
    this.#bytes = 0
  }
}
