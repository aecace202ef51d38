import { hash } from 'node:crypto'
import { EXTERNAL, pageOf } from '../../shared/domain/account.ts'
import { type AccountState, newAccount } from '../../shared/domain/page.ts'
import type { Posting } from '../../shared/domain/plan.ts'
import type { JournalEntry } from '../../shared/ledger/ports.ts'
import type { Command } from '../../shared/ledger/post.ts'
import type { Store } from '../../shared/store/table.ts'

/** Builders of commands, and what they did to accounts of a real table. */

export const posting = (from: string, to: string, amount: bigint): Posting => ({
  from,
  to,
  amount,
  why: 'test',
})

export const deposit = (to: string, amount: bigint): Posting => posting(EXTERNAL, to, amount)

/** A command that asks for nothing but its postings. */
export function command(id: string, ...postings: Posting[]): Command {
  const body = postings.map(({ from, to, amount }) => `${from} ${to} ${amount}`).join('\n')
  const moves = postings.map((posting) => ({ move: 'transfer' as const, ...posting }))
  return { id: `cmd#test#post#${id}`, digest: hash('sha256', body), change: { moves } }
}

/** The postings of a command, or of what became of it. */
export function postingsOf(done: Command | JournalEntry): Posting[] {
  const change = 'change' in done ? done.change : done
  const moves = typeof change === 'function' ? [] : change.moves
  return moves.flatMap((move) => (move.move === 'transfer' ? [move] : []))
}

export async function stateOf(store: Pick<Store, 'pages'>, account: string): Promise<AccountState> {
  const { accounts } = await store.pages.read(pageOf(account))
  return accounts.find((state) => state.account === account) ?? newAccount(account)
}

export async function availableOf(store: Pick<Store, 'pages'>, accounts: string[]): Promise<bigint[]> {
  return Promise.all(accounts.map(async (account) => (await stateOf(store, account)).available))
}
