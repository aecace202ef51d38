import { type Event, eventKey, keyHash } from './event.ts'

/** Events of the log that lie together, in its order. */
export interface LoggedEvents {
  /** The key hash of each (see `keyHash`), as it was logged. */
  hashes: BigUint64Array
  /** Decoded when they are asked for. */
  events(): readonly Event[]
}

/** What a shard of an era has in its log. */
export interface ShardLog {
  /** In the order of the log: of two events with one key, the first counts. */
  segments: readonly LoggedEvents[]
  /** Key hashes of all of it, ascending. */
  hashes: BigUint64Array
}

export function shardLog(segments: readonly LoggedEvents[]): ShardLog {
  const hashes = new BigUint64Array(segments.reduce((count, { hashes }) => count + hashes.length, 0))
  let at = 0
  for (const segment of segments) {
    hashes.set(segment.hashes, at)
    at += segment.hashes.length
  }
  return { segments, hashes: hashes.sort() }
}

/** Events that are in memory as what a log holds. */
export function logged(events: readonly Event[]): LoggedEvents {
  return { hashes: BigUint64Array.from(events, (event) => keyHash(eventKey(event))), events: () => events }
}

/** The hashes that stand more than once in an ascending list. */
export function repeatsIn(hashes: BigUint64Array): bigint[] {
  const repeated: bigint[] = []
  for (let i = 1; i < hashes.length; i++)
    if (hashes[i] === hashes[i - 1] && hashes[i] !== repeated.at(-1)) repeated.push(hashes[i] as bigint)
  return repeated
}

/** A set of a few hashes that is asked for many: most that are not in it are told by their last bits. */
export class HashSet {
  private readonly hashes: ReadonlySet<bigint>
  private readonly lastBits = new Uint8Array(1 << 16)

  constructor(hashes: Iterable<bigint>) {
    this.hashes = new Set(hashes)
    for (const hash of this.hashes) this.lastBits[Number(hash & 0xffffn)] = 1
  }

  get size(): number {
    return this.hashes.size
  }

  /** A hash is given as its halves of 32 bits. */
  has(high: number, low: number): boolean {
    return this.lastBits[low & 0xffff] === 1 && this.hashes.has((BigInt(high) << 32n) | BigInt(low))
  }
}

/** The halves of 32 bits that hashes are in memory: of each the low one, then the high one. */
export function wordsOf(hashes: BigUint64Array): Uint32Array {
  return new Uint32Array(hashes.buffer, hashes.byteOffset, 2 * hashes.length)
}
