import { type Account, EXTERNAL, isParticipant, isSystemAccountName, pageOf } from './account.ts'
import { ExchequerError } from './errors.ts'
import type { Spread, TokensDeposited } from './event.ts'
import { extend, heldBy, hold, release, take } from './hold.ts'
import { labelled, withoutSettled } from './opening.ts'
import {
  type AccountState,
  accountsByName,
  inAccountOrder,
  newAccount,
  type OutboxFact,
  type Page,
} from './page.ts'
import type { Posting } from './plan.ts'
import { type CommandTime, matured } from './release.ts'
import { openStake, slash, stake, unstake } from './staking.ts'

/** One step of a command. Amounts in base units, above 0. Accounts are participants unless it is said. */
export type Move =
  /** Out of what is available; `from` or `to` may be `@external`. `memo` is what the payer wrote. */
  | ({ move: 'transfer'; memo?: string } & Posting)
  /** Keeps aside what is available; `until`, ms, ends it by itself. With `charges` there is room to take a fee out of it. */
  | { move: 'hold'; account: Account; id: string; amount: bigint; until?: number; charges?: true }
  /** Makes what a hold keeps available again: all of it, or `amount`. */
  | { move: 'release'; account: Account; id: string; amount?: bigint }
  /** Says anew when a hold ends by itself; without `until` it does not. */
  | { move: 'extend'; account: Account; id: string; until?: number }
  /** Pays out of a hold; `to` may be `@external`. */
  | { move: 'capture'; from: Account; hold: string; to: Account; amount: bigint; why: string }
  /** Takes a fee of the network out of a hold, for the settlement of the era. */
  | {
      move: 'charge'
      account: Account
      hold: string
      id: string
      kind: string
      amount: bigint
      spread?: Spread
      refundTo?: Account
    }
  /** Tells the settlement what an account is due. */
  | { move: 'due'; account: Account; id: string; obligation: string; amount: bigint; spread?: Spread }
  /** Stops the spread of a charge or a due: see `OutboxFact`. */
  | {
      move: 'end'
      account: Account
      of: 'Charge' | 'Due'
      id: string
      at: number
      refundTo?: Account
      keep?: bigint
    }
  | { move: 'stake'; account: Account; lot: string; amount: bigint; lockSeconds: number }
  /** The tokens come back `unbondingMs` later. */
  | { move: 'unstake'; account: Account; lot: string; amount?: bigint; unbondingMs: number }
  /** Takes staked tokens away, for a system account; `id` names the fact, `by` says who decided it. */
  | {
      move: 'slash'
      account: Account
      id: string
      lot: string
      amount: bigint
      to: Account
      by?: Account
      reason?: string
    }

type Told = OutboxFact extends infer Fact ? (Fact extends unknown ? Omit<Fact, 'era'> : never) : never
type Change = (account: Account, how: (state: AccountState) => AccountState) => void

/** The most pages that one command changes: a booking changes those of the buyer and of up to 90 providers. */
export const MAX_PAGES = 91

/**
 * The most facts an account may have waiting for an era, for its page is one item: so many that begin something, with
 * what is held counted in, and as many that end something. Who has bought can always be charged the fee and stopped.
 */
export const MAX_OUTBOX = 2_000

/** Accounts that moves change, each once, in the order they are named. */
export function accountsOf(moves: readonly Move[]): Account[] {
  const named = moves.flatMap((move) => ('account' in move ? [move.account] : [move.from, move.to]))
  return [...new Set(named)].filter((account) => account !== EXTERNAL)
}

/** Pages that moves change, ascending; none where a command moves nothing. Throws `PostingRefused` where they cannot be one command. */
export function pagesOf(moves: readonly Move[]): number[] {
  const accounts = accountsOf(moves)
  const system = accounts.find((account) => !isParticipant(account))
  if (system !== undefined) throw refused(`a command moves what participants have: got ${system}`)
  for (const move of moves) {
    if ('amount' in move && move.amount !== undefined && move.amount <= 0n)
      throw refused(`a ${move.move} moves something: got ${move.amount}`)
    if ('from' in move && move.from === move.to)
      throw refused(`a ${move.move} is from one account to another: got ${move.from} twice`)
    if (move.move === 'slash' && !isSystemAccountName(move.to))
      throw refused(`what is slashed goes to a system account: got ${move.to}`)
  }
  const pages = [...new Set(accounts.map(pageOf))].sort((a, b) => a - b)
  if (pages.length <= MAX_PAGES) return pages
  throw refused(`a command changes at most ${MAX_PAGES} pages: got ${pages.length}`)
}

/** Whether moves leave anything for the settlement of their era. */
export function haveFacts(moves: readonly Move[]): boolean {
  return moves.some(({ move }) => move === 'charge' || move === 'due' || move === 'end' || move === 'slash')
}

/** Whether an account reads of a move: of its own money, and of what it has stopped and gets back. */
export function isShown(move: Move): move is ShownMove {
  return move.move !== 'due' && (move.move !== 'end' || move.of === 'Charge')
}

export type ShownMove = Exclude<Move, { move: 'due' }>

/** What each account reads of a command: nothing of what else only tells the settlement something. */
export function entriesByAccount(moves: readonly Move[]): Map<Account, Move[]> {
  const entries = new Map<Account, Move[]>()
  for (const move of moves) {
    if (!isShown(move)) continue
    for (const account of accountsOf([move])) entries.set(account, [...(entries.get(account) ?? []), move])
  }
  return entries
}

/** The one label of all pages of a command: a page that has seen a later era open says so to the others. */
export function labelOf(openEra: number, pages: readonly Page[]): number {
  return Math.max(openEra, ...pages.map(({ label }) => label))
}

/**
 * Does the moves of one command in order; `pages` are all that they change. What time has released since an account
 * was last changed is available first. Throws `NotEnough` rather than take an account below zero, and what the single
 * moves throw: then nothing is changed.
 */
export function applyMoves(pages: readonly Page[], moves: readonly Move[], time: CommandTime): Page[] {
  return carryOut(pages, moves, time).pages
}

/** As {@link applyMoves}, and says of each move how it was done: with the amount, where all of something was meant. */
export function carryOut(
  pages: readonly Page[],
  moves: readonly Move[],
  time: CommandTime,
): { pages: Page[]; moves: Move[] } {
  const before = new Map(pages.flatMap((page) => [...accountsByName(page)]))
  const after = new Map<Account, AccountState>()
  const change: Change = (account, how) => {
    if (account === EXTERNAL) return
    const state = after.get(account) ?? matured(before.get(account) ?? newAccount(account), time)
    after.set(account, how(state))
  }
  const done = moves.map((move) => applyMove(move, time, change))
  const changed = pages.map((page) => {
    const accounts = accountsByName(page)
    for (const [account, state] of after) {
      if (pageOf(account) !== page.page) continue
      const opened = labelled(before.get(account) ?? newAccount(account), state, time.era, time.freezes)
      accounts.set(account, withoutSettled(opened, time.sealedThrough))
    }
    return { ...page, version: page.version + 1, label: time.label, accounts: inAccountOrder(accounts) }
  })
  return { pages: changed, moves: done }
}

/** Answers with the move as it was done. */
function applyMove(move: Move, time: CommandTime, change: Change): Move {
  let done = move
  const tell = (account: Account, fact: Told): void =>
    change(account, (state) => told(state, { era: time.era, ...fact } as OutboxFact))
  switch (move.move) {
    case 'transfer':
      change(move.from, (state) => pay(state, move.amount))
      change(move.to, (state) => receive(state, move.amount, move.from))
      break
    case 'hold':
      change(move.account, (state) => hold(move.charges ? withRoom(state) : state, move))
      break
    case 'release':
      change(move.account, (state) => {
        const amount = move.amount ?? heldBy(state, move.id).amount
        done = { ...move, amount }
        return release(state, move.id, amount)
      })
      break
    case 'extend':
      change(move.account, (state) => extend(state, move.id, move.until))
      break
    case 'capture':
      change(move.from, (state) => take(state, move.hold, move.amount))
      change(move.to, (state) => receive(state, move.amount, move.from))
      break
    case 'charge': {
      const { move: _, account, hold: from, ...fact } = move
      change(account, (state) => take(state, from, move.amount))
      tell(account, { of: 'Charge', ...fact })
      break
    }
    case 'due': {
      const { move: _, account, ...fact } = move
      tell(account, { of: 'Due', ...fact })
      break
    }
    case 'end': {
      const { move: _, account, of, ...fact } = move
      tell(account, { of: of === 'Charge' ? 'ChargeEnded' : 'DueEnded', ...fact })
      break
    }
    case 'stake':
      change(move.account, (state) => stake(state, move, time))
      break
    case 'unstake':
      change(move.account, (state) => {
        const all = { ...move, amount: move.amount ?? openStake(state, move.lot).amount }
        done = all
        return unstake(state, all, time)
      })
      break
    case 'slash':
      change(move.account, (state) => slash(state, move, time))
      tell(move.account, { of: 'Slash', id: move.id, amount: move.amount, to: move.to })
      break
  }
  return done
}

function told(state: AccountState, fact: OutboxFact): AccountState {
  // There has been room for the fee since its hold was made.
  const isFee = fact.of === 'Charge' && !fact.spread
  const { outbox } = isFee ? state : withRoom(state, endsSomething(fact))
  return { ...state, outbox: [...outbox, fact] }
}

/** The account, which has room for a fact that begins or ends something. Throws `OutboxFull`. */
function withRoom(state: AccountState, ends = false): AccountState {
  const { account, outbox, holds } = state
  const facts = outbox.filter((fact) => endsSomething(fact) === ends).length
  if (facts + (ends ? 0 : holds.length) < MAX_OUTBOX) return state
  throw new ExchequerError(
    'OutboxFull',
    `an account tells an era at most ${MAX_OUTBOX} facts: ${account} has to wait until the next one is open and this one is settled`,
  )
}

function endsSomething({ of }: OutboxFact): boolean {
  return of === 'ChargeEnded' || of === 'DueEnded'
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

/** Id and moves of a deposit: whatever came in is the account's at once. */
export function commandOfDeposit({ name, id, account, amount }: TokensDeposited): {
  id: string
  moves: Move[]
} {
  return {
    id: `evt#${name}#${id}`,
    moves: [{ move: 'transfer', from: EXTERNAL, to: account, amount, why: 'deposit' }],
  }
}

function refused(message: string): ExchequerError {
  return new ExchequerError('PostingRefused', message)
}
