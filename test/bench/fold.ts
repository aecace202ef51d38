import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { PARTITIONS } from '../../shared/domain/account.ts'
import { type Event, eventKey, keyHash } from '../../shared/domain/event.ts'
import { fold as foldLog } from '../../shared/domain/fold.ts'
import { parsePolicy } from '../../shared/domain/policy/policy.ts'
import { shardLog } from '../../shared/domain/shard-log.ts'
import magnet from '../../shared/policies/magnet-hourly.json' with { type: 'json' }
import { openNetwork } from '../../shared/settlement/open.ts'
import { decode, encode, encodePlain } from '../../shared/store/codec.ts'
import { START_MS } from '../support/policies.ts'
import { putFees, sumFees } from './baseline/fees.ts'
import { append, batch, bodiesOf, fees } from './data.ts'
import { counting, openWorld, silently, type Units } from './lambda.ts'
import { type Figure, inTurns, type Size, type Took } from './measure.ts'

/** A thousand single fees of one invocation leave this many in each of four segments. */
const SEGMENT_EVENTS = 250

const EVENTS = 200_000
const EVENTS_IN_TABLE = 100_000
const BASELINE_FEES = 20_000
const ROUNDS = 7

/**
 * One shard of an era: the pure fold over its segments in memory, against decompressing and JSON.parse of the same
 * events; and the whole function with its table, against an item for each fee and a query that sums them.
 */
export async function fold(size: Size): Promise<Figure[]> {
  const { pure, json, stored, query, bytes } = await measureFold(size)
  const figure = (what: string, value: number, unit: string, more: Partial<Figure> = {}): Figure => ({
    bench: 'fold',
    what,
    value,
    unit,
    ...more,
  })
  return [
    figure('segments in memory, by CPU time', 1_000 / pure.cpuMs, 'events/s', {
      target: { atLeast: 700_000 },
    }),
    figure('CPU over zstd + JSON.parse of the same', pure.cpuMs / json.cpuMs, 'x', {
      target: { atMost: 2.5 },
    }),
    figure('the function with its table', 1_000 / stored.wallMs, 'events/s', {
      baseline: { what: 'query and sum', value: 1_000 / query.wallMs },
    }),
    figure('the function: CPU of a thousand', stored.cpuMs * 1_000, 'ms', {
      baseline: { what: 'query and sum', value: query.cpuMs * 1_000 },
    }),
    figure('the function: read units of an event', stored.read, 'units', {
      baseline: { what: 'query and sum', value: query.read },
    }),
    figure('the function: write units of an event', stored.write, 'units'),
    figure('the log: bytes of an event', bytes, 'bytes', {
      baseline: { what: 'an item per fee', value: ITEM_BYTES },
    }),
  ]
}

/** What one event takes. */
interface FoldMeasures {
  pure: Took
  json: Took
  stored: Took & Units
  query: Took & Units
  /** In the log. */
  bytes: number
}

export async function measureFold({ tiny }: Pick<Size, 'tiny'>): Promise<FoldMeasures> {
  const count = tiny ? 1_000 : EVENTS
  const inTable = tiny ? 1_000 : EVENTS_IN_TABLE
  const rounds = tiny ? 1 : ROUNDS
  const segments = segmentsOf(fees(count))
  const policy = parsePolicy(magnet)
  const pure = await inTurns(rounds, {
    fold: () => foldLog({ policy, era: 0, partitions: PARTITIONS, log: logOf(segments) }),
    json: () => {
      for (const { json } of segments) JSON.parse(zstdDecompressSync(json).toString())
    },
  })
  const bytes = segments.reduce((sum, { packed, hashes }) => sum + packed.length + hashes.length, 0) / count
  const world = await openWorld()
  try {
    const usual = await world.engine.another()
    await openNetwork(world.store, magnet, START_MS)
    const baseline = bodiesOf(batch(tiny ? 100 : BASELINE_FEES))
    await putFees(usual, baseline)
    // An era for each round, and one to count units: a shard that was counted is not counted again.
    for (let era = 0; era <= rounds + 1; era += 1) await append(world.store, era, fees(inTable))
    const handler = await world.handler<{ era: number; shard: number }, void>('settlement/fold')
    const { result } = await silently(async () => ({
      ...(await inTurns(rounds, {
        fold: (round) => handler({ era: round, shard: 0 }),
        query: () => sumFees(usual),
      })),
      foldUnits: await counting(() => handler({ era: rounds + 1, shard: 0 })),
      queryUnits: await counting(() => sumFees(usual)),
    }))
    return {
      pure: each(pure.fold, count),
      json: each(pure.json, count),
      stored: { ...each(result.fold, inTable), ...each(result.foldUnits, inTable) },
      query: { ...each(result.query, baseline.length), ...each(result.queryUnits, baseline.length) },
      bytes,
    }
  } finally {
    await world.stop()
  }
}

/** Every measure divided by a count. */
function each<Measures extends object>(measures: Measures, count: number): Measures {
  const divided = Object.entries(measures).map(([name, value]) => [name, (value as number) / count])
  return Object.fromEntries(divided) as Measures
}

/** Names and values of a fee's item (id, kind, amount, payer, time and keys), with the 100 bytes that storage adds. */
export const ITEM_BYTES = 100 + 2 + 5 + 2 + 40 + 4 + 9 + 6 + 10 + 5 + 42 + 10 + 24

interface PackedSegment {
  packed: Buffer
  hashes: Buffer
  json: Buffer
}

function segmentsOf(events: readonly Event[]): PackedSegment[] {
  const segments: PackedSegment[] = []
  for (let at = 0; at < events.length; at += SEGMENT_EVENTS) {
    const own = events.slice(at, at + SEGMENT_EVENTS)
    segments.push({
      packed: encode(own),
      hashes: encodePlain(BigUint64Array.from(own, (event) => keyHash(eventKey(event)))),
      json: zstdCompressSync(
        JSON.stringify(own, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
      ),
    })
  }
  return segments
}

function logOf(segments: readonly PackedSegment[]) {
  return shardLog(
    segments.map(({ packed, hashes }) => ({
      hashes: decode<BigUint64Array>(hashes),
      events: () => decode<Event[]>(packed),
    })),
  )
}
