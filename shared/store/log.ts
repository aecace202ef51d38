import type { Event } from '../domain/event.ts'
import type { LogWriter, NewSegment } from '../ingest/ports.ts'
import type { LogStore, Segment } from '../settlement/ports.ts'
import { bytesOf, bytesValue, type Item, numberOf, numberValue, textOf, textValue } from './attributes.ts'
import { decode, encodePlain } from './codec.ts'
import type { Table } from './dynamo.ts'
import { logOf } from './keys.ts'
import { encodeRuns, type NewId } from './values.ts'

/** Events of one segment before it is tried whether they fit: at 48 bytes each, most do. */
const MAX_SEGMENT_EVENTS = 5_000

export function logStore(table: Table, newId: NewId): LogStore & LogWriter {
  return {
    async *segments(era, shard) {
      for await (const item of table.query({ pk: logOf(era, shard), ahead: true })) yield segmentOf(item)
    },
    async isEmpty(era, shards) {
      for (let shard = 0; shard < shards; shard++) {
        for await (const _item of table.query({ pk: logOf(era, shard), limit: 1 })) return false
      }
      return true
    },
    async append(segments) {
      const items: Item[] = []
      const segmentsOf: number[] = []
      segments.forEach((segment, number) => {
        for (const item of segmentItems(segment, newId)) {
          items.push(item)
          segmentsOf.push(number)
        }
      })
      const failures = new Array<Error | undefined>(segments.length).fill(undefined)
      const errors = await table.putEach(items)
      errors.forEach((error, i) => {
        if (error) failures[segmentsOf[i] as number] = error
      })
      return failures
    },
  }
}

/** One item, or several where the events do not fit; ids ascend, so the order of the events is kept. */
function segmentItems({ era, shard, events, hashes, earliest }: NewSegment, newId: NewId): Item[] {
  let from = 0
  return encodeRuns(events, MAX_SEGMENT_EVENTS).map(({ bytes, rows }) => {
    const own = hashes.slice(from, from + rows)
    from += rows
    return {
      pk: textValue(logOf(era, shard)),
      sk: textValue(newId()),
      d: bytesValue(bytes),
      h: bytesValue(encodePlain(BigUint64Array.from(own))),
      e: numberValue(earliest),
      n: numberValue(rows),
    }
  })
}

function segmentOf(item: Item): Segment {
  const bytes = bytesOf(item, 'd')
  return {
    ulid: textOf(item, 'sk'),
    earliest: numberOf(item, 'e'),
    hashes: decode<BigUint64Array>(bytesOf(item, 'h')),
    events: () => decode<Event[]>(bytes),
  }
}
