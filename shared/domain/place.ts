/** Places in lists of records: text whose order is that of what it says. */

/** Digits of a moment, ms: the last that a date can be has as many. */
export const MOMENT_DIGITS = 16

export function padded(value: number | bigint, digits: number): string {
  return value.toString().padStart(digits, '0')
}

/** The place of something at a moment, ms, in a list that is ordered by time. */
export function placeAt(ms: number, id: string): string {
  return `${padded(Math.max(0, ms), MOMENT_DIGITS)}#${id}`
}

/** The last place of a moment, ms: "$" is the character after "#". */
export function lastPlaceAt(ms: number): string {
  return `${padded(Math.max(0, ms), MOMENT_DIGITS)}$`
}
