import { ExchequerError } from '../../domain/errors.ts'
import type { ByteReader, ByteWriter } from './bytes.ts'
import {
  bytesFor,
  readBigints,
  readDoubles,
  readInts,
  writeBigints,
  writeDoubles,
  writeInts,
} from './numbers.ts'
import { readObjects, writeObjects } from './objects.ts'
import { readStrings, writeStrings } from './strings.ts'

/** What a column holds. The numbers are stored: they never change their meaning. */
export const Kind = {
  missing: 0,
  null: 1,
  false: 2,
  true: 3,
  int: 4,
  double: 5,
  bigint: 6,
  string: 7,
  bytes: 8,
  hashes: 9,
  array: 10,
  object: 11,
  mixed: 12,
  dictionary: 13,
} as const

type Kind = (typeof Kind)[keyof typeof Kind]

/** Values are written once each and named by number when no more than this share of them differ. */
const DICTIONARY_SHARE = 0.8
const DICTIONARY_LEAST = 8

/** Writes values of any kinds, one after another, so that what is alike stands together. */
export function writeColumn(out: ByteWriter, values: readonly unknown[]): void {
  const kinds = values.map(kindOf)
  const first = kinds[0] ?? Kind.missing
  if (kinds.every((kind) => kind === first)) {
    writeUniform(out, first, values)
    return
  }
  out.byte(Kind.mixed)
  out.raw(Uint8Array.from(kinds))
  for (const kind of distinctKinds(kinds)) {
    writeUniform(
      out,
      kind,
      values.filter((_, row) => kinds[row] === kind),
    )
  }
}

/** Reads `count` values written by {@link writeColumn}. */
export function readColumn(from: ByteReader, count: number): unknown[] {
  const kind = from.byte()
  if (kind !== Kind.mixed) return readUniform(from, kind, count)
  const kinds = [...from.raw(count)]
  const values = new Array<unknown>(count)
  for (const kind of distinctKinds(kinds)) {
    const rows = [...kinds.keys()].filter((row) => kinds[row] === kind)
    readUniform(from, from.byte(), rows.length).forEach((value, i) => {
      values[rows[i] as number] = value
    })
  }
  return values
}

function distinctKinds(kinds: readonly number[]): Kind[] {
  return [...new Set(kinds)].sort((a, b) => a - b) as Kind[]
}

function kindOf(value: unknown): Kind {
  switch (typeof value) {
    case 'undefined':
      return Kind.missing
    case 'boolean':
      return value ? Kind.true : Kind.false
    case 'number':
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? Kind.int : Kind.double
    case 'bigint':
      return Kind.bigint
    case 'string':
      return Kind.string
    case 'object':
      return kindOfObject(value)
    default:
      throw new ExchequerError('NotStorable', `a ${typeof value} cannot be stored`)
  }
}

function kindOfObject(value: object | null): Kind {
  if (value === null) return Kind.null
  if (Array.isArray(value)) return Kind.array
  if (value instanceof Uint8Array) return Kind.bytes
  if (value instanceof BigUint64Array) return Kind.hashes
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return Kind.object
  throw new ExchequerError('NotStorable', `a ${value.constructor.name} cannot be stored: only plain objects`)
}

function writeUniform(out: ByteWriter, kind: Kind, values: readonly unknown[]): void {
  const isKey = kind === Kind.string || kind === Kind.bigint
  if (isKey && values.length >= DICTIONARY_LEAST) {
    const distinct = [...new Set(values)]
    if (distinct.length <= values.length * DICTIONARY_SHARE) {
      writeDictionary(out, kind, distinct, values)
      return
    }
  }
  out.byte(kind)
  writeKind(out, kind, values)
}

function writeDictionary(out: ByteWriter, kind: Kind, distinct: unknown[], values: readonly unknown[]): void {
  const numbers = new Map(distinct.map((value, number) => [value, number]))
  const width = bytesFor(distinct.length - 1)
  out.byte(Kind.dictionary)
  out.varint(distinct.length)
  out.byte(kind)
  writeKind(out, kind, distinct)
  if (width > 0) for (const value of values) out.fixed(numbers.get(value) as number, width)
}

function readDictionary(from: ByteReader, count: number): unknown[] {
  const size = from.varint()
  const width = bytesFor(size - 1)
  const distinct = readUniform(from, from.byte(), size)
  const values = new Array<unknown>(count)
  for (let row = 0; row < count; row++) values[row] = distinct[from.fixed(width)]
  return values
}

function writeKind(out: ByteWriter, kind: Kind, values: readonly unknown[]): void {
  if (kind === Kind.int) writeInts(out, values as number[])
  else if (kind === Kind.double) writeDoubles(out, values as number[])
  else if (kind === Kind.bigint) writeBigints(out, values as bigint[])
  else if (kind === Kind.string) writeStrings(out, values as string[])
  else if (kind === Kind.bytes) writeBytes(out, values as Uint8Array[])
  else if (kind === Kind.hashes) writeBytes(out, (values as BigUint64Array[]).map(bytesOf))
  else if (kind === Kind.array) writeArrays(out, values as unknown[][])
  else if (kind === Kind.object) writeObjects(out, values as Record<string, unknown>[])
}

function readUniform(from: ByteReader, kind: number, count: number): unknown[] {
  if (kind === Kind.missing) return new Array<unknown>(count).fill(undefined)
  if (kind === Kind.null) return new Array<unknown>(count).fill(null)
  if (kind === Kind.false) return new Array<unknown>(count).fill(false)
  if (kind === Kind.true) return new Array<unknown>(count).fill(true)
  if (kind === Kind.int) return readInts(from, count)
  if (kind === Kind.double) return readDoubles(from, count)
  if (kind === Kind.bigint) return readBigints(from, count)
  if (kind === Kind.string) return readStrings(from, count)
  if (kind === Kind.bytes) return readBytes(from, count)
  if (kind === Kind.hashes) return readBytes(from, count).map(hashesOf)
  if (kind === Kind.array) return readArrays(from, count)
  if (kind === Kind.object) return readObjects(from, count)
  if (kind === Kind.dictionary) return readDictionary(from, count)
  throw new ExchequerError('DamagedData', `stored data has a column of unknown kind ${kind}`)
}

function writeArrays(out: ByteWriter, values: readonly unknown[][]): void {
  writeInts(
    out,
    values.map(({ length }) => length),
  )
  writeColumn(out, values.length === 1 ? (values[0] as unknown[]) : values.flat(1))
}

function readArrays(from: ByteReader, count: number): unknown[][] {
  const lengths = readInts(from, count)
  const all = readColumn(
    from,
    lengths.reduce((total, length) => total + length, 0),
  )
  if (count === 1) return [all]
  let at = 0
  return lengths.map((length) => {
    at += length
    return all.slice(at - length, at)
  })
}

function writeBytes(out: ByteWriter, values: readonly Uint8Array[]): void {
  writeInts(
    out,
    values.map(({ length }) => length),
  )
  for (const value of values) out.raw(value)
}

function readBytes(from: ByteReader, count: number): Buffer[] {
  return readInts(from, count).map((length) => from.raw(length))
}

function bytesOf(hashes: BigUint64Array): Uint8Array {
  return new Uint8Array(hashes.buffer, hashes.byteOffset, hashes.byteLength)
}

/** Copied, because a view of 64-bit numbers must begin at a multiple of 8 bytes. */
function hashesOf(bytes: Buffer): BigUint64Array {
  return new BigUint64Array(Uint8Array.from(bytes).buffer)
}
