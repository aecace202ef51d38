import type { Event } from '../../../shared/domain/event.ts'
import type { FoldHeader, SeenEra } from '../../../shared/settlement/ports.ts'
import { bytesOf } from '../../../shared/store/attributes.ts'
import { decode } from '../../../shared/store/codec.ts'
import { eraSk, foldKey, logOf, seenOf } from '../../../shared/store/keys.ts'
import { hex, sha256 } from './arithmetic.ts'
import type { Findings } from './finding.ts'
import { lineOf } from './line.ts'
import type { Policies } from './policies.ts'
import type { Reading } from './reading.ts'
import type { Rules } from './rules.ts'

/** The most segments with copies that contradict each other of which every choice is tried. */
const MAX_CONTRADICTING = 10

/** How far ahead of a clock an event may be dated, ms. */
const AHEAD_MS = 300_000

/** What a shard of an era counted of its log. */
interface CountedShard {
  events: Event[]
  digest: string
}

/** What an era counted. */
export interface CountedEra {
  events: Event[]
  /** One for each shard. */
  digests: string[]
  late: number
}

interface Copy {
  event: Event
  key: bigint
  /** What it says. */
  line: Buffer
  segment: number
}

/**
 * Invariant 2, from the raw log: every event is counted in exactly one sealed era, or waits in one that is not. Eras
 * are taken in order.
 */
export class LogCount {
  /** The era that counted an event, by the first 8 bytes of the hash of its name and id. */
  private readonly countedIn = new Map<bigint, number>()
  /** Events of sealed eras that these did not count, nor any before them. */
  private readonly missed: { era: number; event: Event; key: bigint }[] = []
  private readonly waiting = new Set<bigint>()
  private readonly reading: Reading
  private readonly findings: Findings
  private readonly policies: Policies
  private readonly shards: number
  /** Events counted, in all. */
  counted = 0

  constructor(reading: Reading, policies: Policies, shards: number, findings: Findings) {
    this.reading = reading
    this.policies = policies
    this.shards = shards
    this.findings = findings
  }

  /** How many different events wait for an era that is not sealed. */
  get waitingCount(): number {
    return this.waiting.size
  }

  /** What a sealed era counted. Whatever else is in its log has to be counted by another era, or wait for one. */
  seal(era: number): CountedEra {
    const rules = this.policies.of(era)
    const counted: CountedEra = { events: [], digests: [], late: 0 }
    for (let shard = 0; shard < this.shards; shard += 1) {
      const copies = this.copies(era, shard, rules)
      const { events, digest } = this.shard(era, shard, copies)
      counted.digests.push(digest)
      for (const event of events) {
        counted.events.push(event)
        if (positionIn(rules, event) < rules.start(era)) counted.late += 1
      }
    }
    this.counted += counted.events.length
    return counted
  }

  /** Notes what waits in the log of an era that is not sealed. */
  open(era: number): void {
    const rules = this.policies.of(era)
    for (let shard = 0; shard < this.shards; shard += 1)
      for (const { key } of this.copies(era, shard, rules)) this.waiting.add(key)
  }

  /** Says what was counted nowhere, once all eras are through. */
  finish(): void {
    const told = new Set<bigint>()
    for (const { era, event, key } of this.missed) {
      if (this.countedIn.has(key) || this.waiting.has(key) || told.has(key)) continue
      told.add(key)
      const what = `${nameOfEvent(event)} is in its log, and neither it nor any other era counted it or has it waiting`
      this.findings.say('log', { era }, `${what}: unless its message comes again from the intake, it is lost`)
    }
    for (const key of this.waiting) {
      // A copy of what an earlier era counted waits as well, and will be dropped: that is no loss.
      if (this.countedIn.has(key)) this.waiting.delete(key)
    }
  }

  /** Every copy in the log of a shard, in the order in which they were written. */
  private copies(era: number, shard: number, rules: Rules): Copy[] {
    const copies: Copy[] = []
    for (const [segment, [sk, item]] of this.reading.all(logOf(era, shard)).entries()) {
      const place = { era, item: `${logOf(era, shard)} / ${sk}` }
      const rows = this.reading.valueOf<Event[]>(item)
      if (!rows) continue
      this.findings.guard('log', place, () => {
        this.findings.equal(
          'log',
          place,
          'the count of events beside the segment',
          rows.length,
          Number(item.n?.N),
        )
        const hashes = decode<BigUint64Array>(bytesOf(item, 'h'))
        this.findings.equal('log', place, 'the count of hashes beside it', rows.length, hashes.length)
        const least = Math.min(...rows.map((event) => positionIn(rules, event)))
        if (Number(item.e?.N) > least)
          this.findings.say('log', place, `it begins at ${least}, before what stands beside it: ${item.e?.N}`)
        for (const [i, event] of rows.entries()) {
          const key = keyOf(event)
          copies.push({ event, key, line: lineOf(event), segment })
          if (hashes[i] !== key)
            this.findings.say('log', place, `${nameOfEvent(event)} has another's hash beside it`)
          this.checkPlace(event, { era, shard, key, rules, item: place.item })
        }
      })
    }
    return copies
  }

  private checkPlace(
    event: Event,
    { era, shard, key, rules, item }: { era: number; shard: number; key: bigint; rules: Rules; item: string },
  ): void {
    const place = { era, item }
    const own = rules.eraOf(positionIn(rules, event))
    const name = nameOfEvent(event)
    if (own > era) this.findings.say('log', place, `${name} happened in era ${own}, which is later`)
    const belongs = Number(key % BigInt(this.shards))
    if (belongs !== shard) this.findings.say('log', place, `${name} belongs to shard ${belongs}`)
  }

  private shard(era: number, shard: number, copies: readonly Copy[]): CountedShard {
    const place = { era, item: `ERA#${era} / FOLD#${shard}` }
    const header = this.reading.value<FoldHeader>(foldKey(era, shard))
    const seen = this.reading.value<SeenEra>({ pk: seenOf(shard), sk: eraSk(era) })
    if (!header) {
      // An era in which nothing moved is sealed without a fold, and counted nothing.
      this.miss(era, copies, new Set())
      return { events: [], digest: '' }
    }
    if (!seen)
      this.findings.say('log', place, 'what it counted is not remembered (SEEN): it could count again')
    const hashes = seen ? new Set(seen.hashes) : undefined
    const counted = this.counts(copies, hashes, header.totals.digest)
    const digest = digestOf(counted)
    if (digest !== header.totals.digest)
      this.findings.say(
        'log',
        place,
        `its log holds other events than it counted: by digest ${digest}, not ${header.totals.digest}`,
      )
    for (const { key, event } of counted) {
      const before = this.countedIn.get(key)
      if (before !== undefined && this.mayNotComeAgain(event, before, { era, shard }))
        this.findings.say('log', { era }, `${nameOfEvent(event)} is counted again: era ${before} counted it`)
      this.countedIn.set(key, era)
    }
    const keys = new Set(counted.map(({ key }) => key))
    for (const hash of hashes ?? []) {
      if (!keys.has(hash))
        this.findings.say(
          'log',
          place,
          `an event that it counted is no longer in its log: hash ${hash.toString(16).padStart(16, '0')}`,
        )
    }
    this.miss(era, copies, keys)
    return { events: counted.map(({ event }) => event), digest }
  }

  /**
   * Whether an era may not count what an earlier one has: inside lateness, and wherever the event says that it happened
   * then. An id that comes once lateness is over, in an event of its own time, is another event's. Where eras are by
   * block lateness is counted from the greatest moment that the shard has counted.
   */
  private mayNotComeAgain(
    event: Event,
    before: number,
    { era, shard }: { era: number; shard: number },
  ): boolean {
    const rules = this.policies.of(era)
    if (rules.eraOf(positionIn(rules, event)) <= before) return true
    if (!rules.byBlock) return rules.start(before + 1) >= rules.start(era) - rules.latenessMs - AHEAD_MS
    const latestIn = (seen: SeenEra | undefined): number => seen?.latest ?? 0
    const earlier = this.reading.value<SeenEra>({ pk: seenOf(shard), sk: eraSk(before) })
    const [newest] = this.reading
      .all(seenOf(shard))
      .filter(([sk]) => sk < eraSk(era))
      .slice(-1)
    const last = newest && this.reading.valueOf<SeenEra>(newest[1])
    return latestIn(earlier) >= latestIn(last) - rules.latenessMs
  }

  /** Remembers what an era did not count although it is in its log: unless an earlier one did, somebody must. */
  private miss(era: number, copies: readonly Copy[], counted: ReadonlySet<bigint>): void {
    for (const { key, event } of copies)
      if (!counted.has(key) && !this.countedIn.has(key)) this.missed.push({ era, event, key })
  }

  /**
   * The copies that were counted: of each event the first. A segment that came when its era had been folded already
   * is not in it; what it holds was sent again. Where such a one comes before another with the same event and other
   * content, the digest tells which of them was there.
   */
  private counts(copies: readonly Copy[], hashes: ReadonlySet<bigint> | undefined, digest: string): Copy[] {
    const isCounted = ({ key }: Copy): boolean => (hashes ? hashes.has(key) : !this.countedIn.has(key))
    const isKnown = (copy: Copy): boolean => isCounted(copy) || this.countedIn.has(copy.key)
    const cameLate = new Set(copies.filter((copy) => !isKnown(copy)).map(({ segment }) => segment))
    const all = firstOfEach(copies.filter(isCounted))
    const inTime = firstOfEach(copies.filter((copy) => isCounted(copy) && !cameLate.has(copy.segment)))
    if (digestOf(inTime) === digest) return inTime
    const doubtful = contradicting(copies.filter(isCounted))
    if (doubtful.length > MAX_CONTRADICTING) return all
    for (let choice = 1; choice < 2 ** doubtful.length; choice += 1) {
      const without = new Set(doubtful.filter((_, i) => (choice >> i) & 1))
      const chosen = firstOfEach(copies.filter((copy) => isCounted(copy) && !without.has(copy.segment)))
      if (digestOf(chosen) === digest) return chosen
    }
    return all
  }
}

/** Segments with a copy of an event of which another copy says something else. */
function contradicting(copies: readonly Copy[]): number[] {
  const lines = new Map<bigint, Buffer>()
  const keys = new Set<bigint>()
  for (const { key, line } of copies) {
    const first = lines.get(key)
    if (!first) lines.set(key, line)
    else if (!first.equals(line)) keys.add(key)
  }
  return [...new Set(copies.filter(({ key }) => keys.has(key)).map(({ segment }) => segment))]
}

function firstOfEach(copies: readonly Copy[]): Copy[] {
  const first = new Map<bigint, Copy>()
  for (const copy of copies) if (!first.has(copy.key)) first.set(copy.key, copy)
  return [...first.values()]
}

/** An event is its name and id. */
function keyOf({ name, id }: Event): bigint {
  return sha256(`${name}\0${id}`).readBigUInt64BE()
}

/** sha-256 of the lines of events in the order of their hashes, hex. */
function digestOf(copies: readonly Copy[]): string {
  const sorted = copies.toSorted(
    (a, b) => Number(a.key > b.key) - Number(a.key < b.key) || Buffer.compare(a.line, b.line),
  )
  return hex(...sorted.map(({ line }) => line))
}

export function positionIn({ byBlock }: Rules, { block, occurredAt }: Event): number {
  return byBlock ? (block ?? Number.NaN) : occurredAt
}

function nameOfEvent({ name, id }: Event): string {
  return `${name} ${JSON.stringify(id)}`
}
