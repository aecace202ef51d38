/** Parts per billion in one whole: percentages with up to 7 decimals are exact. */
export const WHOLE = 1_000_000_000n

const PERCENT = /^(0|[1-9][0-9]{0,8})(?:\.([0-9]{1,7}))?%$/

/** Reads "33.9%" as exact parts per billion; undefined when it is no percentage of up to 7 decimals. */
export function parsePercent(text: string): bigint | undefined {
  const match = PERCENT.exec(text)
  if (!match) return undefined
  return BigInt(match[1] as string) * 10_000_000n + BigInt((match[2] ?? '').padEnd(7, '0'))
}

/** Writes parts per billion as the shortest percentage. */
export function formatPercent(ppb: bigint): string {
  const fraction = (ppb % 10_000_000n).toString().padStart(7, '0').replace(/0+$/, '')
  return `${ppb / 10_000_000n}${fraction && `.${fraction}`}%`
}
