import type * as z from 'zod'
import type { Account } from '../domain/account.ts'
import { formatMoment, formatPosition } from '../domain/calendar.ts'
import { readMatured } from './account.ts'
import type { stakesResponse } from './contracts/stakes.ts'
import { calendarOf, type Reader } from './network.ts'
import { moneyOf } from './present.ts'

/** What weighs for an account as its stake: what it staked here, then what was reported. Throws `UnknownAccount`. */
export async function readStakes(
  reader: Reader,
  { account }: { account: Account },
): Promise<z.output<typeof stakesResponse>> {
  const { state, known } = await readMatured(reader, account)
  const money = moneyOf(known.policy.policy)
  const positionOf = (position: number) => formatPosition(calendarOf(known.policy), position)
  const held = state.stakes
    .filter(({ isReturned }) => !isReturned)
    .map(({ lot, amount, lockSeconds, from, until, lockedUntil, returnsAt }) => ({
      origin: 'held' as const,
      lot,
      amount: money(amount),
      lockSeconds,
      from: positionOf(from),
      lockedUntil: formatMoment(lockedUntil),
      ...(until !== undefined && { until: positionOf(until) }),
      ...(returnsAt !== undefined && { returnsAt: formatMoment(returnsAt) }),
    }))
  const reported = state.lots.map(({ lot, amount, lockSeconds, at }) => ({
    origin: 'reported' as const,
    lot,
    amount: money(amount),
    lockSeconds,
    reportedAt: formatMoment(at),
  }))
  return { account, stakes: [...held, ...reported] }
}
