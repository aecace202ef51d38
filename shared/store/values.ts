import { ExchequerError } from '../domain/errors.ts'
import {
  bytesOf,
  bytesValue,
  type Item,
  type Key,
  keyItem,
  keyOf,
  numberOf,
  numberValue,
  textOf,
  textValue,
} from './attributes.ts'
import { decode, encode } from './codec.ts'
import type { Table } from './dynamo.ts'
import { partKey } from './keys.ts'

/** Compressed bytes of one item's value, or of one part of a larger one: well below the database's 400 kB. */
export const CHUNK_BYTES = 256 * 1024

/** The most that an item which must be one item holds: 400 kB less its keys and its other attributes. */
const MAX_ITEM_BYTES = 400 * 1024 - 4 * 1024

/** Makes the id that tells one attempt's parts from another's: unique, and ascending in time. */
export type NewId = () => string

/** An item that holds a value whole. Throws `ItemTooLarge`. */
export function wholeItem(key: Key, value: unknown, more: Item = {}): Item {
  const bytes = encode(value)
  if (bytes.length > MAX_ITEM_BYTES) {
    throw new ExchequerError(
      'ItemTooLarge',
      `an item holds ${MAX_ITEM_BYTES} bytes: ${key.pk} / ${key.sk} has ${bytes.length}`,
    )
  }
  return { ...keyItem(key), ...more, d: bytesValue(bytes) }
}

/** Bytes in runs of at most {@link CHUNK_BYTES}; one empty run for none. */
export function cutBytes(bytes: Buffer): Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0; at === 0 || at < bytes.length; at += CHUNK_BYTES)
    chunks.push(bytes.subarray(at, at + CHUNK_BYTES))
  return chunks
}

/** Rows encoded together. */
export interface Run {
  bytes: Buffer
  rows: number
}

/** Rows encoded in runs, each of at most {@link CHUNK_BYTES} compressed, so that they can be read one run at a time. */
export function encodeRuns(rows: readonly unknown[], mostRows = 4_096): Run[] {
  const runs: Run[] = []
  for (let at = 0; at < rows.length; at += mostRows) runs.push(...encodeHalves(rows.slice(at, at + mostRows)))
  return runs
}

function encodeHalves(rows: readonly unknown[]): Run[] {
  const bytes = encode(rows)
  if (bytes.length <= CHUNK_BYTES) return [{ bytes, rows: rows.length }]
  if (rows.length === 1)
    throw new ExchequerError('ItemTooLarge', `a row takes at most ${CHUNK_BYTES} bytes: got ${bytes.length}`)
  const half = Math.ceil(rows.length / 2)
  return [...encodeHalves(rows.slice(0, half)), ...encodeHalves(rows.slice(half))]
}

/** An item that holds a value of any size: a large one in parts, which are written now, before anything names them. */
export async function valueItem(
  table: Table,
  newId: NewId,
  key: Key,
  value: unknown,
  more: Item = {},
): Promise<Item> {
  const bytes = encode(value)
  if (bytes.length <= CHUNK_BYTES) return { ...keyItem(key), ...more, d: bytesValue(bytes) }
  const attempt = newId()
  const parts = cutBytes(bytes)
  await table.putAll(parts.map((part, i) => ({ ...keyItem(partKey(key, attempt, i)), d: bytesValue(part) })))
  return { ...keyItem(key), ...more, attempt: textValue(attempt), parts: numberValue(parts.length) }
}

/** The value of an item made by {@link valueItem} or {@link wholeItem}. */
export async function storedValue<T>(table: Table, item: Item, { eventual = false } = {}): Promise<T> {
  if (item.parts === undefined) return decode<T>(bytesOf(item, 'd'))
  const key = keyOf(item)
  const attempt = textOf(item, 'attempt')
  const keys = Array.from({ length: numberOf(item, 'parts') }, (_, part) => partKey(key, attempt, part))
  const parts = await table.getAll(keys, { eventual })
  return decode<T>(Buffer.concat(parts.map((part) => bytesOf(part, 'd'))))
}

/** The value stored under a key, strongly consistent; undefined when there is none. */
export async function readValue<T>(table: Table, key: Key): Promise<T | undefined> {
  const item = await table.get(key)
  return item && storedValue<T>(table, item)
}

/** Writes once and answers with what stands, be it another's. */
export async function writeValue<T>(table: Table, newId: NewId, key: Key, value: T): Promise<T> {
  if (await table.putOnce(await valueItem(table, newId, key, value))) return value
  return standing(await readValue<T>(table, key), key)
}

/** What another wrote first. Throws `ItemMissing` if a condition refused a write for an item that is not there. */
export function standing<T>(value: T | undefined, { pk, sk }: Key): T {
  if (value !== undefined) return value
  throw new ExchequerError('ItemMissing', `${pk} / ${sk} was written by another, but it is not there`)
}
