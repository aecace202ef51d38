import { type ByteReader, type ByteWriter, MAX_INT_BYTES } from './bytes.ts'

/** Packers of whole numbers, doubles and bigints. Every function knows how many values there are from its caller. */

/** Ways a column of whole numbers is written; 0 to 6 is a fixed width above the least value. */
const DELTAS = 7
const DOUBLES = 8

/** Whole numbers (safe integers): above their least one at a fixed width, or as differences, whichever is shorter. */
export function writeInts(out: ByteWriter, values: readonly number[]): void {
  let least = Number.POSITIVE_INFINITY
  let greatest = Number.NEGATIVE_INFINITY
  let deltaBytes = 0
  let before = 0
  for (const value of values) {
    if (value < least) least = value
    if (value > greatest) greatest = value
    deltaBytes += varintBytes(zigzag(value - before))
    before = value
  }
  const range = greatest - least
  const width = bytesFor(range)
  const fixedBytes = width * values.length
  if (![range, least, greatest].every((value) => Number.isSafeInteger(2 * value)) || width > MAX_INT_BYTES) {
    out.byte(DOUBLES)
    for (const value of values) out.double(value)
  } else if (deltaBytes < fixedBytes) {
    out.byte(DELTAS)
    before = 0
    for (const value of values) {
      out.varint(zigzag(value - before))
      before = value
    }
  } else {
    out.byte(width)
    out.varint(zigzag(least))
    if (width > 0) for (const value of values) out.fixed(value - least, width)
  }
}

export function readInts(from: ByteReader, count: number): number[] {
  const way = from.byte()
  const values = new Array<number>(count)
  if (way === DOUBLES) {
    for (let i = 0; i < count; i++) values[i] = from.double()
  } else if (way === DELTAS) {
    let value = 0
    for (let i = 0; i < count; i++) {
      value += unzigzag(from.varint())
      values[i] = value
    }
  } else {
    const least = unzigzag(from.varint())
    if (way === 0) return values.fill(least)
    for (let i = 0; i < count; i++) values[i] = least + from.fixed(way)
  }
  return values
}

export function writeDoubles(out: ByteWriter, values: readonly number[]): void {
  for (const value of values) out.double(value)
}

export function readDoubles(from: ByteReader, count: number): number[] {
  return Array.from({ length: count }, () => from.double())
}

/** Bigints of any size: the number of bytes of each, then the bytes; signs only where one is below zero. */
export function writeBigints(out: ByteWriter, values: readonly bigint[]): void {
  const signed = values.some((value) => value < 0n)
  out.byte(signed ? 1 : 0)
  if (signed) for (const value of values) out.byte(value < 0n ? 1 : 0)
  const sizes = values.map(bigintBytes)
  writeInts(out, sizes)
  values.forEach((value, i) => {
    let rest = value < 0n ? -value : value
    let size = sizes[i] as number
    for (; size > 8; size -= 8) {
      out.word(rest, 8)
      rest >>= 64n
    }
    out.word(rest, size)
  })
}

export function readBigints(from: ByteReader, count: number): bigint[] {
  const signs = from.byte() === 1 ? from.raw(count) : undefined
  const sizes = readInts(from, count)
  const values = new Array<bigint>(count)
  for (let i = 0; i < count; i++) {
    const size = sizes[i] as number
    const magnitude = size <= 8 ? from.word(size) : readLong(from, size)
    values[i] = signs?.[i] ? -magnitude : magnitude
  }
  return values
}

function readLong(from: ByteReader, size: number): bigint {
  let value = 0n
  for (let done = 0; done < size; done += 8) value |= from.word(Math.min(8, size - done)) << BigInt(8 * done)
  return value
}

/** Bytes of the magnitude of a bigint; none for zero. */
function bigintBytes(value: bigint): number {
  let rest = value < 0n ? -value : value
  let bytes = 0
  while (rest > 0xffff_ffff_ffffn) {
    rest >>= 48n
    bytes += 6
  }
  return bytes + bytesFor(Number(rest))
}

/** Bytes that hold a whole number; none for zero. */
export function bytesFor(value: number): number {
  let bytes = 0
  for (let limit = 1; value >= limit; limit *= 0x100) bytes++
  return bytes
}

function varintBytes(value: number): number {
  let bytes = 1
  for (let limit = 0x80; value >= limit; limit *= 0x80) bytes++
  return bytes
}

/** Whole numbers of either sign as numbers from 0: small ones stay small. */
function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value
}

function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}
