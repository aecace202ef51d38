import { type Account, pageOf } from '../domain/account.ts'
import type { AccountState } from '../domain/page.ts'
import type { ReadStore } from './ports.ts'
import { ProblemError } from './problems.ts'

/** Reads what the network keeps about an account: the one item of its page. Throws `UnknownAccount`. */
export async function readAccount(store: ReadStore, account: Account): Promise<AccountState> {
  const { accounts } = await store.page(pageOf(account))
  const state = accounts.find((candidate) => candidate.account === account)
  if (state) return state
  throw new ProblemError(
    'UnknownAccount',
    `an account is known once an era has credited it or taken note of it, or something was deposited: ${JSON.stringify(account)} was never seen`,
  )
}
