import { ExchequerError } from '../domain/errors.ts'
import { applyMoves, labelOf, type Move, pagesOf } from '../domain/moves.ts'
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
export async function post({ store, now }: PostDeps, command: Command): Promise<JournalEntry> {
  const { id, digest, era: ahead = -1 } = command
  for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts += 1) {
    const known = await store.journal.read(id)
    if (known) return same(known, command)
    const change =
      typeof command.change === 'function'
        ? await command.change(await momentOf(store, now()))
        : command.change
    const pages = await Promise.all(pagesOf(change.moves).map((page) => store.pages.read(page)))
    // After the pages, so that what rules every era they have seen open is known.
    const { state, policies, ...moment } = await momentOf(store, now())
    const label = labelOf(state.openEra, pages)
    const era = Math.max(label, ahead)
    // Whether any era that a change labelled `era` could come after, and that is not settled yet, weighs by balance.
    const freezes = policies.some(
      ({ effectiveFrom, policy }) => effectiveFrom <= era && metricsUsed(policy).has('balance'),
    )
    const time = { ...moment, label, era, sealedThrough: state.sealedThrough, freezes }
    const entry: JournalEntry = {
      id,
      digest,
      moves: [...change.moves],
      era,
      at: now(),
      ...(change.answer !== undefined && { answer: change.answer }),
    }
    const changed = applyMoves(pages, change.moves, time)
    if (await store.journal.commit(entry, state.openEra, changed, change.records ?? [])) return entry
  }
  throw new ExchequerError(
    'PageContended',
    `what ${id} changes was changed ${MAX_CONFLICTS} times by others: ask again`,
  )
}

function same(known: JournalEntry, { id, digest }: Command): JournalEntry {
  if (known.digest === digest) return known
  throw new ExchequerError(
    'JournalConflict',
    `an id stands for one command: ${id} was posted with other content`,
  )
}
