import { accountOrder, isSystem } from './account.ts'
import { type AccountState, newAccount, type Page } from './page.ts'
import type { Statement, StatementRow } from './statement.ts'

/**
 * Puts a statement into its page. Credits stay pending until their release time and the seal of their era; those
 * of earlier eras whose time had come by the end of this one become available, for earlier eras are sealed.
 */
export function applyStatement(page: Page, statement: Statement): Page {
  const accounts = new Map(page.accounts.map((state) => [state.account, state]))
  for (const row of statement.rows) {
    accounts.set(row.account, applyRow(accounts.get(row.account) ?? newAccount(row.account), statement, row))
  }
  const ordered = [...accounts.values()]
    .map((state) => ({ state, order: accountOrder(state.account) }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .map(({ state }) => state)
  return { page: page.page, version: page.version + 1, creditedThrough: statement.era, accounts: ordered }
}

function applyRow(state: AccountState, { era, at, releaseAt }: Statement, row: StatementRow): AccountState {
  const credited = isSystem(row.account) ? 0n : row.credited
  const released = state.pending.filter((credit) => credit.releaseAt <= at)
  const waiting = state.pending.filter((credit) => credit.releaseAt > at)
  return {
    ...state,
    available: released.reduce((total, { amount }) => total + amount, state.available),
    pending: credited > 0n ? [...waiting, { era, amount: credited, releaseAt }] : waiting,
    earned: state.earned + credited,
    owed: row.owed ?? state.owed,
    dues: Object.fromEntries(Object.entries({ ...state.dues, ...row.dues }).filter(([, due]) => due > 0n)),
    roles: row.roles ?? state.roles,
    lots: row.lots ?? state.lots,
  }
}
