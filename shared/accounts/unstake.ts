import { requireAccount } from '../api/authority.ts'
import type { Input, Output } from '../api/operations.ts'
import type { Request } from '../api/request.ts'
import { formatMoment } from '../domain/calendar.ts'
import type { PostDeps } from '../ledger/post.ts'
import { doMove } from './one-move.ts'

const ROUTE = 'POST /accounts/{account}/stakes/{lot}/unstake'

/**
 * Takes a stake back, or a part of it: it weighs no more from now on, and is available again by itself when it is
 * unbonded. Source of the rule: policy `staking.unbonding` of the open era. Throws `Unauthenticated`, `NotYours`,
 * `StakeNotHeld`, `StakeLocked`, `StakeTooSmall`, `TooManyStakes`, and what `post` throws.
 */
export async function unstake(
  deps: PostDeps,
  { account, lot, body: { amount } }: Input<typeof ROUTE>,
  request: Request,
): Promise<Output<typeof ROUTE>> {
  requireAccount(account, 'accounts:write', request.caller)
  const { move, networkAt, said, money } = await doMove<'unstake'>(deps, request, ROUTE, ({ policy }) => ({
    move: 'unstake',
    account,
    lot,
    ...(amount !== undefined && { amount: BigInt(amount) }),
    unbondingMs: policy.policy.staking.unbonding,
  }))
  return {
    ...said,
    account,
    lot,
    amount: money(move.amount as bigint),
    returnsAt: formatMoment(networkAt + move.unbondingMs),
  }
}
