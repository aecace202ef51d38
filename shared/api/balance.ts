import type * as z from 'zod'
import type { Account } from '../domain/account.ts'
import { formatMoment } from '../domain/calendar.ts'
import { sum } from '../domain/money.ts'
import { type AccountState, balanceOf } from '../domain/page.ts'
import { readAccount } from './account.ts'
import type { balanceResponse } from './contracts/accounts.ts'
import { isReleased, type Known, mayHaveBeenReleased, type Reader } from './network.ts'
import { moneyOf } from './present.ts'

type Balance = z.output<typeof balanceResponse>

/**
 * What an account has. One item is read, its page. STATE and CLOCK are read again only when a pending credit may have
 * been released since this instance read them; the page then too, for only a page read after STATE is sure to have
 * every credit up to the `sealedThrough` that the answer claims. Throws `UnknownAccount`.
 */
export async function readBalance(
  { store, network, now }: Reader,
  { account }: { account: Account },
): Promise<Balance> {
  const known = await network.known()
  const state = await readAccount(store, account)
  if (!state.pending.some((credit) => mayHaveBeenReleased(credit, known, now())))
    return balanceAt(state, known, now())
  const fresh = await network.read()
  const isAhead = fresh.state.sealedThrough > known.state.sealedThrough
  return balanceAt(isAhead ? await readAccount(store, account) : state, fresh, now())
}

/** What of an account can be spent, as of what is known. Available and pending are together all it has. */
function balanceAt(state: AccountState, known: Known, wallNow: number): Balance {
  const money = moneyOf(known.policy.policy)
  const waiting = state.pending.filter((credit) => !isReleased(credit, known, wallNow))
  const pending = sum(waiting.map(({ amount }) => amount))
  const total = balanceOf(state)
  return {
    account: state.account,
    available: money(total - pending),
    pending: money(pending),
    pendingCredits: waiting.map(({ era, amount, releaseAt }) => ({
      era,
      amount: money(amount),
      releaseAt: formatMoment(releaseAt),
    })),
    total: money(total),
    owed: money(state.owed),
    earned: money(state.earned),
    deposited: money(state.deposited),
    paid: money(state.paid),
    asOf: { sealedThrough: known.state.sealedThrough },
  }
}
