import { ExchequerError } from '../domain/errors.ts'
import type { PartitionFacts, Purchase } from '../domain/facts.ts'
import type { FoldHeader, FoldStore, SeenEra } from '../settlement/ports.ts'
import { bytesOf, bytesValue, type Item, keyItem } from './attributes.ts'
import { decode, encode } from './codec.ts'
import { NOT_THERE, type Table } from './dynamo.ts'
import { eraSk, factsKey, foldKey, seenOf } from './keys.ts'
import { cutBytes, type NewId, readValue, standing, storedValue, valueItem } from './values.ts'

/** Eras asked for at once when looking back: what is within lateness, in most policies. */
const SEEN_AT_ONCE = 16

export function foldStore(table: Table, newId: NewId): FoldStore {
  const read = (era: number, shard: number) => readValue<FoldHeader>(table, foldKey(era, shard))
  return {
    read,
    async *seen(shard, before) {
      let below = before
      for (;;) {
        let found = 0
        for await (const item of table.query({
          pk: seenOf(shard),
          before: eraSk(below),
          descending: true,
          limit: SEEN_AT_ONCE,
        })) {
          const seen = await storedValue<SeenEra>(table, item)
          yield seen
          below = seen.era
          found++
        }
        if (found < SEEN_AT_ONCE) return
      }
    },
    async commit(era, shard, { totals, facts, purchases, seen }) {
      const attempt = newId()
      const chunks: Record<number, number> = {}
      const items: Item[] = []
      const chunked = (what: number | 'purchases', value: unknown): number => {
        const parts = cutBytes(encode(value))
        parts.forEach((part, chunk) => {
          items.push({ ...keyItem(factsKey(era, shard, what, attempt, chunk)), d: bytesValue(part) })
        })
        return parts.length
      }
      for (const [partition, partitionFacts] of facts) chunks[partition] = chunked(partition, partitionFacts)
      const purchaseChunks = purchases.length > 0 ? chunked('purchases', purchases) : 0
      await table.putAll(items)

      const header: FoldHeader = { attempt, totals, chunks, purchaseChunks }
      const key = foldKey(era, shard)
      const seenKey = { pk: seenOf(shard), sk: eraSk(era) }
      const refused = await table.transact([
        { put: await valueItem(table, newId, key, header), when: { expression: NOT_THERE } },
        { put: await valueItem(table, newId, seenKey, seen), when: { expression: NOT_THERE } },
      ])
      return refused.length === 0 ? header : standing(await read(era, shard), key)
    },
    async facts(era, partition, folds) {
      const found: PartitionFacts[] = []
      for (const [shard, { attempt, chunks }] of folds.entries()) {
        const count = chunks[partition] ?? 0
        if (count > 0)
          found.push(await readChunks<PartitionFacts>(table, era, shard, partition, attempt, count))
      }
      return found
    },
    async purchases(era, shard, { attempt, purchaseChunks }) {
      if (purchaseChunks === 0) return []
      return readChunks<Purchase[]>(table, era, shard, 'purchases', attempt, purchaseChunks)
    },
  }
}

async function readChunks<T>(
  table: Table,
  era: number,
  shard: number,
  what: number | 'purchases',
  attempt: string,
  count: number,
): Promise<T> {
  const keys = Array.from({ length: count }, (_, chunk) => factsKey(era, shard, what, attempt, chunk))
  const items = await table.getAll(keys)
  if (items.length === 0)
    throw new ExchequerError('ItemMissing', `era ${era}, shard ${shard}: no chunks of ${what}`)
  return decode<T>(Buffer.concat(items.map((item) => bytesOf(item, 'd'))))
}
