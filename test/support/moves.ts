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
