import type { LogWriter, NewSegment } from '../ingest/ports.ts'
import type { LogStore, Segment } from '../settlement/ports.ts'
import { bytesOf, bytesValue, type Item, numberValue, textOf, textValue } from './attributes.ts'
import { decode } from './codec.ts'
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
function segmentItems({ era, shard, events }: NewSegment, newId: NewId): Item[] {
  return encodeRuns(events, MAX_SEGMENT_EVENTS).map(({ bytes, rows }) => ({
    pk: textValue(logOf(era, shard)),
    sk: textValue(newId()),
    d: bytesValue(bytes),
    n: numberValue(rows),
  }))
}

function segmentOf(item: Item): Segment {
  return { ulid: textOf(item, 'sk'), events: decode<Segment['events']>(bytesOf(item, 'd')) }
}
