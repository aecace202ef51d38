import { inReportOrder } from './event.ts'
import type { PartitionFacts } from './facts.ts'
import type { ReportedLot } from './page.ts'

type StakeReport = Pick<PartitionFacts['stakes'][number], 'lot' | 'amount' | 'lockSeconds' | 'at' | 'id'>

/** A stretch of an era in which a lot held one amount under one lock. */
export interface StakeSpan {
  amount: bigint
  lockSeconds: number
  /** Length inside the era, ms. */
  ms: number
}

/**
 * Follows each lot's level through an era, ms half-open. A report older than the one that stands changes nothing;
 * a late one counts from the start of the era. Answers with the lots as they stand at the era's end, and the spans.
 */
export function stakeEra(
  before: readonly ReportedLot[],
  reports: readonly StakeReport[],
  from: number,
  to: number,
): { lots: ReportedLot[]; spans: StakeSpan[] } {
  const lots = new Map(before.map((lot) => [lot.lot, { lot, since: from }]))
  const spans: StakeSpan[] = []
  const close = ({ amount, lockSeconds }: ReportedLot, since: number, until: number): void => {
    if (until > since) spans.push({ amount, lockSeconds, ms: until - since })
  }
  for (const { lot: name, amount, lockSeconds, at } of [...reports].sort(inReportOrder)) {
    const standing = lots.get(name)
    if (standing && at < standing.lot.at) continue
    const since = Math.max(at, from)
    if (standing) close(standing.lot, standing.since, since)
    lots.set(name, { lot: { lot: name, amount, lockSeconds, at }, since })
  }
  for (const { lot, since } of lots.values()) close(lot, since, to)
  return { lots: [...lots.values()].map(({ lot }) => lot).sort((a, b) => (a.lot < b.lot ? -1 : 1)), spans }
}

/**
 * Policy `stakeSeconds`: the sum over spans of amount x time x factor of the lock. Only proportions of a weight
 * matter, so milliseconds and parts per billion are not divided out.
 */
export function stakeTime(
  spans: readonly StakeSpan[],
  lockCurve: readonly (readonly [number, bigint])[],
): bigint {
  return spans.reduce(
    (sum, { amount, lockSeconds, ms }) => sum + amount * BigInt(ms) * lockFactor(lockCurve, lockSeconds),
    0n,
  )
}

/** The highest step of the curve that a lock reaches, in parts per billion; 0 below the first. */
function lockFactor(lockCurve: readonly (readonly [number, bigint])[], lockSeconds: number): bigint {
  return lockCurve.reduce((factor, [lockMs, step]) => (lockSeconds * 1000 >= lockMs ? step : factor), 0n)
}
