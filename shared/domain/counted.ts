import { createHash } from 'node:crypto'
import { wordsOf } from './shard-log.ts'

/** Events of a bin, about: few enough that its lines stay near the processor while they are put in order. */
const BIN_EVENTS = 4_096
const MAX_BIN_BITS = 12

/** Bytes that a line takes at first guess. */
const LINE_BYTES = 160

/** Lines are made bytes so many at once: that is faster than one by one. */
const AT_ONCE = 128

/**
 * The lines of all events that a shard of an era has counted (see event-line.ts), for their digest:
 *
 * **digest** = lower-case hex of sha-256 over all the lines, one after another, in the order of their events' key
 * hashes, and where two are equal in the order of the lines themselves, byte by byte. Of no events it is the sha-256
 * of no bytes.
 *
 * The seal's `eventsDigest` is made of one of these for each shard (see decide.ts). Whoever has the events makes it from
 * them alone: write the lines, sort them, hash them.
 *
 * An era may have millions of events, so lines are dealt into bins by the first bits of their hashes: a bin is put in
 * order by itself.
 */
export class CountedEvents {
  private readonly bins: Bin[]
  private readonly shift: number
  /** Lines that wait to be dealt, with their hashes (two words an event, the low one first) and where they end. */
  private text = ''
  private readonly words = new Uint32Array(2 * AT_ONCE)
  private readonly ends = new Uint32Array(AT_ONCE)
  private waiting = 0
  private bytes = Buffer.alloc(0)

  /** `expected` is how many events there will be, about. */
  constructor(expected: number) {
    const bits = Math.min(MAX_BIN_BITS, Math.max(1, Math.ceil(Math.log2(expected / BIN_EVENTS))))
    this.shift = 32 - bits
    const each = Math.ceil(expected / 2 ** bits)
    this.bins = Array.from({ length: 2 ** bits }, () => new Bin(each))
  }

  /** The key hash is given as its halves of 32 bits. */
  add(high: number, low: number, line: string): void {
    const number = this.waiting++
    this.text += line
    this.words[2 * number] = low
    this.words[2 * number + 1] = high
    this.ends[number] = this.text.length
    if (this.waiting === AT_ONCE) this.deal()
  }

  private deal(): void {
    const { text, words, ends, waiting } = this
    if (text.length > this.bytes.length) this.bytes = Buffer.allocUnsafeSlow(2 * text.length)
    this.bytes.write(text, 'latin1')
    let start = 0
    for (let i = 0; i < waiting; i++) {
      const [low, high, end] = [words[2 * i] as number, words[2 * i + 1] as number, ends[i] as number]
      const bin = this.bins[high >>> this.shift] as Bin
      bin.add(high, low, this.bytes, start, end)
      start = end
    }
    this.text = ''
    this.waiting = 0
  }

  /** Key hashes of all events, ascending, and the digest. */
  finish(): { hashes: BigUint64Array; digest: string } {
    this.deal()
    const hashes = new BigUint64Array(this.bins.reduce((count, bin) => count + bin.count, 0))
    const digest = createHash('sha256')
    let desk = Buffer.alloc(0)
    let at = 0
    for (const bin of this.bins) {
      if (2 * bin.length > desk.length) desk = Buffer.allocUnsafeSlow(3 * bin.length)
      bin.putInOrder(desk, hashes.subarray(at))
      digest.update(desk.subarray(bin.length, 2 * bin.length))
      at += bin.count
    }
    return { hashes, digest: digest.digest('hex') }
  }
}

/** Lines with their hashes, in the order in which they were added. */
class Bin {
  count = 0
  /** Bytes of all lines. */
  length = 0
  /** Two words an event, the low one first: in memory that is a 64-bit number. */
  private words: Uint32Array<ArrayBuffer>
  /** Where the line of each event ends, and with it where the next begins. */
  private ends: Uint32Array<ArrayBuffer>
  private bytes: Buffer<ArrayBuffer>

  constructor(expected: number) {
    const room = Math.ceil(expected * 1.1) + 16
    this.words = new Uint32Array(2 * room)
    this.ends = new Uint32Array(room)
    this.bytes = Buffer.allocUnsafeSlow(room * LINE_BYTES)
  }

  add(high: number, low: number, from: Buffer, start: number, end: number): void {
    if (this.count === this.ends.length) {
      this.words = larger(this.words, new Uint32Array(2 * this.words.length))
      this.ends = larger(this.ends, new Uint32Array(2 * this.ends.length))
    }
    const length = this.length + end - start
    if (length > this.bytes.length) this.bytes = larger(this.bytes, Buffer.allocUnsafeSlow(2 * length))
    from.copy(this.bytes, this.length, start, end)
    this.length = length
    this.words[2 * this.count] = low
    this.words[2 * this.count + 1] = high
    this.ends[this.count] = this.length
    this.count += 1
  }

  /** Puts all hashes in order, and all lines behind their copy on the desk: moving bytes inside of it is quickest. */
  putInOrder(desk: Buffer, hashes: BigUint64Array): void {
    this.bytes.copy(desk, 0, 0, this.length)
    const { words, ends, length } = this
    const sorted = wordsOf(hashes)
    let place = 0
    let at = length
    for (const number of this.order()) {
      const [start, end] = [this.startOf(number), ends[number] as number]
      desk.copyWithin(at, start, end)
      at += end - start
      sorted[place++] = words[2 * number] as number
      sorted[place++] = words[2 * number + 1] as number
    }
  }

  /**
   * Numbers of the events in order. Sorting plain 64-bit numbers is far quicker than sorting by a comparison, so the
   * last bits of each hash make room for its number; where that leaves a doubt, neighbours are compared.
   */
  private order(): Uint32Array {
    const { count } = this
    const bits = 32 - Math.clz32(count)
    const keys = this.words.slice(0, 2 * count)
    for (let i = 0; i < count; i++) keys[2 * i] = (((keys[2 * i] as number) >>> bits) << bits) | i
    new BigUint64Array(keys.buffer).sort()
    const order = new Uint32Array(count)
    for (let i = 0; i < count; i++) {
      const number = (keys[2 * i] as number) & (2 ** bits - 1)
      let place = i
      for (; place > 0 && this.isBefore(number, order[place - 1] as number); place--)
        order[place] = order[place - 1] as number
      order[place] = number
    }
    return order
  }

  private isBefore(a: number, b: number): boolean {
    const { words } = this
    const high = (words[2 * a + 1] as number) - (words[2 * b + 1] as number)
    if (high !== 0) return high < 0
    const low = (words[2 * a] as number) - (words[2 * b] as number)
    if (low !== 0) return low < 0
    return Buffer.compare(this.lineOf(a), this.lineOf(b)) < 0
  }

  private lineOf(number: number): Buffer {
    return this.bytes.subarray(this.startOf(number), this.ends[number])
  }

  private startOf(number: number): number {
    return number === 0 ? 0 : (this.ends[number - 1] as number)
  }
}

function larger<T extends Uint8Array | Uint32Array>(from: T, to: T): T {
  to.set(from)
  return to
}
