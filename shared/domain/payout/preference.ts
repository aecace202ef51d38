import type { Account } from '../account.ts'
import { type Calendar, eraAt, eraStart } from '../calendar.ts'
import type { Reason } from './payout.ts'

export const SCHEDULES = ['none', 'weekly', 'monthly'] as const
export type Schedule = (typeof SCHEDULES)[number]

/** What came of a period, or why nothing did. */
export interface Outcome {
  at: number
  /** REQUESTED: a payout was made. SKIPPED: there was too little. STOPPED: something has to change first. */
  outcome: 'REQUESTED' | 'SKIPPED' | 'STOPPED'
  payout?: string
  reason?: Reason
}

/** How an account wants to be paid out. Moments in ms by the network clock. */
export interface Preference {
  account: Account
  schedule: Schedule
  /** Less than this is left for the next period, base units of the network's asset. */
  minimum?: bigint
  /** The network's own where absent. */
  asset?: string
  /** The account's own name where absent. */
  destination?: string
  /** When the next period begins; absent without a schedule. */
  dueAt?: number
  lastOutcome?: Outcome
}

/** Monday 5 January 1970, 00:00 UTC. */
const FIRST_MONDAY_MS = 4 * 86_400_000

const CALENDARS: Record<Exclude<Schedule, 'none'>, Calendar> = {
  weekly: { by: 'time', length: 7 * 86_400_000, from: FIRST_MONDAY_MS },
  monthly: { by: 'month', length: 1, from: 0 },
}

/** The first Monday, or first of a month, 00:00 UTC, after `at`; undefined without a schedule. */
export function nextDue(schedule: Schedule, at: number): number | undefined {
  if (schedule === 'none') return undefined
  const calendar = CALENDARS[schedule]
  return eraStart(calendar, eraAt(calendar, at) + 1)
}

/** The preference once a period is dealt with: what came of it, and the next one after the outcome. */
export function dealtWith(preference: Preference, lastOutcome: Outcome): Preference {
  const { dueAt: _, ...rest } = preference
  const dueAt = nextDue(preference.schedule, lastOutcome.at)
  return { ...rest, lastOutcome, ...(dueAt !== undefined && { dueAt }) }
}
