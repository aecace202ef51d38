import { ExchequerError } from '../domain/errors.ts'

/** Tries of one operation that met a conflict or a throttle; with the pauses below about 3 s in all. */
export const MAX_TRIES = 9
const FIRST_PAUSE_MS = 20
const LONGEST_PAUSE_MS = 1_000

/** Waits before try number `tried + 1`. */
export type Pause = (tried: number) => Promise<void>

/** A random part of a span that doubles with each try, so that those who collided do not collide again. */
export const jitteredPause: Pause = (tried) => {
  const span = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tried)
  return new Promise((resolve) => setTimeout(resolve, Math.random() * span))
}

/** Errors of one operation that say nothing but "not now". */
const PASSING = new Set([
  'TransactionConflictException',
  'TransactionInProgressException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
])

/** The same, as a reason for which a transaction was cancelled. */
const PASSING_REASONS = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'])

export function isPassing(error: unknown): boolean {
  return error instanceof Error && PASSING.has(error.name)
}

export function isPassingReason(code: string): boolean {
  return PASSING_REASONS.has(code)
}

/** `attempt` answers with undefined for "not now". Throws `StoreBusy` when it never answers with anything else. */
export async function untilDone<T>(
  what: string,
  pause: Pause,
  attempt: () => Promise<T | undefined>,
): Promise<T> {
  for (let tried = 0; tried < MAX_TRIES; tried++) {
    if (tried > 0) await pause(tried)
    const result = await attempt()
    if (result !== undefined) return result
  }
  throw new ExchequerError('StoreBusy', `${what} met a conflict or a throttle ${MAX_TRIES} times in a row`)
}
