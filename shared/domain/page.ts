import { type Account, accountOrder } from './account.ts'
import type { Spread, Status } from './event.ts'
import { sum } from './money.ts'

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

/** What a command keeps aside of an account for one purpose. It ends by what it waits for, or by itself. */
export interface Hold {
  /** `order#...`, `payout#...`: what it is for. */
  id: string
  amount: bigint
  /** From then on it is available again by itself, ms by the network clock; absent where only a command ends it. */
  until?: number
}

/** A stake held here, out of what was available. Weights clip it to the era. At most {@link MAX_STAKES} an account. */
export interface Stake {
  lot: string
  amount: bigint
  lockSeconds: number
  /** Position from which it weighs: ms, or a block where eras are counted in blocks. */
  from: number
  /** Position from which it weighs no more. */
  until?: number
  /** Not before then may it be unstaked, ms. */
  lockedUntil: number
  /** When the tokens of what was unstaked come back, ms. */
  returnsAt?: number
  /** The tokens are gone: only the era that weighs it still needs it. */
  isReturned?: true
}

/** What a command says to the settlement of the era it is labelled with: it never goes through the log. */
export type OutboxFact = { era: number; id: string } & (
  | { of: 'Charge'; kind: string; amount: bigint; spread?: Spread; refundTo?: Account }
  | { of: 'Due'; obligation: string; amount: bigint; spread?: Spread }
  | { of: 'Slash'; amount: bigint; to: Account }
  | {
      /** Stops the spread of a charge or a due of this account; `id` is that of what it stops. */
      of: 'ChargeEnded' | 'DueEnded'
      at: number
      refundTo?: Account
      /** Parts per billion of what is refunded that the network keeps, rounded up. */
      keep?: bigint
    }
)

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
  /** All that eras ever credited, but for what they gave back. */
  earned: bigint
  /** All that ever came in from outside, the genesis included. */
  deposited: bigint
  /** All that other accounts ever paid to it, and all that eras gave back of what was stopped. */
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
  holds: Hold[]
  /** Held here; `lots` are those reported from outside. */
  stakes: Stake[]
  /** In the order of the commands; each is gone once its era is credited. */
  outbox: OutboxFact[]
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
    holds: [],
    stakes: [],
    outbox: [],
  }
}

export function emptyPage(page: number): Page {
  return { page, version: 0, creditedThrough: -1, label: -1, accounts: [] }
}

/** What an account has: available, pending, held and staked. */
export function balanceOf(state: AccountState): bigint {
  const pending = sum(state.pending.map(({ amount }) => amount))
  return state.available + pending + heldOf(state) + stakedOf(state)
}

/** What holds keep aside. */
export function heldOf({ holds }: AccountState): bigint {
  return sum(holds.map(({ amount }) => amount))
}

/** What is staked here, that which is on its way back included. */
export function stakedOf({ stakes }: AccountState): bigint {
  return sum(stakes.filter(({ isReturned }) => !isReturned).map(({ amount }) => amount))
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
