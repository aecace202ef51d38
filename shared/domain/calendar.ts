import { ExchequerError } from './errors.ts'

/**
 * When eras begin and end. A position is what eras are counted in: milliseconds since 1970 (UTC), or a block.
 * Source of the rule: policy `era`.
 */
export type Calendar =
  | { by: 'block'; length: number; from: number }
  | { by: 'time'; length: number; from: number }
  | { by: 'month'; length: number; from: number }

/** First position of era `n`. Calendar months keep the origin's day of month, or the month's last day. */
export function eraStart(calendar: Calendar, n: number): number {
  if (calendar.by !== 'month') return calendar.from + n * calendar.length
  const origin = new Date(calendar.from)
  const month = origin.getUTCMonth() + n * calendar.length
  const lastDay = new Date(Date.UTC(origin.getUTCFullYear(), month + 1, 0)).getUTCDate()
  const timeOfDayMs =
    calendar.from - Date.UTC(origin.getUTCFullYear(), origin.getUTCMonth(), origin.getUTCDate())
  return Date.UTC(origin.getUTCFullYear(), month, Math.min(origin.getUTCDate(), lastDay)) + timeOfDayMs
}

/** First position after era `n`: eras are half-open. */
export function eraEnd(calendar: Calendar, n: number): number {
  return eraStart(calendar, n + 1)
}

/** The era that holds `position`; negative before the origin. */
export function eraAt(calendar: Calendar, position: number): number {
  if (calendar.by !== 'month') return Math.floor((position - calendar.from) / calendar.length)
  const origin = new Date(calendar.from)
  const moment = new Date(position)
  const months =
    (moment.getUTCFullYear() - origin.getUTCFullYear()) * 12 + moment.getUTCMonth() - origin.getUTCMonth()
  const guess = Math.floor(months / calendar.length)
  return position < eraStart(calendar, guess) ? guess - 1 : guess
}

/** The number of eras that have ended at `position`: era `n` has ended when `endedBefore > n`. */
export function erasEndedBy(calendar: Calendar, position: number): number {
  return Math.max(0, eraAt(calendar, position))
}

/** Whether positions of this calendar are blocks rather than moments. */
export function isByBlock(calendar: Calendar): boolean {
  return calendar.by === 'block'
}

/** Writes a position as people and the API see it: a block number, or an ISO moment. */
export function formatPosition(calendar: Calendar, position: number): number | string {
  return isByBlock(calendar) ? position : formatMoment(position)
}

/** Reads a position from a command line or a request: a block number, or an ISO moment. Throws `InvalidPosition`. */
export function parsePosition(calendar: Calendar, value: number | string): number {
  const position = isByBlock(calendar) ? Number(value) : parseMoment(String(value))
  if (position === undefined || !Number.isSafeInteger(position) || position < 0) {
    const wanted = isByBlock(calendar) ? 'a block number' : 'an ISO 8601 moment with an offset'
    throw new ExchequerError(
      'InvalidPosition',
      `a position of this network is ${wanted}: got ${JSON.stringify(value)}`,
    )
  }
  return position
}

const MOMENT = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/

/** Reads an ISO 8601 moment with an offset as milliseconds since 1970; undefined when it is none. */
export function parseMoment(text: string): number | undefined {
  const match = MOMENT.exec(text)
  if (!match) return undefined
  const [, year, month, day] = match.map(Number) as [number, number, number, number]
  const ms = Date.parse(text)
  return Number.isNaN(ms) || !isDay(year, month, day) ? undefined : ms
}

/** A parser of dates takes the 30th of February for the 2nd of March; nobody who writes it means that. */
function isDay(year: number, month: number, day: number): boolean {
  return day <= 28 || day <= new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/** Writes milliseconds since 1970 as ISO 8601, without the fraction when it is zero. */
export function formatMoment(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}
