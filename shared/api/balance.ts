import type * as z from 'zod'
import type { Account } from '../domain/account.ts'
import { formatMoment } from '../domain/calendar.ts'
import { assertInvariant } from '../domain/errors.ts'
import { sum } from '../domain/money.ts'
import { type AccountState, balanceOf, heldOf, stakedOf } from '../domain/page.ts'
import { readMatured } from './account.ts'
import type { balanceResponse } from './contracts/accounts.ts'
import type { Known, Reader } from './network.ts'
import { mapValues, moneyOf } from './present.ts'

type Balance = z.output<typeof balanceResponse>

/**
 * What an account has, and what of it can be spent. Throws `UnknownAccount`, and `InvariantBroken` rather than show a
 * balance that does not add up.
 */
export async function readBalance(reader: Reader, { account }: { account: Account }): Promise<Balance> {
  const { state, known } = await readMatured(reader, account)
  return present(state, known)
}

function present(state: AccountState, { policy, state: { sealedThrough } }: Known): Balance {
  const money = moneyOf(policy.policy)
  const { account, available, earned, deposited, received, paid } = state
  const [pending, held, staked] = [
    sum(state.pending.map(({ amount }) => amount)),
    heldOf(state),
    stakedOf(state),
  ]
  const total = balanceOf(state)
  assertInvariant(
    total === available + pending + held + staked && total === earned + deposited + received - paid,
    () =>
      `what an account has is what came less what left: ${account} has ${available} + ${pending} + ${held} + ${staked}, not ${earned} + ${deposited} + ${received} - ${paid}`,
  )
  return {
    account,
    available: money(available),
    pending: money(pending),
    pendingCredits: state.pending.map(({ era, amount, releaseAt }) => ({
      era,
      amount: money(amount),
      releaseAt: formatMoment(releaseAt),
    })),
    held: money(held),
    holds: state.holds.map(({ id, amount, until }) => ({
      id,
      amount: money(amount),
      ...(until !== undefined && { until: formatMoment(until) }),
    })),
    staked: money(staked),
    returning: state.stakes.flatMap(({ lot, amount, returnsAt, isReturned }) =>
      returnsAt === undefined || isReturned
        ? []
        : [{ lot, amount: money(amount), returnsAt: formatMoment(returnsAt) }],
    ),
    total: money(total),
    owed: money(state.owed),
    dues: mapValues(state.dues, money),
    earned: money(earned),
    deposited: money(deposited),
    received: money(received),
    paid: money(paid),
    asOf: { sealedThrough },
  }
}
