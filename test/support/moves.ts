import { EXTERNAL, pageOf } from '../../shared/domain/account.ts'
import { applyMoves, type Move } from '../../shared/domain/moves.ts'
import { type AccountState, emptyPage, newAccount, type Page } from '../../shared/domain/page.ts'
import type { CommandTime } from '../../shared/domain/release.ts'

/** Builders of moves, and what they do to pages in memory. */

export const transfer = (from: string, to: string, amount: bigint): Move => ({
  move: 'transfer',
  from,
  to,
  amount,
  why: 'test',
})
export const deposit = (to: string, amount: bigint) => transfer(EXTERNAL, to, amount)
export const time = (more: Partial<CommandTime> = {}): CommandTime => ({
  at: 0,
  position: 0,
  label: 0,
  era: 0,
  sealedThrough: -1,
  settledTo: 0,
  freezes: true,
  ...more,
})

/** All pages of these accounts, after commands one after the other. */
export function moved(accounts: readonly string[], ...steps: [Move[], Partial<CommandTime>?][]): Page[] {
  const numbers = [...new Set(accounts.map(pageOf))].sort((a, b) => a - b)
  return steps.reduce((pages, [moves, when]) => applyMoves(pages, moves, time(when)), numbers.map(emptyPage))
}
export const stateOf = (pages: readonly Page[], account: string): AccountState =>
  pages.flatMap(({ accounts }) => accounts).find((state) => state.account === account) ?? newAccount(account)

type Charge = Extract<Move, { move: 'charge' }>
type Due = Extract<Move, { move: 'due' }>
type End = Extract<Move, { move: 'end' }>

/** Takes a fee of the network out of what an account has available. */
export function charging(
  account: string,
  id: string,
  amount: bigint,
  rest: Partial<Omit<Charge, 'move'>> = {},
): Move[] {
  const hold = `hold ${id}`
  return [
    { move: 'hold', account, id: hold, amount },
    { move: 'charge', account, hold, id, kind: 'fee', amount, ...rest },
  ]
}

export function owing(
  account: string,
  id: string,
  amount: bigint,
  rest: Partial<Omit<Due, 'move'>> = {},
): Move {
  return { move: 'due', account, id, obligation: 'rent', amount, ...rest }
}

export function ends(
  account: string,
  of: End['of'],
  id: string,
  at: number,
  rest: Partial<Omit<End, 'move'>> = {},
): Move {
  return { move: 'end', account, of, id, at, ...rest }
}

export function stakes(account: string, lot: string, amount: bigint, lockSeconds = 0): Move {
  return { move: 'stake', account, lot, amount, lockSeconds }
}
