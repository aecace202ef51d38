import { ExchequerError } from '../domain/errors.ts'
import type { Posting } from '../domain/plan.ts'
import { metricsUsed } from '../domain/policy/columns.ts'
import { applyPostings, labelOf, pagesOfPostings } from '../domain/posting.ts'
import { stateOf } from '../settlement/network.ts'
import type { NetworkState } from '../settlement/ports.ts'
import { versionsFrom } from '../settlement/versions.ts'
import type { JournalEntry, LedgerStore } from './ports.ts'

/** How often the pages of one command may be found changed by another before it is given up, to be asked again. */
const MAX_CONFLICTS = 50

export interface PostDeps {
  store: LedgerStore
  /** Wall clock, ms. */
  now: () => number
}

/** A command as far as money goes. */
export interface Command {
  /** Known for ever: `cmd#account#route#key` of a request, `evt#name#id` of an event. */
  id: string
  /** sha-256 of all that was asked for, hex: the same id with another digest is another command. */
  digest: string
  postings: readonly Posting[]
  /** The era it happens in, where that is ahead of the one that is open. */
  era?: number
}

/**
 * The one way in which commands move money: its journal entry and the one to four pages it changes, each at the
 * version that was read, in one transaction. Done once for each id, however often it is asked for, and answers with
 * what was done. Nothing of it is done when it throws `JournalConflict` (the id stands for another command),
 * `NotEnough`, `PostingRefused`, `PageContended` or `NetworkNotOpen`. After `StoreBusy`, or an error of the way to the
 * table, it may be done or not: whoever asks again gets the answer.
 */
export async function post({ store, now }: PostDeps, command: Command): Promise<JournalEntry> {
  const { id, digest, era = -1 } = command
  const postings = [...command.postings]
  const numbers = pagesOfPostings(postings)
  for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts += 1) {
    const [known, ...pages] = await Promise.all([
      store.journal.read(id),
      ...numbers.map((page) => store.pages.read(page)),
    ])
    if (known) return same(known, command)
    // After the pages, so that what rules every era they have seen open is known.
    const state = await stateOf(store)
    const label = labelOf(state.openEra, pages)
    const time = { label, era: Math.max(label, era), sealedThrough: state.sealedThrough }
    const freezes = await weighsByBalance(store, state, time.era)
    const changed = applyPostings(pages, postings, { ...time, freezes })
    const entry: JournalEntry = { id, digest, postings, era: time.era, at: now() }
    if (await store.journal.commit(entry, changed)) return entry
  }
  throw new ExchequerError(
    'PageContended',
    `pages ${numbers.join(', ')} were changed ${MAX_CONFLICTS} times while ${id} was posted to them`,
  )
}

function same(known: JournalEntry, { id, digest }: Command): JournalEntry {
  if (known.digest === digest) return known
  throw new ExchequerError(
    'JournalConflict',
    `an id stands for one command: ${id} was posted with other content`,
  )
}

/** Whether any era that a change labelled `era` could come after, and that is not settled yet, weighs by balance. */
async function weighsByBalance(
  store: LedgerStore,
  { policyVersion, sealedThrough }: NetworkState,
  era: number,
): Promise<boolean> {
  const read = (version: number) => store.policies.read(version)
  const versions = await versionsFrom(read, policyVersion, sealedThrough + 1)
  return versions.some(
    ({ effectiveFrom, policy }) => effectiveFrom <= era && metricsUsed(policy).has('balance'),
  )
}
