import { type Account, accountOrder } from './account.ts'
import type { Status } from './event.ts'

/** A credit that cannot be spent before its release time and the seal of its era. */
export interface PendingCredit {
  era: number
  amount: bigint
  /** Milliseconds since 1970, by the network clock. */
  releaseAt: number
}

export interface Role {
  group: string
  status: Status
  /** Moment of the report that set it, ms. */
  at: number
}

/** A reported stake: weight only, never a balance. */
export interface ReportedLot {
  lot: string
  amount: bigint
  lockSeconds: number
  at: number
}

export interface Vesting {
  amount: bigint
  from: number
  cliff: number
  to: number
}

/** What an account had when each of a run of eras began: those after the run before it, up to `through`. */
export interface Opening {
  through: number
  amount: bigint
}

/**
 * Everything the network keeps about one account. Amounts in base units. What it has is always
 * earned + deposited + received - paid.
 */
export interface AccountState {
  account: Account
  available: bigint
  pending: PendingCredit[]
  /** All that eras ever credited. */
  earned: bigint
  /** All that ever came in from outside, the genesis included. */
  deposited: bigint
  /** All that other accounts ever paid to it. */
  received: bigint
  /** All that ever left. */
  paid: bigint
  /** By era, ascending, for eras that are not settled yet: see opening.ts. */
  openings: Opening[]
  /** Costs that could not be paid back yet. */
  owed: bigint
  /** Dues that could not be paid yet, by obligation. */
  dues: Record<string, bigint>
  roles: Role[]
  lots: ReportedLot[]
  vesting: Vesting[]
}

/** One item of the table: some accounts, changed only by compare-and-swap on `version`. */
export interface Page {
  page: number
  version: number
  /** Greatest era whose statement is in; -1 before the first. */
  creditedThrough: number
  /** Of all that has changed it: the greatest era that was open then, as far as the page knows; -1 before the first. */
  label: number
  /** Sorted by account order. */
  accounts: AccountState[]
}

export function newAccount(account: Account): AccountState {
  return {
    account,
    available: 0n,
    pending: [],
    earned: 0n,
    deposited: 0n,
    received: 0n,
    paid: 0n,
    openings: [],
    owed: 0n,
    dues: {},
    roles: [],
    lots: [],
    vesting: [],
  }
}

export function emptyPage(page: number): Page {
  return { page, version: 0, creditedThrough: -1, label: -1, accounts: [] }
}

/** What an account has, pending credits included. */
export function balanceOf(state: AccountState): bigint {
  return state.pending.reduce((total, { amount }) => total + amount, state.available)
}

/** The accounts of a page by name. */
export function accountsByName({ accounts }: Page): Map<Account, AccountState> {
  return new Map(accounts.map((state) => [state.account, state]))
}

/** The same as a page has them: in account order. */
export function inAccountOrder(accounts: Map<Account, AccountState>): AccountState[] {
  return [...accounts.values()]
    .map((state) => ({ state, order: accountOrder(state.account) }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .map(({ state }) => state)
}
