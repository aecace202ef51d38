import { formatMoment } from '../../../shared/domain/calendar.ts'
import { ExchequerError } from '../../../shared/domain/errors.ts'
import type { Row } from './rows.ts'

/** Reads a value from a row. Throws {@link TemplateError} where the row does not have what it asks for. */
export type Read = (row: Row) => unknown

/** A template that cannot be read, or a row it cannot be filled from. The message states rule and value. */
export class TemplateError extends ExchequerError {
  constructor(message: string) {
    super('Template', message)
  }
}

/**
 * The forms an object in a template can have. Each takes the text its template makes and turns it into what the contract
 * wants; `optional` leaves the field out where the text is empty.
 */
const FORMS: Record<string, (text: string, template: Record<string, unknown>) => unknown> = {
  text: (text) => text,
  number: toNumber,
  unixSeconds: (text) => toMoment(text, 1000),
  unixMillis: (text) => toMoment(text, 1),
  utc: toUtc,
  baseUnits: (text, { decimals }) => toBaseUnits(text, decimals),
}

const EXTRAS: Record<string, string[]> = { baseUnits: ['decimals'] }

/** Marks a field that is left out. */
export const ABSENT = Symbol('absent')

/**
 * Compiles a template: text with `{column}` in it (`{{` and `}}` are braces), a form such as
 * `{"unixSeconds": "{time}"}`, a nested object or list of templates, or a constant.
 * Throws {@link TemplateError} naming the place.
 */
export function compileTemplate(template: unknown, path: string): Read {
  if (typeof template === 'string') return compileText(template, path)
  if (Array.isArray(template)) {
    const items = template.map((item, index) => compileTemplate(item, `${path}[${index}]`))
    return (row) => items.map((read) => read(row)).filter((value) => value !== ABSENT)
  }
  if (typeof template !== 'object' || template === null) return () => template
  const form = formOf(template)
  return form ? compileForm(form, template as Record<string, unknown>, path) : compileObject(template, path)
}

function formOf(template: object): string | undefined {
  const keys = Object.keys(template).filter((key) => key !== 'optional')
  return keys.find(
    (key) =>
      Object.hasOwn(FORMS, key) && keys.every((other) => other === key || EXTRAS[key]?.includes(other)),
  )
}

function compileForm(form: string, template: Record<string, unknown>, path: string): Read {
  const inner = template[form]
  if (typeof inner !== 'string')
    throw new TemplateError(`${path}.${form}: a form takes a text: got ${JSON.stringify(inner)}`)
  if (template.optional !== undefined && typeof template.optional !== 'boolean') {
    throw new TemplateError(`${path}.optional: is true or false: got ${JSON.stringify(template.optional)}`)
  }
  if (form === 'baseUnits') checkDecimals(template.decimals, path)
  const read = compileText(inner, path, template.optional === true)
  const convert = FORMS[form] as (text: string, template: Record<string, unknown>) => unknown
  return (row) => {
    const text = read(row)
    return template.optional === true && text === '' ? ABSENT : convert(text, template)
  }
}

function compileObject(template: object, path: string): Read {
  const fields = Object.entries(template).map(
    ([key, value]) => [key, compileTemplate(value, `${path}.${key}`)] as const,
  )
  return (row) => {
    const values = fields
      .map(([key, read]) => [key, read(row)] as const)
      .filter(([, value]) => value !== ABSENT)
    return Object.fromEntries(values)
  }
}

const PIECE = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g

/** Compiles text with columns in it. Where `lenient`, a column that the row does not have reads as empty. */
export function compileText(text: string, path: string, lenient = false): (row: Row) => string {
  const pieces: (string | { column: string })[] = []
  let from = 0
  for (const match of text.matchAll(PIECE)) {
    pieces.push(text.slice(from, match.index))
    from = match.index + match[0].length
    const [piece, column] = match
    if (piece === '{{' || piece === '}}') pieces.push(piece[0] as string)
    else if (column?.trim()) pieces.push({ column: column.trim() })
    else
      throw new TemplateError(
        `${path}: a column is written {name}, a brace {{ or }}: got ${JSON.stringify(text)}`,
      )
  }
  pieces.push(text.slice(from))
  return (row) =>
    pieces
      .map((piece) => (typeof piece === 'string' ? piece : columnText(row, piece.column, lenient)))
      .join('')
}

function columnText(row: Row, column: string, lenient: boolean): string {
  const value = valueAt(row.values, column)
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value === undefined || value === null) {
    if (lenient) return ''
    const known = Object.keys(row.values).slice(0, 20).join(', ')
    throw new TemplateError(`the row has no column ${JSON.stringify(column)}: it has ${known}`)
  }
  throw new TemplateError(
    `the column ${JSON.stringify(column)} is no text or number: got ${JSON.stringify(value).slice(0, 60)}`,
  )
}

/** A column by its whole name, or by the steps of its name through nested objects. */
function valueAt(values: Record<string, unknown>, column: string): unknown {
  if (Object.hasOwn(values, column)) return values[column]
  return column
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, key)
          ? (value as Record<string, unknown>)[key]
          : undefined,
      values,
    )
}

function toNumber(text: string): number {
  const number = Number(text)
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(number)) {
    throw new TemplateError(`a number is whole and at most 2^53: got ${JSON.stringify(text)}`)
  }
  return number
}

function toMoment(text: string, scale: number): string {
  const ms = Number(text) * scale
  if (!/^\d{1,13}(\.\d{1,9})?$/.test(text) || ms > MAX_MOMENT_MS) {
    throw new TemplateError(
      `a unix time is ${scale === 1 ? 'milliseconds' : 'seconds'} since 1970: got ${JSON.stringify(text)}`,
    )
  }
  return formatMoment(Math.floor(ms))
}

/** The last moment that ISO 8601 writes with four digits of year. */
const MAX_MOMENT_MS = Date.UTC(9999, 11, 31, 23, 59, 59)

const UTC = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(?: ?(?:UTC|Z))?)?$/

function toUtc(text: string): string {
  const match = UTC.exec(text)
  if (!match)
    throw new TemplateError(`a UTC moment is written like "2026-01-31 12:30:00": got ${JSON.stringify(text)}`)
  const time = match[2] ?? '00:00:00'
  return `${match[1]}T${time.length === 5 ? `${time}:00` : time}Z`
}

function checkDecimals(decimals: unknown, path: string): void {
  if (!Number.isInteger(decimals) || (decimals as number) < 0 || (decimals as number) > 18) {
    throw new TemplateError(
      `${path}.decimals: the asset's decimals, 0 to 18: got ${JSON.stringify(decimals)}`,
    )
  }
}

/** "12.5" at 6 decimals is "12500000". Digits past the asset's decimals are refused, never rounded. */
function toBaseUnits(text: string, decimals: unknown): string {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text)
  const fraction = match?.[2]?.replace(/0+$/, '') ?? ''
  if (!match || fraction.length > (decimals as number)) {
    throw new TemplateError(
      `an amount is a number with at most ${decimals} decimals: got ${JSON.stringify(text)}`,
    )
  }
  return (match[1] + fraction.padEnd(decimals as number, '0')).replace(/^0+(?=\d)/, '')
}
