import { type Carried, nothingCarried, type PartitionWeights } from '../domain/weights.ts'
import type { WeightHeader, WeightStore } from '../settlement/ports.ts'
import { bytesOf, bytesValue, keyItem } from './attributes.ts'
import { decode } from './codec.ts'
import { NOT_THERE, type Table } from './dynamo.ts'
import { carriedOf, eraSk, weightKey, weightsKey } from './keys.ts'
import { inRuns } from './parallel.ts'
import { encodeRuns, type NewId, readValue, standing, storedValue, valueItem } from './values.ts'

/** Chunks in memory at once while rows are read: 8 of 256 kB compressed. */
const CHUNKS_AT_ONCE = 8

export function weightStore(table: Table, newId: NewId): WeightStore {
  const read = (era: number, partition: number) => readValue<WeightHeader>(table, weightKey(era, partition))
  return {
    read,
    async commit(era, partition, { rows, totals, carried }) {
      const attempt = newId()
      const runs = encodeRuns(rows)
      await table.putAll(
        runs.map(({ bytes }, chunk) => ({
          ...keyItem(weightsKey(era, partition, attempt, chunk)),
          d: bytesValue(bytes),
        })),
      )
      const header: WeightHeader = { attempt, totals, chunks: runs.length }
      const key = weightKey(era, partition)
      const carriedKey = { pk: carriedOf(partition), sk: eraSk(era) }
      const refused = await table.transact([
        { put: await valueItem(table, newId, key, header), when: { expression: NOT_THERE } },
        { put: await valueItem(table, newId, carriedKey, carried), when: { expression: NOT_THERE } },
      ])
      return refused.length === 0 ? header : standing(await read(era, partition), key)
    },
    async *rows(era, partition, { attempt, chunks }) {
      const keys = Array.from({ length: chunks }, (_, chunk) => weightsKey(era, partition, attempt, chunk))
      for (const run of inRuns(keys, CHUNKS_AT_ONCE)) {
        for (const item of await table.getAll(run))
          yield* decode<PartitionWeights['rows']>(bytesOf(item, 'd'))
      }
    },
    async carried(before, partition) {
      const query = { pk: carriedOf(partition), before: eraSk(before), descending: true, limit: 1 }
      for await (const item of table.query(query)) return storedValue<Carried>(table, item)
      return nothingCarried()
    },
  }
}
