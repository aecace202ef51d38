import { accountOrder, pageOf, VESTING } from './account.ts'
import { add, sum } from './money.ts'
import { emptyPage, newAccount, type Page } from './page.ts'
import type { SystemState } from './plan.ts'
import type { Policy } from './policy/schema.ts'

/** What a network begins with: its own accounts, and the pages of the accounts that its genesis names. */
export function openingBooks({ genesis }: Policy): { system: SystemState; pages: Page[] } {
  const accounts = Object.entries(genesis?.accounts ?? {})
  const balances = { ...genesis?.system }
  const vesting = sum(accounts.flatMap(([, account]) => account.vesting.map(({ amount }) => amount)))
  // What is still to vest waits in an account of its own; a genesis that names it has been checked to say the same.
  if (balances[VESTING] === undefined && vesting > 0n) add(balances, VESTING, vesting)

  const pages = new Map<number, Page>()
  const ordered = accounts.sort(([a], [b]) => (accountOrder(a) < accountOrder(b) ? -1 : 1))
  for (const [account, { balance, vesting }] of ordered) {
    const number = pageOf(account)
    const page = pages.get(number) ?? emptyPage(number)
    page.accounts.push({ ...newAccount(account), available: balance, deposited: balance, vesting })
    pages.set(number, page)
  }
  const system = {
    version: 0,
    balances,
    history: [],
    latest: 0,
    sealHash: '',
    unfinished: vesting > 0n,
  }
  return { system, pages: [...pages.values()] }
}
