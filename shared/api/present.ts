import type * as z from 'zod'
import { type Calendar, formatPosition } from '../domain/calendar.ts'
import type { Policy } from '../domain/policy/schema.ts'
import type { amount, reason } from './contracts/fields.ts'

/** How values of the domain are written in answers. */

export type Amount = z.output<typeof amount>
export type Money = (base: bigint) => Amount

/** Writes amounts of base units with the policy's asset. */
export function moneyOf({ asset }: Pick<Policy, 'asset'>): Money {
  return (base) => ({ amount: base.toString(), asset: asset.symbol, decimals: asset.decimals })
}

/** Maps the values of a record, keys as they are. */
export function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  map: (value: From, key: string) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]))
}

export function span(
  calendar: Calendar,
  { from, to }: { from: number; to: number },
): { from: number | string; to: number | string } {
  return { from: formatPosition(calendar, from), to: formatPosition(calendar, to) }
}

const WORDS: [RegExp, (...parts: string[]) => string][] = [
  [/^stages\.([^.]+)\.(.+)$/, (stage, line) => `line "${line}" of stage "${stage}"`],
  [
    /^held\.(\d+)\.stages\.([^.]+)\.(.+)$/,
    (era, stage, line) => `line "${line}" of stage "${stage}" of era ${era}, which was held`,
  ],
  [/^costs\.owed$/, () => 'costs of earlier eras that were still owed, paid back'],
  [/^costs\.current$/, () => 'costs of this era, paid back'],
  [/^dues\.(.+)\.former$/, (obligation) => `obligation "${obligation}", due in earlier eras`],
  [/^dues\.(.+)\.current$/, (obligation) => `obligation "${obligation}", due in this era`],
  [/^rest$/, () => 'the part of fees that does not go to the pool'],
  [/^refund$/, () => 'the unearned part of what was stopped'],
  [/^vested$/, () => 'vested'],
  [/^transfer$/, () => 'a transfer from account to account'],
  [/^deposit$/, () => 'a deposit from outside'],
  [/^order\.([0-9a-f]+)$/, (id) => `order ${id}, fulfilled`],
  [/^order\.([0-9a-f]+)\.refund$/, (id) => `order ${id}, paid back`],
  [/^payout\.(.+)$/, (id) => `payout ${id}`],
  [/^hold$/, () => 'kept aside'],
  [/^release$/, () => 'kept aside no more'],
  [/^extend$/, () => 'kept aside until another moment'],
  [/^charge\.(.+)$/, (kind) => `income "${kind}" of the network`],
  [/^end$/, () => 'stopped: what is not earned comes back when the era is settled'],
  [/^stake$/, () => 'staked here'],
  [/^unstake$/, () => 'staked no more, and on its way back'],
  [/^slash$/, () => 'taken away from what was staked here'],
]

/** A code of a payment or a direct credit, and the same in words; a code without words stands for itself. */
export function reasonOf(code: string): z.output<typeof reason> {
  for (const [pattern, words] of WORDS) {
    const match = pattern.exec(code)
    if (match) return { code, words: words(...match.slice(1)) }
  }
  return { code, words: code }
}
