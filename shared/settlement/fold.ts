import { type Event, eventKey } from '../domain/event.ts'
import { contentDigest, fold, keyHash } from '../domain/fold.ts'
import { mayComeAgain } from '../domain/lateness.ts'
import type { Policy } from '../domain/policy/schema.ts'
import { stateOf } from './network.ts'
import type { FoldHeader, LogStore, SeenEra, SettlementStore } from './ports.ts'
import { policyOf } from './versions.ts'

/**
 * Counts one shard of a closed era, and freezes what it counted. May run any number of times, in any number of
 * places: the first header written stands, and everything later reads what that attempt counted.
 */
export async function foldShard(
  { store }: { store: SettlementStore },
  { era, shard }: { era: number; shard: number },
): Promise<void> {
  const header = (await store.folds.read(era, shard)) ?? (await countShard(store, era, shard))
  for (const purchase of await store.folds.purchases(era, shard, header)) await store.purchases.put(purchase)
}

async function countShard(store: SettlementStore, era: number, shard: number): Promise<FoldHeader> {
  const { partitions } = await stateOf(store)
  const { policy } = await policyOf(store, era)
  const input = { policy, era, partitions }
  // Most eras hold nothing that an earlier one has counted, so they are read once; the others twice.
  let counted = await fold({ ...input, events: eventsOf(store.log, era, shard) })
  const earlier = await findCounted(store, policy, era, shard, counted.seen)
  if (earlier.counted.size > 0) {
    counted = await fold({ ...input, events: eventsOf(store.log, era, shard), counted: earlier.counted })
  }
  const { totals, facts, purchases, seen } = counted
  const latest = Math.max(totals.latest, earlier.latest)
  return store.folds.commit(era, shard, { totals, facts, purchases, seen: { era, latest, hashes: seen } })
}

export async function* eventsOf(log: LogStore, era: number, shard: number): AsyncIterable<Event> {
  for await (const { events } of log.segments(era, shard)) for (const { event } of events) yield event
}

/**
 * Finds, in the eras inside lateness, what they have counted of the events whose key hashes are `hashes`. A hash
 * that is found is confirmed in the log of its era, for two keys may share a hash.
 */
export async function findCounted(
  store: Pick<SettlementStore, 'folds' | 'log'>,
  policy: Policy,
  era: number,
  shard: number,
  hashes: BigUint64Array,
): Promise<{ counted: Map<string, Buffer>; latest: number }> {
  const counted = new Map<string, Buffer>()
  let newest: SeenEra | undefined
  for await (const seen of store.folds.seen(shard, era)) {
    newest ??= seen
    if (!mayComeAgain(policy, era, seen, newest)) break
    const met = inBoth(hashes, seen.hashes)
    if (met.size === 0) continue
    // Going back in time, so that of several eras the first to count an event has the last word.
    const found = new Map<string, Buffer>()
    for await (const event of eventsOf(store.log, seen.era, shard)) {
      const key = eventKey(event)
      if (met.has(keyHash(key)) && !found.has(key)) found.set(key, contentDigest(event))
    }
    for (const [key, digest] of found) counted.set(key, digest)
  }
  return { counted, latest: newest?.latest ?? 0 }
}

/** What two sorted lists share. */
function inBoth(a: BigUint64Array, b: BigUint64Array): Set<bigint> {
  const both = new Set<bigint>()
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [x, y] = [a[i] as bigint, b[j] as bigint]
    if (x === y) both.add(x)
    if (x <= y) i += 1
    if (y <= x) j += 1
  }
  return both
}
