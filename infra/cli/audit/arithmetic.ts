import { createHash } from 'node:crypto'

/** The auditor's own arithmetic. It shares no line with the engine's, so that their agreement means something. */

/** Parts per billion in one whole. */
export const WHOLE = 1_000_000_000n

export function sha256(...parts: (string | Uint8Array)[]): Buffer {
  const digest = createHash('sha256')
  for (const part of parts) digest.update(part)
  return digest.digest()
}

export function hex(...parts: (string | Uint8Array)[]): string {
  return sha256(...parts).toString('hex')
}

/** JSON with the keys of objects sorted, no white space, bigints as decimal strings, and nothing for `undefined`. */
export function canonical(value: unknown): string {
  if (typeof value === 'bigint') return `"${value}"`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const said = Object.entries(value).filter(([, part]) => part !== undefined)
  const sorted = said.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${sorted.map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`).join(',')}}`
}

export function total(amounts: Iterable<bigint>): bigint {
  let whole = 0n
  for (const amount of amounts) whole += amount
  return whole
}

export function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

/** Amounts by name. */
export class Amounts extends Map<string, bigint> {
  static from(record: Readonly<Record<string, bigint>>): Amounts {
    return new Amounts(Object.entries(record))
  }

  of(name: string): bigint {
    return this.get(name) ?? 0n
  }

  add(name: string, amount: bigint): void {
    this.set(name, this.of(name) + amount)
  }

  sum(): bigint {
    return total(this.values())
  }
}

/** Names that either has, in order: for setting two side by side. */
export function namesOf(...sides: ReadonlyMap<string, unknown>[]): string[] {
  return [...new Set(sides.flatMap((side) => [...side.keys()]))].sort()
}

/** "33.9%" in parts per billion. */
export function ppb(percent: string): bigint {
  const [whole = '0', fraction = ''] = percent.slice(0, -1).split('.')
  return BigInt(`${whole}${fraction.padEnd(7, '0')}`)
}

/** "P7D", "PT5M" in ms. */
export function durationMs(text: string): number {
  const [, days, hours, minutes, seconds] =
    /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text) ?? []
  const ofHours = Number(days ?? 0) * 24 + Number(hours ?? 0)
  return ((ofHours * 60 + Number(minutes ?? 0)) * 60 + Number(seconds ?? 0)) * 1000
}

/** One spelling for an account: EVM addresses are lower-cased. */
export function spelled(account: string): string {
  return /^0x[0-9a-fA-F]{40}$/.test(account) ? account.toLowerCase() : account
}

export function isSystem(account: string): boolean {
  return account.startsWith('@')
}

/** The order of accounts, and where they are kept: sha-256 of the name. */
export function orderOf(account: string): string {
  return hex(account)
}

const PAGES = 16_384

/** Page of an account: the first 14 bits of the order. */
export function pageNumber(account: string): number {
  return sha256(account).readUInt16BE() >> 2
}

export function partitionOfPage(page: number, partitions: number): number {
  return Math.floor((page * partitions) / PAGES)
}

/** floor(T*C/W) - floor(T*(C-w)/W): the share of an account of weight w with the running sum C. */
export function shareOf(numbers: { T: bigint; W: bigint; C: bigint; w: bigint }): bigint {
  const { T, W, C, w } = numbers
  return w === 0n ? 0n : (T * C) / W - (T * (C - w)) / W
}

/** Floors first, then one unit each to the largest remainders, ties in written order. */
export function byLargestRemainder(amount: bigint, shares: readonly bigint[]): bigint[] {
  const whole = total(shares)
  const parts = shares.map((share, index) => ({
    index,
    floor: (amount * share) / whole,
    remainder: (amount * share) % whole,
  }))
  let missing = amount - total(parts.map(({ floor }) => floor))
  const byRemainder = [...parts].sort((a, b) =>
    a.remainder === b.remainder ? a.index - b.index : a.remainder < b.remainder ? 1 : -1,
  )
  for (const part of byRemainder) {
    if (missing === 0n) break
    part.floor += 1n
    missing -= 1n
  }
  return parts.map(({ floor }) => floor)
}

/** floor(amount x elapsed / length) of what runs over a stretch, up to a position. */
export function movedBy(
  { amount, from, to }: { amount: bigint; from: number; to: number },
  position: number,
): bigint {
  if (position <= from) return 0n
  if (position >= to) return amount
  return (amount * BigInt(position - from)) / BigInt(to - from)
}
