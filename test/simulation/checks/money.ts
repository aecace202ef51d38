import { EXTERNAL, isSystem } from '../../../shared/domain/account.ts'
import { openingBooks } from '../../../shared/domain/genesis.ts'
import { sum } from '../../../shared/domain/money.ts'
import { balanceOf, type Page } from '../../../shared/domain/page.ts'
import type { Books } from './books.ts'

/** What all have is what they began with, what came from outside, and less what left: a line where it is not. */
export function lostMoney({ policies, pages, system, seals, journal }: Books): string[] {
  const [first] = policies
  if (!first) return []
  const opening = openingBooks(first.policy)
  const before = inAccounts(opening.pages) + sum(Object.values(opening.system.balances))
  const moved = [
    ...seals.flatMap(({ postings }) => postings),
    ...journal.flatMap(({ moves }) =>
      moves.flatMap((move) => (move.move === 'transfer' || move.move === 'capture' ? [move] : [])),
    ),
  ]
  const came = sum(moved.filter(({ from }) => from === EXTERNAL).map(({ amount }) => amount))
  const left = sum(moved.filter(({ to }) => to === EXTERNAL).map(({ amount }) => amount))
  const taken = sum(
    pages.flatMap(({ accounts }) =>
      accounts.flatMap(({ outbox }) =>
        outbox.map((fact) => (fact.of === 'Charge' || fact.of === 'Slash' ? fact.amount : 0n)),
      ),
    ),
  )
  const after = inAccounts(pages) + sum(Object.values(system)) + taken
  if (before + came - left === after) return []
  return [`${before} at first + ${came} that came - ${left} that left is not the ${after} that are there`]
}

function inAccounts(pages: readonly Page[]): bigint {
  return sum(
    pages.flatMap(({ accounts }) =>
      accounts.filter(({ account }) => !isSystem(account)).map((account) => balanceOf(account)),
    ),
  )
}
