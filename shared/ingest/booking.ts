import { eventKey, keyHash } from '../domain/event.ts'
import { shardOfHash } from '../domain/settle.ts'
import type { NetworkState } from '../settlement/ports.ts'
import type { ReadMessage } from './messages.ts'
import type { IngestStore, NewSegment } from './ports.ts'

/** Says what went wrong without failing the rest: to the function's log. */
export type Warn = (message: string, error: Error) => void

/**
 * Writes every booking to the log and answers with the messages that must come again: those of which something
 * was not written, or was written to an era that has closed meanwhile.
 *
 * This is the fence of "exactly once": `closedThrough` was read before (it is in `state`), is read again after
 * every write has settled, and whatever was written to an era it now covers is sent again. If the fold saw that
 * copy, the next one is a duplicate; if not, the next one is the first. Nothing is lost, and no clock takes part.
 */
export async function book(
  store: Pick<IngestStore, 'state' | 'log'>,
  warn: Warn,
  state: NetworkState,
  messages: readonly ReadMessage[],
): Promise<Set<ReadMessage>> {
  const segments = segmentsOf(messages, state.shards)
  const failed = new Set<ReadMessage>()
  if (segments.length === 0) return failed
  const errors = await store.log.append(segments)
  const closedThrough = (await store.state.read())?.closedThrough ?? Number.POSITIVE_INFINITY
  segments.forEach((segment, i) => {
    const error = errors[i]
    if (error) warn(`a segment of era ${segment.era} was not written: its messages come again`, error)
    if (error || segment.era <= closedThrough) for (const message of segment.messages) failed.add(message)
  })
  return failed
}

interface SegmentOfMessages extends NewSegment {
  messages: ReadMessage[]
}

/** One segment for each era and shard, events in the order they came. */
function segmentsOf(messages: readonly ReadMessage[], shards: number): SegmentOfMessages[] {
  const segments = new Map<number, SegmentOfMessages>()
  for (const message of messages) {
    for (const { event, era, position } of message.bookings) {
      const hash = keyHash(eventKey(event))
      const shard = shardOfHash(hash, shards)
      const place = era * shards + shard
      let segment = segments.get(place)
      if (!segment) {
        segment = { era, shard, events: [], hashes: [], earliest: position, messages: [] }
        segments.set(place, segment)
      }
      segment.events.push(event)
      segment.hashes.push(hash)
      segment.earliest = Math.min(segment.earliest, position)
      if (segment.messages.at(-1) !== message) segment.messages.push(message)
    }
  }
  return [...segments.values()]
}
