import { ExchequerError } from '../domain/errors.ts'
import { lastPlaceAt } from '../domain/place.ts'
import type { RecordKind } from '../ledger/ports.ts'
import { momentOf } from '../ledger/time.ts'
import type { StepCursor, StepDeps, StepResult } from './ports.ts'

/** The most that one call of a step looks at. */
const PER_CALL = 50

/** One record with all that it needs takes a fraction of this, also when the table makes it wait. */
const MARGIN_MS = 10_000

export interface DueList<T> {
  kind: RecordKind
  list: string
  placeOf: (value: T) => string
  /** What is done with each, when `at` has come by the network clock, ms. */
  handle: (value: T, at: number) => Promise<void>
}

/**
 * Goes through what is due by the network clock, oldest first, a bounded part of it each call. One that fails stays
 * due and keeps nobody else waiting: it is counted, and the next run finds it again. Before the network is open nothing
 * is due.
 */
export async function throughDue<T>(
  deps: StepDeps,
  { kind, list, placeOf, handle }: DueList<T>,
  { after, failed: before }: StepCursor,
): Promise<StepResult> {
  const { store, now, remainingMs, warn } = deps
  if (!(await store.state.read())) return { done: true, failed: before }
  const { at } = await momentOf(store, now())
  // Two machines' wall clocks may differ: by this one, what follows is not due yet.
  if (after !== undefined && after > lastPlaceAt(at)) return { done: true, failed: before }
  const { records, next } = await store.records.list<T>('byPlace', {
    kind,
    list,
    // Above the last place, and below whatever follows it: no id has a character before "!".
    from: after === undefined ? undefined : `${after}!`,
    through: lastPlaceAt(at),
    limit: PER_CALL,
  })
  let [last, failed] = [after, before]
  for (const { id, value } of records) {
    if (remainingMs() < MARGIN_MS) return stopped(last, failed)
    await handle(value, at).catch((error: Error) => {
      failed += 1
      warn(`${kind} ${id} stays due`, error)
    })
    last = placeOf(value)
  }
  return next === undefined ? { done: true, failed } : stopped(last, failed)
}

function stopped(after: string | undefined, failed: number): StepResult {
  return { done: false, failed, ...(after !== undefined && { after }) }
}

/** Whether an error is one of these problems, rather than something that went wrong. */
export function isProblem(error: unknown, codes: ReadonlySet<string>): error is ExchequerError {
  return error instanceof ExchequerError && codes.has(error.code)
}
