import { describe, expect, it } from 'vitest'
import { applyStatement } from '../../../shared/domain/apply.ts'
import { openingOf } from '../../../shared/domain/opening.ts'
import { balanceOf, emptyPage, type Page } from '../../../shared/domain/page.ts'
import type { Statement, StatementRow } from '../../../shared/domain/statement.ts'

const row = (account: string, credited: bigint, rest: Partial<StatementRow> = {}): StatementRow => ({
  account,
  lines: [],
  capped: [],
  credited,
  dues: {},
  ...rest,
})
const statement = (
  era: number,
  rows: StatementRow[],
  times: { at: number; releaseAt: number },
): Statement => ({
  era,
  page: 7,
  rows,
  ...times,
})
const applied = (...statements: Statement[]): Page =>
  statements.reduce((page, statement) => applyStatement(page, statement, true), emptyPage(7))
const only = (page: Page) => {
  const [state] = page.accounts
  if (state === undefined) throw new Error('the page is empty')
  return state
}

describe('given a credit with a timelock', () => {
  const first = statement(0, [row('ann', 10n)], { at: 100, releaseAt: 150 })

  it('when it is applied, then it is pending, earned, and not available', () => {
    expect(only(applied(first))).toMatchObject({
      available: 0n,
      earned: 10n,
      pending: [{ era: 0, amount: 10n, releaseAt: 150 }],
    })
  })

  it('when a later era ends before the release, then it stays pending', () => {
    const state = only(applied(first, statement(1, [row('ann', 5n)], { at: 149, releaseAt: 199 })))
    expect(state).toMatchObject({ available: 0n, pending: [{ amount: 10n }, { amount: 5n }] })
  })

  it('when a later era ends at the release, then it is available; the new credit waits', () => {
    const state = only(applied(first, statement(1, [row('ann', 5n)], { at: 150, releaseAt: 200 })))
    expect(state).toMatchObject({ available: 10n, earned: 15n, pending: [{ era: 1, amount: 5n }] })
  })

  it('when there is no timelock, then it waits for the seal of its own era all the same', () => {
    expect(only(applied(statement(0, [row('ann', 10n)], { at: 100, releaseAt: 100 })))).toMatchObject({
      available: 0n,
      pending: [{ amount: 10n }],
    })
  })
})

describe('given a refund', () => {
  it('when it is applied, then it waits as every credit, and is received, not earned', () => {
    const lines = [
      { why: 'refund', amount: 4n },
      { why: 'rest', amount: 6n },
    ]
    expect(only(applied(statement(0, [row('ann', 10n, { lines })], { at: 1, releaseAt: 2 })))).toMatchObject({
      earned: 6n,
      received: 4n,
      pending: [{ era: 0, amount: 10n, releaseAt: 2 }],
    })
  })
})

describe('given what is owed and due', () => {
  it('when a statement says so, then it replaces what was owed and merges what is due', () => {
    const page = applied(
      statement(0, [row('ann', 0n, { owed: 9n, dues: { rent: 4n, power: 2n } })], { at: 1, releaseAt: 1 }),
      statement(1, [row('ann', 0n, { owed: 3n, dues: { rent: 0n } })], { at: 2, releaseAt: 2 }),
      statement(2, [row('ann', 1n)], { at: 3, releaseAt: 3 }),
    )
    expect(only(page)).toMatchObject({ owed: 3n, dues: { power: 2n }, earned: 1n })
  })

  it('when it is a system account, then debts are kept and nothing is credited: the seal credits it', () => {
    const state = only(applied(statement(0, [row('@expenses', 6n, { owed: 2n })], { at: 1, releaseAt: 1 })))
    expect(state).toMatchObject({ account: '@expenses', owed: 2n, earned: 0n, pending: [] })
  })
})

describe('given accounts of one page', () => {
  it('when a statement brings new ones, then they stand in the order of the cascade, and the version moves', () => {
    const page = applied(
      statement(
        4,
        ['a', 'b', 'c', 'd'].map((name) => row(name, 1n)),
        { at: 1, releaseAt: 1 },
      ),
    )
    expect(page).toMatchObject({ version: 1, creditedThrough: 4 })
    expect(page.accounts.map(({ account }) => account)).toEqual(['d', 'c', 'b', 'a'])
  })
})

describe('given the opening of an era', () => {
  const page = applied(
    statement(0, [row('ann', 100n)], { at: 10, releaseAt: 1_000 }),
    statement(1, [row('ann', 20n)], { at: 20, releaseAt: 1_000 }),
    statement(2, [row('ann', 3n)], { at: 30, releaseAt: 1_000 }),
  )

  it('when it is asked for, then pending credits count, and the era before is not worked out yet', () => {
    expect(balanceOf(only(page))).toBe(123n)
    expect(openingOf(only(page), 3)).toBe(120n)
    expect(openingOf(only(page), 4)).toBe(123n)
  })
})

describe('given a page that commands have labelled further than the era', () => {
  it('when a statement is applied, then the label does not go back', () => {
    const ahead = { ...emptyPage(7), label: 5 }
    const { label } = applyStatement(
      ahead,
      statement(0, [row('ann', 10n)], { at: 100, releaseAt: 150 }),
      true,
    )
    expect(label).toBe(5)
  })
})
