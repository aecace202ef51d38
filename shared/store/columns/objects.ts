import type { ByteReader, ByteWriter } from './bytes.ts'
import { readColumn, writeColumn } from './column.ts'
import { readInts, writeInts } from './numbers.ts'

/** Objects become a column for each key; objects used as maps, with many keys of their own, two columns in all. */

const FIELDS = 0
const ENTRIES = 1

const MAX_FIELDS = 64
/** Fewer values than this share of rows times keys, and the keys are rather data than fields. */
const LEAST_FILLED = 1 / 8

type Row = Record<string, unknown>

export function writeObjects(out: ByteWriter, rows: readonly Row[]): void {
  const keys = new Set<string>()
  let filled = 0
  for (const row of rows) {
    for (const key of Object.keys(row)) {
      if (row[key] === undefined) continue
      keys.add(key)
      filled++
    }
  }
  const isTable = keys.size <= MAX_FIELDS && filled >= rows.length * keys.size * LEAST_FILLED
  out.byte(isTable ? FIELDS : ENTRIES)
  if (isTable) writeFields(out, rows, [...keys])
  else writeEntries(out, rows)
}

export function readObjects(from: ByteReader, count: number): Row[] {
  return from.byte() === FIELDS ? readFields(from, count) : readEntries(from, count)
}

function writeFields(out: ByteWriter, rows: readonly Row[], keys: string[]): void {
  out.varint(keys.length)
  writeColumn(out, keys)
  for (const key of keys) {
    writeColumn(
      out,
      rows.map((row) => (Object.hasOwn(row, key) ? row[key] : undefined)),
    )
  }
}

function readFields(from: ByteReader, count: number): Row[] {
  const keys = readColumn(from, from.varint()) as string[]
  const columns = keys.map(() => readColumn(from, count))
  // Rows begin as copies of one that has every key up to the first that a row lacks: that is twice as fast as adding
  // them one by one, and the order of the keys is kept.
  const firstGap = columns.findIndex((values) => values.includes(undefined))
  const filled = firstGap < 0 ? keys.length : firstGap
  const blank: Row = {}
  for (let k = 0; k < filled; k++) set(blank, keys[k] as string, undefined)
  const rows = new Array<Row>(count)
  for (let i = 0; i < count; i++) rows[i] = { ...blank }
  columns.forEach((values, k) => {
    const key = keys[k] as string
    if (k < filled) for (let i = 0; i < count; i++) (rows[i] as Row)[key] = values[i]
    else for (let i = 0; i < count; i++) if (values[i] !== undefined) set(rows[i] as Row, key, values[i])
  })
  return rows
}

function writeEntries(out: ByteWriter, rows: readonly Row[]): void {
  const entries = rows.map((row) => Object.entries(row).filter(([, value]) => value !== undefined))
  writeInts(
    out,
    entries.map(({ length }) => length),
  )
  writeColumn(
    out,
    entries.flatMap((row) => row.map(([key]) => key)),
  )
  writeColumn(
    out,
    entries.flatMap((row) => row.map(([, value]) => value)),
  )
}

function readEntries(from: ByteReader, count: number): Row[] {
  const sizes = readInts(from, count)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const keys = readColumn(from, total) as string[]
  const values = readColumn(from, total)
  let at = 0
  return sizes.map((size) => {
    const row: Row = {}
    for (const end = at + size; at < end; at++) set(row, keys[at] as string, values[at])
    return row
  })
}

/** A key may be any text, `__proto__` too: that one would not become a key of its own by assignment. */
function set(row: Row, key: string, value: unknown): void {
  if (key !== '__proto__') row[key] = value
  else Object.defineProperty(row, key, { value, enumerable: true, configurable: true, writable: true })
}
