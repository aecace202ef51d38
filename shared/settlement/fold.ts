import { eraAt } from '../domain/calendar.ts'
import { type Event, eventKey } from '../domain/event.ts'
import { contentDigest, fold, keyHash } from '../domain/fold.ts'
import { mayComeAgain } from '../domain/lateness.ts'
import type { Policy } from '../domain/policy/schema.ts'
import { stateOf } from './network.ts'
import type { FoldHeader, LogStore, SeenEra, Segment, SettlementStore } from './ports.ts'
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
  await store.purchases.putAll(await store.folds.purchases(era, shard, header))
}

async function countShard(store: SettlementStore, era: number, shard: number): Promise<FoldHeader> {
  const { partitions } = await stateOf(store)
  const { policy } = await policyOf(store, era)
  const input = { policy, era, partitions }
  // Most eras hold nothing that an earlier one has counted, so they are read once; the others twice. The second time
  // no segment is read that was not there the first time: nobody has looked for its events in earlier eras.
  const looked = new Set<string>()
  const first = eventsOf(store.log, era, shard, ({ ulid }) => {
    looked.add(ulid)
    return true
  })
  let counted = await fold({ ...input, events: first })
  const earlier = await findCounted(store, policy, era, shard, counted)
  if (earlier.counted.size > 0) {
    const again = eventsOf(store.log, era, shard, ({ ulid }) => looked.has(ulid))
    counted = await fold({ ...input, events: again, counted: earlier.counted })
  }
  const { totals, facts, purchases, seen } = counted
  const latest = Math.max(totals.latest, earlier.latest)
  return store.folds.commit(era, shard, { totals, facts, purchases, seen: { era, latest, hashes: seen } })
}

export async function* eventsOf(
  log: LogStore,
  era: number,
  shard: number,
  takes: (segment: Segment) => boolean = () => true,
): AsyncIterable<Event> {
  for await (const segment of log.segments(era, shard)) {
    if (takes(segment)) for (const { event } of segment.events) yield event
  }
}

/**
 * Finds what earlier eras have counted of the events whose sorted key hashes are `seen`: in the eras inside lateness,
 * however the copies are dated, and back to the era of `earliest`, the least position among them, for what an operator
 * lets in late. A hash that is found is confirmed in the log of its era, for two keys may share a hash.
 */
export async function findCounted(
  store: Pick<SettlementStore, 'folds' | 'log'>,
  policy: Policy,
  era: number,
  shard: number,
  { seen: hashes, earliest }: { seen: BigUint64Array; earliest: number },
): Promise<{ counted: Map<string, Buffer>; latest: number }> {
  const counted = new Map<string, Buffer>()
  const oldest = eraAt(policy.era.calendar, earliest)
  let newest: SeenEra | undefined
  for await (const seen of store.folds.seen(shard, era)) {
    newest ??= seen
    if (seen.era < oldest && !mayComeAgain(policy, era, seen, newest)) break
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
