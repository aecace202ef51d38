import { type Calendar, eraEnd, erasEndedBy, isByBlock, parsePosition } from '../domain/calendar.ts'
import { ExchequerError } from '../domain/errors.ts'
import type { Policy } from '../domain/policy/schema.ts'
import type { NetworkClock } from './ports.ts'

/** The most eras one tick closes: a clock that leaps is followed step by step. */
export const MAX_ERAS_PER_TICK = 1_000

/** Which eras have ended by the network's clock, and may close. Positions are ms or blocks, wall times ms. */
export interface Due {
  /** Greatest era that closes now; `closedThrough` when none does. */
  through: number
  /** When each step of the watermark was first seen, as far as it still matters. */
  passed: NetworkClock['passed']
}

/**
 * Works out which eras close now. Source of the rule: policy `era.clock` and `era.grace`, and the design's Time.
 * A wall clock closes an era `grace` after its end; a manual one what an operator has advanced past; an events
 * clock also what the watermark passed at least `grace` of wall time ago, for messages overtake each other.
 */
export function dueEras(policy: Policy, clock: NetworkClock, closedThrough: number, wallNow: number): Due {
  const { calendar, clock: kind, grace } = policy.era
  const limit = closedThrough + MAX_ERAS_PER_TICK
  const advanced = lastEnded(calendar, clock.advancedTo)
  if (kind === 'manual') return { through: clamp(advanced, closedThrough, limit), passed: [] }
  if (kind === 'wall')
    return { through: clamp(lastEnded(calendar, wallNow - grace), closedThrough, limit), passed: [] }
  const reached = Math.min(lastEnded(calendar, clock.watermark), limit)
  const passed = clock.passed.filter(({ era }) => era > closedThrough)
  if (reached > Math.max(closedThrough, passed.at(-1)?.era ?? -1)) passed.push({ era: reached, at: wallNow })
  const waited = passed.filter(({ at }) => at + grace <= wallNow).at(-1)?.era ?? -1
  return { through: clamp(Math.max(advanced, waited), closedThrough, limit), passed }
}

/** Greatest era whose end is not after `position`; -1 when none is. */
function lastEnded(calendar: Calendar, position: number): number {
  return position < eraEnd(calendar, 0) ? -1 : erasEndedBy(calendar, position) - 1
}

function clamp(era: number, low: number, high: number): number {
  return Math.min(Math.max(era, low), high)
}

/** Reads where an operator moves the clock to. Throws `ClockNotMovable` on a wall clock, `InvalidPosition`. */
export function parseAdvance(policy: Policy, to: number | string): number {
  if (policy.era.clock === 'wall') {
    throw new ExchequerError(
      'ClockNotMovable',
      'a wall clock goes by itself: only an "events" or "manual" clock can be advanced',
    )
  }
  return parsePosition(policy.era.calendar, to)
}

/**
 * The network's time in ms. Source of the rule: policy `era.clock`; where eras are counted in blocks it is the
 * greatest moment accepted.
 */
export function networkNow(policy: Policy, clock: NetworkClock | undefined, wallNow: number): number {
  if (policy.era.clock === 'wall' || !clock) return wallNow
  if (isByBlock(policy.era.calendar)) return clock.latest
  return policy.era.clock === 'events' ? Math.max(clock.advancedTo, clock.watermark) : clock.advancedTo
}
