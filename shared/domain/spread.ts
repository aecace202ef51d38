import type { Account } from './account.ts'
import { eraEnd } from './calendar.ts'
import { inReportOrder } from './event.ts'
import type { OpenSpread, SpreadEnding } from './facts.ts'
import { add, max, min, mulDivCeil, mulDivFloor } from './money.ts'
import { WHOLE } from './percent.ts'
import type { Policy } from './policy/schema.ts'
import type { Carried } from './weights.ts'

/** What the spreads of one partition come to in an era. */
export interface Recognised {
  income: Record<string, bigint>
  costs: { account: Account; kind: string; amount: bigint }[]
  dues: { account: Account; obligation: string; amount: bigint }[]
  /** What a fee's or charge's spread had left when it was stopped, without what the network keeps. */
  refunds: { account: Account; amount: bigint }[]
  carried: Carried
}

/** Recognised through `position`: floor(amount x elapsed / length). What lies before the spread's own start is nothing. */
export function recognisedThrough(
  spread: { amount: bigint; from: number; to: number },
  position: number,
): bigint {
  if (position <= spread.from) return 0n
  if (position >= spread.to) return spread.amount
  return mulDivFloor(spread.amount, BigInt(position - spread.from), BigInt(spread.to - spread.from))
}

/**
 * Moves every open spread to the end of the era, by cumulative floor, and stops those that an ending names.
 * Source of the rule: policy language, "One era", 1 and 2. `latest` is the greatest moment counted before this
 * era: an ending that has waited longer than `lateness` for its event is forgotten, for the event would be too late.
 * A command's ending comes after what it ends, but may be ahead of the era, for the clock goes on until the era closes:
 * then it waits for its moment. Of what a charge has left the network keeps ceil(left x keep).
 */
export function recognise(policy: Policy, era: number, latest: number, open: Carried): Recognised {
  const to = eraEnd(policy.era.calendar, era)
  const result: Recognised = {
    income: {},
    costs: [],
    dues: [],
    refunds: [],
    carried: { spreads: [], endings: [] },
  }
  const endings = firstEndings(open.endings)
  const [met, ahead] = [new Set<string>(), new Set<string>()]
  for (const spread of open.spreads) {
    const key = `${spread.of}\0${spread.id}`
    const ending = endings.get(key)
    if (ending) met.add(key)
    const stopped = ending !== undefined && ending.at < to
    const through = max(spread.recognised, recognisedThrough(spread, stopped ? ending.at : to))
    book(result, spread, through - spread.recognised)
    const left = spread.amount - through
    if (left === 0n) continue
    if (!stopped) {
      if (ending) ahead.add(key)
      result.carried.spreads.push({ ...spread, recognised: through })
    } else if (isIncome(spread)) {
      const kept = min(left, mulDivCeil(left, ending.keep ?? 0n, WHOLE))
      book(result, spread, kept)
      if (kept < left)
        result.refunds.push({ account: ending.refundTo ?? spread.account, amount: left - kept })
    }
  }
  for (const [key, ending] of endings) {
    const expired = isOfCommand(ending) || ending.occurredAt < latest - policy.era.lateness
    if (ahead.has(key) || (!met.has(key) && !expired)) result.carried.endings.push(ending)
  }
  return result
}

/** Of several endings of one spread the earliest stops it; of those at one position, the first by (occurredAt, id). */
function firstEndings(endings: readonly SpreadEnding[]): Map<string, SpreadEnding> {
  const first = new Map<string, SpreadEnding>()
  for (const ending of endings) {
    const key = `${ending.of}\0${ending.id}`
    const before = first.get(key)
    if (!before || inEndingOrder(ending, before) < 0) first.set(key, ending)
  }
  return first
}

function inEndingOrder(a: SpreadEnding, b: SpreadEnding): number {
  return a.at - b.at || inReportOrder({ at: a.occurredAt, id: a.by }, { at: b.occurredAt, id: b.by })
}

function isIncome({ of }: OpenSpread): boolean {
  return of === 'FeeCharged' || of === 'Charge'
}

function isOfCommand({ of }: SpreadEnding): boolean {
  return of === 'Charge' || of === 'Due'
}

function book(result: Recognised, spread: OpenSpread, amount: bigint): void {
  const { of, account, kind } = spread
  if (amount === 0n) return
  if (isIncome(spread)) add(result.income, kind, amount)
  else if (of === 'CostIncurred') result.costs.push({ account, kind, amount })
  else result.dues.push({ account, obligation: kind, amount })
}
