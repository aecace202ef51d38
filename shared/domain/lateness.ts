import { eraEnd, eraStart, isByBlock } from './calendar.ts'
import type { Policy } from './policy/schema.ts'

/** How far ahead of a wall clock an event may be dated, ms. Source of the rule: policy `era.lateness`. */
export const AHEAD_MS = 300_000

/** An era that has counted events, with the greatest moment counted through it, ms. */
export interface CountedEra {
  era: number
  latest: number
}

/**
 * Whether `era` may hold again what `earlier` has counted: what is older than lateness is not let in. Eras by time
 * say so by where they lie, eras by block by the moments of what was counted; `newest` is the last era that counted
 * anything before this one.
 */
export function mayComeAgain(policy: Policy, era: number, earlier: CountedEra, newest: CountedEra): boolean {
  const { calendar, lateness } = policy.era
  if (isByBlock(calendar)) return earlier.latest >= newest.latest - lateness
  return eraEnd(calendar, earlier.era) >= eraStart(calendar, era) - lateness - AHEAD_MS
}
