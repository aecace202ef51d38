import type { Account } from './account.ts'
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

/** Everything the network keeps about one account. Amounts in base units. */
export interface AccountState {
  account: Account
  available: bigint
  pending: PendingCredit[]
  /** All that was ever credited, and all that ever left. */
  earned: bigint
  paid: bigint
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
  /** Sorted by account order. */
  accounts: AccountState[]
}

export function newAccount(account: Account): AccountState {
  return {
    account,
    available: 0n,
    pending: [],
    earned: 0n,
    paid: 0n,
    owed: 0n,
    dues: {},
    roles: [],
    lots: [],
    vesting: [],
  }
}

export function emptyPage(page: number): Page {
  return { page, version: 0, creditedThrough: -1, accounts: [] }
}

/** What an account has, pending credits included. */
export function balanceOf(state: AccountState): bigint {
  return state.pending.reduce((total, { amount }) => total + amount, state.available)
}

/**
 * What an account had when `era` began, pending credits included: its weight where a policy weighs by `balance`.
 * A credit of an era is worked out while the next one runs, so it is part of the opening of the era after that.
 * Source of the rule: policy weight `balance`.
 */
export function openingOf(state: AccountState, era: number): bigint {
  const later = state.pending.filter((credit) => credit.era >= era - 1)
  return later.reduce((opening, { amount }) => opening - amount, balanceOf(state))
}
