import { eraAt } from '../domain/calendar.ts'
import { type Event, eventKey } from '../domain/event.ts'
import { contentDigest } from '../domain/event-line.ts'
import { fold } from '../domain/fold.ts'
import { mayComeAgain } from '../domain/lateness.ts'
import type { Policy } from '../domain/policy/schema.ts'
import { HashSet, type ShardLog, shardLog, wordsOf } from '../domain/shard-log.ts'
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
  // Read once, and kept as it is stored: what comes while earlier eras are looked through has not been looked for there.
  const read = await readLog(store.log, era, shard)
  const earlier = await findCounted(store, policy, { era, shard }, read)
  const { totals, facts, purchases, seen } = fold({
    policy,
    era,
    partitions,
    log: read.log,
    counted: earlier.counted,
  })
  const latest = Math.max(totals.latest, earlier.latest)
  return store.folds.commit(era, shard, { totals, facts, purchases, seen: { era, latest, hashes: seen } })
}

/** The log of a shard, with a position that nothing in it lies before. */
export interface ReadLog {
  log: ShardLog
  earliest: number
}

/** Throws whatever `assertSize` throws, which hears how many events there are so far. */
export async function readLog(
  log: LogStore,
  era: number,
  shard: number,
  assertSize: (events: number) => void = () => {},
): Promise<ReadLog> {
  const segments: Segment[] = []
  let earliest = Number.MAX_SAFE_INTEGER
  let count = 0
  for await (const segment of log.segments(era, shard)) {
    segments.push(segment)
    earliest = Math.min(earliest, segment.earliest)
    count += segment.hashes.length
    assertSize(count)
  }
  return { log: shardLog(segments), earliest }
}

/**
 * Finds what earlier eras have counted of a shard's events: in the eras inside lateness, however the copies are dated,
 * and back to the era of `earliest`, for what an operator lets in late. A hash that is found is confirmed in the log of
 * its era, for two keys may share a hash.
 */
export async function findCounted(
  store: Pick<SettlementStore, 'folds' | 'log'>,
  policy: Policy,
  { era, shard }: { era: number; shard: number },
  { log, earliest }: ReadLog,
): Promise<{ counted: Map<string, string>; latest: number }> {
  const counted = new Map<string, string>()
  const oldest = eraAt(policy.era.calendar, earliest)
  let newest: SeenEra | undefined
  for await (const seen of store.folds.seen(shard, era)) {
    newest ??= seen
    if (seen.era < oldest && !mayComeAgain(policy, era, seen, newest)) break
    const met = new HashSet(inBoth(log.hashes, seen.hashes))
    if (met.size === 0) continue
    // Going back in time, so that of several eras the first to count an event has the last word.
    const found = new Map<string, string>()
    for await (const segment of store.log.segments(seen.era, shard)) {
      for (const event of eventsWith(met, segment)) {
        const key = eventKey(event)
        if (!found.has(key)) found.set(key, contentDigest(event))
      }
    }
    for (const [key, digest] of found) counted.set(key, digest)
  }
  return { counted, latest: newest?.latest ?? 0 }
}

/** The events of a segment whose hash is one of those; it is decoded only where it has any. */
function eventsWith(hashes: HashSet, segment: Segment): Event[] {
  const words = wordsOf(segment.hashes)
  const has = (i: number) => hashes.has(words[2 * i + 1] as number, words[2 * i] as number)
  if (!segment.hashes.some((_, i) => has(i))) return []
  return segment.events().filter((_, i) => has(i))
}

/** What two ascending lists share. */
function* inBoth(a: BigUint64Array, b: BigUint64Array): Iterable<bigint> {
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [x, y] = [a[i] as bigint, b[j] as bigint]
    if (x === y) yield x
    if (x <= y) i += 1
    if (y <= x) j += 1
  }
}
