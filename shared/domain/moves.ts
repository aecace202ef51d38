import { type Account, EXTERNAL, isParticipant, pageOf } from './account.ts'
import { ExchequerError } from './errors.ts'
import type { TokensDeposited } from './event.ts'
import { labelled, withoutSettled } from './opening.ts'
import { type AccountState, accountsByName, inAccountOrder, newAccount, type Page } from './page.ts'
import type { Posting } from './plan.ts'

/** The most pages that one command changes. */
export const MAX_POSTED_PAGES = 4

/** When postings happen, in eras. */
export interface PostingTime {
  /** Greatest era known to be open: {@link labelOf}. */
  label: number
  /** The era they are labelled with: the label, or a later one for what happens ahead of the clock. */
  era: number
  sealedThrough: number
  /** Whether a policy of an era that is not settled yet weighs by balance. */
  freezes: boolean
}

/** Pages that postings change, ascending. Throws `PostingRefused` where they cannot be one command. */
export function pagesOfPostings(postings: readonly Posting[]): number[] {
  const accounts = postings.flatMap(({ from, to }) => [from, to]).filter((account) => account !== EXTERNAL)
  const system = accounts.find((account) => !isParticipant(account))
  if (system !== undefined) throw refused(`a command moves what participants have: got ${system}`)
  const free = postings.find(({ amount, from, to }) => amount <= 0n || from === to)
  if (free) throw refused(`a posting moves something: got ${free.amount} from ${free.from} to ${free.to}`)
  const pages = [...new Set(accounts.map(pageOf))].sort((a, b) => a - b)
  if (pages.length >= 1 && pages.length <= MAX_POSTED_PAGES) return pages
  throw refused(`a command changes 1 to ${MAX_POSTED_PAGES} pages: got ${pages.length}`)
}

/** The one label of all pages of a command: a page that has seen a later era open says so to the others. */
export function labelOf(openEra: number, pages: readonly Page[]): number {
  return Math.max(openEra, ...pages.map(({ label }) => label))
}

/**
 * Moves what accounts have available, posting by posting; `pages` are all that they change. Throws `NotEnough` rather
 * than take an account below zero.
 */
export function applyPostings(
  pages: readonly Page[],
  postings: readonly Posting[],
  time: PostingTime,
): Page[] {
  const after = new Map(pages.flatMap((page) => [...accountsByName(page)]))
  const named = new Set<Account>()
  const change = (account: Account, how: (state: AccountState) => AccountState): void => {
    if (account === EXTERNAL) return
    named.add(account)
    after.set(account, how(after.get(account) ?? newAccount(account)))
  }
  for (const { from, to, amount } of postings) {
    change(from, (state) => pay(state, amount))
    change(to, (state) => receive(state, amount, from))
  }
  return pages.map((page) => {
    const accounts = accountsByName(page)
    for (const account of named) {
      if (pageOf(account) !== page.page) continue
      const before = accounts.get(account) ?? newAccount(account)
      const changed = labelled(before, after.get(account) as AccountState, time.era, time.freezes)
      accounts.set(account, withoutSettled(changed, time.sealedThrough))
    }
    return { ...page, version: page.version + 1, label: time.label, accounts: inAccountOrder(accounts) }
  })
}

function pay(state: AccountState, amount: bigint): AccountState {
  if (state.available < amount) {
    throw new ExchequerError(
      'NotEnough',
      `an account pays out of what it has available: ${state.account} has ${state.available}, not ${amount}`,
    )
  }
  return { ...state, available: state.available - amount, paid: state.paid + amount }
}

function receive(state: AccountState, amount: bigint, from: Account): AccountState {
  const available = state.available + amount
  return from === EXTERNAL
    ? { ...state, available, deposited: state.deposited + amount }
    : { ...state, available, received: state.received + amount }
}

/** Id and postings of a deposit: whatever came in is the account's at once. */
export function postingsOfDeposit({ name, id, account, amount }: TokensDeposited): {
  id: string
  postings: Posting[]
} {
  return { id: `evt#${name}#${id}`, postings: [{ from: EXTERNAL, to: account, amount, why: 'deposit' }] }
}

function refused(message: string): ExchequerError {
  return new ExchequerError('PostingRefused', message)
}
