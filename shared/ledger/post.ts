import { ExchequerError } from '../domain/errors.ts'
import { carryOut, labelOf, type Move, pagesOf } from '../domain/moves.ts'
import { metricsUsed } from '../domain/policy/columns.ts'
import type { JournalEntry, LedgerStore, RecordWrite } from './ports.ts'
import { type Moment, momentOf } from './time.ts'

/** How often what one command changes may be found changed by another before it is given up, to be asked again. */
const MAX_CONFLICTS = 50

export interface PostDeps {
  store: LedgerStore
  /** Wall clock, ms. */
  now: () => number
}

/** What a command does, all of it or nothing. */
export interface Change {
  moves: readonly Move[]
  records?: readonly RecordWrite[]
  /** Whoever asks again is told the same. */
  answer?: unknown
}

export interface Command {
  /** Known for ever: `cmd#account#route#key` of a request, `evt#name#id` of an event. */
  id: string
  /** sha-256 of all that was asked for, hex: the same id with another digest is another command. */
  digest: string
  /**
   * What it does, or how that follows from the records it reads and from the moment: asked again each time that
   * something it changes was changed by another. What it throws is thrown, and nothing is done.
   */
  change: Change | ((moment: Moment) => Promise<Change>)
  /** The era it happens in, where that is ahead of the one that is open. */
  era?: number
}

/**
 * The one way in which commands change anything: the journal entry, the pages and the records, each at the version
 * that was read, in one transaction. Done once for each id, however often it is asked for, and answers with what was
 * done. Nothing of it is done when it throws `JournalConflict` (the id stands for another command), `PageContended`,
 * `NetworkNotOpen`, or what the change and its moves throw. After `StoreBusy`, or an error of the way to the table, it
 * may be done or not: whoever asks again gets the answer.
 */
export async function post(deps: PostDeps, command: Command): Promise<JournalEntry> {
  const { journal } = deps.store
  let hasAskedAgain = false
  for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts += 1) {
    const known = await journal.read(command.id)
    if (known) return same(known, command)
    try {
      const entry = await attempt(deps, command)
      if (entry) return entry
    } catch (error) {
      // What it is refused for may be what it did itself, where it was asked for twice at once.
      const done = await journal.read(command.id)
      if (done) return same(done, command)
      // Pages are read after records: another may have ended the hold and changed its record in between.
      if (hasAskedAgain || !isStale(error)) throw error
      hasAskedAgain = true
    }
  }
  throw new ExchequerError(
    'PageContended',
    `what ${command.id} changes was changed ${MAX_CONFLICTS} times by others: ask again`,
  )
}

/** Undefined where something it changes was changed by another, or the era was closed: then nothing is done. */
async function attempt({ store, now }: PostDeps, command: Command): Promise<JournalEntry | undefined> {
  const { id, digest, era: ahead = -1 } = command
  const asked = typeof command.change === 'function' ? await momentOf(store, now()) : undefined
  const change =
    typeof command.change === 'function' && asked ? await command.change(asked) : (command.change as Change)
  const pages = await Promise.all(pagesOf(change.moves).map((page) => store.pages.read(page)))
  // After the pages, so that what rules every era they have seen open is known.
  const { state, policies, ...moment } = await momentOf(store, now())
  // What it does may follow from the era that was open when it was asked: its policy, its rates.
  if (asked && asked.state.openEra !== state.openEra) return undefined
  const label = labelOf(state.openEra, pages)
  const era = Math.max(label, ahead)
  // Whether any era that a change labelled `era` could come after, and that is not settled yet, weighs by balance.
  const freezes = policies.some(
    ({ effectiveFrom, policy }) => effectiveFrom <= era && metricsUsed(policy).has('balance'),
  )
  const changed = carryOut(pages, change.moves, { ...moment, label, era, freezes })
  const entry: JournalEntry = {
    id,
    digest,
    moves: changed.moves,
    era,
    at: now(),
    networkAt: moment.at,
    ...(change.answer !== undefined && { answer: change.answer }),
  }
  const isDone = await store.journal.commit(entry, state.openEra, changed.pages, change.records ?? [])
  return isDone ? entry : undefined
}

/** What a hold and the record that counts on it disagree by: read again, the record says why. */
const STALE: readonly unknown[] = ['HoldEnded', 'HoldTooSmall']

function isStale(error: unknown): boolean {
  return error instanceof ExchequerError && STALE.includes(error.code)
}

function same(known: JournalEntry, { id, digest }: Command): JournalEntry {
  if (known.digest === digest) return known
  throw new ExchequerError(
    'JournalConflict',
    `an id stands for one command: ${id} was posted with other content`,
  )
}
