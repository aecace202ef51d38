/** The greatest amount: 38 digits, which is what a database number and every asset in use can hold. */
export const MAX_AMOUNT = 10n ** 38n - 1n

const AMOUNT = /^(0|[1-9][0-9]{0,37})$/

/** True for a decimal string of base units: no sign, point, exponent or leading zero, at most 10^38 - 1. */
export function isAmount(text: string): boolean {
  return AMOUNT.test(text)
}

/** floor(a * b / c) for a, b >= 0 and c > 0. Multiplies before it divides. */
export function mulDivFloor(a: bigint, b: bigint, c: bigint): bigint {
  return (a * b) / c
}

/** ceil(a * b / c) for a, b >= 0 and c > 0. */
export function mulDivCeil(a: bigint, b: bigint, c: bigint): bigint {
  return (a * b + c - 1n) / c
}

export function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

export function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

export function sum(amounts: Iterable<bigint>): bigint {
  let total = 0n
  for (const amount of amounts) total += amount
  return total
}

/**
 * Adds `amount` to `key` of a record of amounts, in place. Keys are names that anybody may choose, so what every
 * object inherits ("constructor") is not taken for an amount, and "__proto__" is a key like any other.
 */
export function add(amounts: Record<string, bigint>, key: string, amount: bigint): void {
  const value = (Object.hasOwn(amounts, key) ? (amounts[key] as bigint) : 0n) + amount
  if (key !== '__proto__') amounts[key] = value
  else Object.defineProperty(amounts, key, { value, enumerable: true, configurable: true, writable: true })
}
