/** The naive evaluator's own arithmetic: percentages, durations and the two rounding rules. */
import { createHash } from 'node:crypto'
import type { Amounts, Position } from './language.ts'

export const WHOLE = 1_000_000_000n
export const LARGEST = 10n ** 38n - 1n
export const DAY_MS = 86_400_000

export const min = (a: bigint, b: bigint): bigint => (a < b ? a : b)
export const sumOf = (amounts: Iterable<bigint>): bigint =>
  [...amounts].reduce((sum, amount) => sum + amount, 0n)
export const percent = (text: string): bigint => {
  const [whole, fraction = ''] = text.slice(0, -1).split('.')
  return BigInt(whole + fraction.padEnd(7, '0'))
}
export const durationMs = (text: string): number => {
  const [, d, h, m, s] = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text) ?? []
  return Number(d ?? 0) * DAY_MS + (Number(h ?? 0) * 3600 + Number(m ?? 0) * 60 + Number(s ?? 0)) * 1000
}
export const at = (position: Position): number =>
  typeof position === 'number' ? position : Date.parse(position)
export const lower = (account: string): string =>
  /^0x[0-9a-fA-F]{40}$/.test(account) ? account.toLowerCase() : account
export const add = (book: Map<string, bigint>, key: string, amount: bigint): void => {
  book.set(key, (book.get(key) ?? 0n) + amount)
}
export const told = (book: Map<string, bigint>): Amounts => {
  const held = [...book].filter(([, amount]) => amount !== 0n).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(held.map(([key, amount]) => [key, String(amount)]))
}

/** Floors first, then one unit each to the largest remainders, ties in written order. */
export const byLargestRemainder = (total: bigint, shares: bigint[]): bigint[] => {
  const amounts = shares.map((share) => (total * share) / WHOLE)
  const order = shares.map((share, index) => ({ index, remainder: (total * share) % WHOLE }))
  order.sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1))
  const missing = Number(total - sumOf(amounts))
  for (const { index } of order.slice(0, missing)) amounts[index] = (amounts[index] ?? 0n) + 1n
  return amounts
}

/** Among accounts in the order of sha-256: floor(T*C/W) - floor(T*(C-w)/W). */
export const byCascade = (total: bigint, weights: Map<string, bigint>): Map<string, bigint> => {
  const hash = (account: string): string => createHash('sha256').update(account).digest('hex')
  const accounts = [...weights.keys()].sort((a, b) => (hash(a) < hash(b) ? -1 : 1))
  const whole = sumOf(weights.values())
  const shares = new Map<string, bigint>()
  let running = 0n
  for (const account of accounts) {
    const before = running
    running += weights.get(account) ?? 0n
    shares.set(account, (total * running) / whole - (total * before) / whole)
  }
  return shares
}

/** Pays what is claimed, or cascades what there is; returns what was paid and lowers the claims by it. */
export const settle = (available: bigint, claims: Map<string, bigint>): Map<string, bigint> => {
  const claimed = sumOf(claims.values())
  const paid = available >= claimed ? new Map(claims) : byCascade(available, claims)
  for (const [account, amount] of paid) add(claims, account, -amount)
  return paid
}
