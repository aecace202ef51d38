import { type Account, pageOf } from '../domain/account.ts'
import type { AccountState } from '../domain/page.ts'
import { matured } from '../domain/release.ts'
import { timeOf } from '../ledger/time.ts'
import { type Known, mayHaveBeenReleased, type Reader } from './network.ts'
import type { ReadStore } from './ports.ts'
import { ProblemError } from './problems.ts'

/** Reads what the network keeps about an account: the one item of its page. Throws `UnknownAccount`. */
export async function readAccount(store: ReadStore, account: Account): Promise<AccountState> {
  const { accounts } = await store.page(pageOf(account))
  const state = accounts.find((candidate) => candidate.account === account)
  if (state) return state
  throw new ProblemError(
    'UnknownAccount',
    `an account is known once an era has credited it or taken note of it, or something was deposited or paid to it: ${JSON.stringify(account)} was never seen`,
  )
}

/**
 * An account once all that time alone has released is available, and what was known of the network then. One item is
 * read, its page. STATE and CLOCK are read again only when something that waits may have been released since this
 * instance read them; the page then too, for only a page read after STATE is sure to have every credit up to its
 * `sealedThrough`. Throws `UnknownAccount`.
 */
export async function readMatured(
  { store, network, now }: Reader,
  account: Account,
): Promise<{ state: AccountState; known: Known }> {
  const known = await network.known()
  const state = await readAccount(store, account)
  if (!mayHaveMatured(state, known, now())) return { state: matured(state, timeOf(known, now())), known }
  const fresh = await network.read()
  const isAhead = fresh.state.sealedThrough > known.state.sealedThrough
  const latest = isAhead ? await readAccount(store, account) : state
  return { state: matured(latest, timeOf(fresh, now())), known: fresh }
}

/** Whether reading STATE and CLOCK again could release anything: on a wall clock only seals are waited for. */
function mayHaveMatured({ pending, holds, stakes }: AccountState, known: Known, wallNow: number): boolean {
  if (pending.some((credit) => mayHaveBeenReleased(credit, known, wallNow))) return true
  if (!known.clock) return false
  const { at } = timeOf(known, wallNow)
  const waits = (end: number | undefined): boolean => end !== undefined && end > at
  return holds.some(({ until }) => waits(until)) || stakes.some(({ returnsAt }) => waits(returnsAt))
}
