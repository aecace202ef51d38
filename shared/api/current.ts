import type * as z from 'zod'
import { eraEnd, eraStart } from '../domain/calendar.ts'
import { sum } from '../domain/money.ts'
import type { NetworkState } from '../settlement/ports.ts'
import type { currentEraResponse } from './contracts/eras.ts'
import { calendarOf, type Reader } from './network.ts'
import type { RunningCount } from './ports.ts'
import { type Money, mapValues, moneyOf, span } from './present.ts'

type CurrentEra = z.output<typeof currentEraResponse>

const NOTE =
  'Provisional: counted as it came, so an event that came twice is in it twice, and nothing is shared out before the era is settled.'

/** What the open era has counted so far, and which eras before it are not sealed yet. Two or three items. */
export async function readCurrentEra({ store, network }: Reader): Promise<CurrentEra> {
  const { state, policy } = await network.read()
  const [running, unsealed] = await Promise.all([
    store.running(state.openEra),
    findUnsealed(state, (era) => store.isSettling(era)),
  ])
  const calendar = calendarOf(policy)
  const money = moneyOf(policy.policy)
  const income = totals(running.income)
  const cost = totals(running.costs)
  return {
    era: state.openEra,
    phase: 'OPEN',
    ...span(calendar, { from: eraStart(calendar, state.openEra), to: eraEnd(calendar, state.openEra) }),
    provisional: true,
    note: NOTE,
    income: { count: income.count, charged: money(income.amount), kinds: present(running.income, money) },
    cost: { count: cost.count, total: money(cost.amount), kinds: present(running.costs, money) },
    unsealed,
    sealedThrough: state.sealedThrough,
  }
}

/** Eras are settled in order, so only the oldest one that is not sealed can be at it. */
async function findUnsealed(
  { sealedThrough, closedThrough }: NetworkState,
  isSettling: (era: number) => Promise<boolean>,
) {
  const oldest = sealedThrough + 1
  if (oldest > closedThrough) return []
  if (!(await isSettling(oldest))) return [{ era: oldest, through: closedThrough, phase: 'CLOSED' as const }]
  const settling = { era: oldest, through: oldest, phase: 'SETTLING' as const }
  return oldest === closedThrough
    ? [settling]
    : [settling, { era: oldest + 1, through: closedThrough, phase: 'CLOSED' as const }]
}

function totals(kinds: Record<string, RunningCount>): RunningCount {
  const counts = Object.values(kinds)
  return {
    count: counts.reduce((total, { count }) => total + count, 0),
    amount: sum(counts.map(({ amount }) => amount)),
  }
}

function present(kinds: Record<string, RunningCount>, money: Money) {
  return mapValues(kinds, ({ count, amount }) => ({ count, amount: money(amount) }))
}

const KEPT_MS = 3_000

/** As {@link readCurrentEra}, kept for three seconds in the function instance: many ask, and it is provisional. */
export function keepCurrentEra(): (reader: Reader) => Promise<CurrentEra> {
  let kept: { answer: CurrentEra; at: number } | undefined
  return async (reader) => {
    const at = reader.now()
    if (!kept || at - kept.at >= KEPT_MS) kept = { answer: await readCurrentEra(reader), at }
    return kept.answer
  }
}
