import { requireAccount } from '../api/authority.ts'
import type { Input, Output } from '../api/operations.ts'
import type { Request } from '../api/request.ts'
import { formatMoment } from '../domain/calendar.ts'
import type { PostDeps } from '../ledger/post.ts'
import { shortId } from '../ledger/short-id.ts'
import { doMove } from './one-move.ts'

const ROUTE = 'POST /accounts/{account}/stakes'

/**
 * Stakes what is available, under a lock that holds from the first second. Throws `Unauthenticated`, `NotYours`,
 * `NotEnough`, `StakeExists`, `TooManyStakes`, and what `post` throws.
 */
export async function makeStake(
  deps: PostDeps,
  { account, body: { amount, lot, lockSeconds } }: Input<typeof ROUTE>,
  request: Request,
): Promise<Output<typeof ROUTE>> {
  requireAccount(account, 'accounts:write', request.caller)
  const { move, networkAt, said, money } = await doMove<'stake'>(deps, request, ROUTE, (_, commandId) => ({
    move: 'stake',
    account,
    lot: lot ?? shortId(commandId),
    amount: BigInt(amount),
    lockSeconds,
  }))
  return {
    ...said,
    account,
    lot: move.lot,
    amount: money(move.amount),
    lockSeconds: move.lockSeconds,
    lockedUntil: formatMoment(networkAt + move.lockSeconds * 1000),
  }
}
