import type { ByteReader, ByteWriter } from './bytes.ts'
import { readInts, writeInts } from './numbers.ts'

/**
 * Packers of strings. Strings that are alike but for hexadecimal digits in the same places (uuids, addresses,
 * hashes, numbered ids) are a template and half a byte for each such place; any others are their text.
 */

const TEXT = 0
const TEMPLATE = 1

/** How a column's text is written: bytes are characters, UTF-8, or (only where surrogates stand alone) UTF-16. */
const ENCODINGS = ['latin1', 'utf8', 'utf16le'] as const

/** Marks a place of a template that differs between strings. */
const VARIES = 0

export function writeStrings(out: ByteWriter, values: readonly string[]): void {
  const template = values.length > 1 ? templateOf(values) : undefined
  if (template) {
    out.byte(TEMPLATE)
    out.varint(template.length)
    out.raw(template)
    out.raw(digitsOf(values, template))
    return
  }
  out.byte(TEXT)
  writeInts(
    out,
    values.map(({ length }) => length),
  )
  const text = values.join('')
  const isAscii = Buffer.byteLength(text) === text.length
  const encoding = isAscii ? 0 : values.every((value) => value.isWellFormed()) ? 1 : 2
  const bytes = Buffer.from(text, ENCODINGS[encoding])
  out.byte(encoding)
  out.varint(bytes.length)
  out.raw(bytes)
}

export function readStrings(from: ByteReader, count: number): string[] {
  if (from.byte() === TEMPLATE) return readTemplate(from, count)
  const lengths = readInts(from, count)
  const encoding = ENCODINGS[from.byte()]
  const text = from.raw(from.varint()).toString(encoding)
  let at = 0
  return lengths.map((length) => {
    at += length
    return text.slice(at - length, at)
  })
}

/** What strings of one length have in common; undefined when they differ in anything but hexadecimal digits. */
function templateOf(values: readonly string[]): Buffer | undefined {
  const first = values[0] as string
  const length = first.length
  if (length === 0) return undefined
  for (const value of values) if (value.length !== length) return undefined
  const template = Buffer.alloc(length)
  for (let place = 0; place < length; place++) {
    const code = first.charCodeAt(place)
    if (code === VARIES || code > 0x7f) return undefined
    template[place] = code
  }
  for (const value of values) {
    for (let place = 0; place < length; place++) {
      const code = value.charCodeAt(place)
      if (code === template[place]) continue
      if (digitOf(code) < 0) return undefined
      if (template[place] === VARIES) continue
      if (digitOf(template[place] as number) < 0) return undefined
      template[place] = VARIES
    }
  }
  return template
}

/** The digits at the places that vary, string by string, two a byte. */
function digitsOf(values: readonly string[], template: Buffer): Buffer {
  const places = varyingPlaces(template)
  const digits = Buffer.alloc(Math.ceil((places.length * values.length) / 2))
  let at = 0
  for (const value of values) {
    for (const place of places) {
      const digit = digitOf(value.charCodeAt(place))
      digits[at >> 1] = (digits[at >> 1] as number) | (at & 1 ? digit : digit << 4)
      at++
    }
  }
  return digits
}

/** Fills one buffer with all the strings, so that the text is decoded once. */
function readTemplate(from: ByteReader, count: number): string[] {
  const length = from.varint()
  const template = from.raw(length)
  const places = varyingPlaces(template)
  const digits = from.raw(Math.ceil((places.length * count) / 2))
  const text = repeated(template, count)
  const codes = Buffer.from(digits.toString('hex'), 'latin1')
  let at = 0
  for (let start = 0; start < text.length; start += length) {
    for (let i = 0; i < places.length; i++) text[start + (places[i] as number)] = codes[at++] as number
  }
  return cut(text.toString('latin1'), count, length)
}

/** A template so many times, one after another: what is there already is copied, twice as much each time. */
function repeated(template: Buffer, count: number): Buffer {
  const text = Buffer.allocUnsafe(template.length * count)
  template.copy(text)
  for (let done = template.length; done < text.length; done *= 2)
    text.copyWithin(done, 0, Math.min(done, text.length - done))
  return text
}

function cut(text: string, count: number, length: number): string[] {
  const parts = new Array<string>(count)
  for (let row = 0; row < count; row++) parts[row] = text.slice(row * length, (row + 1) * length)
  return parts
}

function varyingPlaces(template: Buffer): number[] {
  return [...template.keys()].filter((place) => template[place] === VARIES)
}

/** Value of a lower-case hexadecimal digit; below 0 for any other character. */
function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  return code >= 0x61 && code <= 0x66 ? code - 0x57 : -1
}
