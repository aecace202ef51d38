import { isSystem } from './account.ts'
import { assertInvariant } from './errors.ts'
import { sum } from './money.ts'
import { labelled, withoutSettled } from './opening.ts'
import {
  type AccountState,
  accountsByName,
  inAccountOrder,
  newAccount,
  type OutboxFact,
  type Page,
} from './page.ts'
import { REFUND, type Statement, type StatementRow } from './statement.ts'

/**
 * Puts a statement into its page. Credits stay pending until their release time and the seal of their era; those
 * of earlier eras whose time had come by the end of this one become available, for earlier eras are sealed. Facts
 * that the era took leave their outbox. Throws `InvariantBroken` where others are there than were taken.
 * `freezes`: whether the era after the statement's weighs by balance.
 */
export function applyStatement(page: Page, statement: Statement, freezes: boolean): Page {
  const { era, rows } = statement
  const label = era + 1
  const accounts = accountsByName(page)
  for (const row of rows) {
    const before = accounts.get(row.account) ?? newAccount(row.account)
    accounts.set(row.account, labelled(before, applyRow(before, statement, row), label, freezes))
  }
  return {
    page: page.page,
    version: page.version + 1,
    creditedThrough: era,
    label: Math.max(page.label, label),
    accounts: inAccountOrder(accounts).map((state) => withoutSettled(state, era)),
  }
}

function applyRow(state: AccountState, { era, at, releaseAt }: Statement, row: StatementRow): AccountState {
  const credited = isSystem(row.account) ? 0n : row.credited
  const refunded = sum(row.lines.filter(({ why }) => why === REFUND).map(({ amount }) => amount))
  const released = state.pending.filter((credit) => credit.releaseAt <= at)
  const waiting = state.pending.filter((credit) => credit.releaseAt > at)
  return {
    ...state,
    available: released.reduce((total, { amount }) => total + amount, state.available),
    pending: credited > 0n ? [...waiting, { era, amount: credited, releaseAt }] : waiting,
    earned: state.earned + credited - refunded,
    received: state.received + refunded,
    owed: row.owed ?? state.owed,
    dues: Object.fromEntries(Object.entries({ ...state.dues, ...row.dues }).filter(([, due]) => due > 0n)),
    roles: row.roles ?? state.roles,
    lots: row.lots ?? state.lots,
    outbox: withoutTaken(state, era, row.facts ?? 0),
  }
}

/** Facts are labelled with an era only while it is open, so what the era took is what it finds here. */
function withoutTaken({ account, outbox }: AccountState, era: number, facts: number): OutboxFact[] {
  const left = outbox.filter((fact) => fact.era > era)
  const taken = outbox.length - left.length
  assertInvariant(
    taken === facts,
    () => `era ${era} took ${facts} facts of ${account}, and ${taken} are in its outbox`,
  )
  return left
}
