import { requireAccount } from '../api/authority.ts'
import type { Input, Output } from '../api/operations.ts'
import { ProblemError } from '../api/problems.ts'
import type { Request } from '../api/request.ts'
import type { PostDeps } from '../ledger/post.ts'
import { doMove } from './one-move.ts'

const ROUTE = 'POST /accounts/{account}/transfers'

/**
 * Pays another participant out of what is available, what time has released by now included. Throws `Unauthenticated`,
 * `NotYours`, `InvalidBody` where nobody else is paid, `NotEnough`, and what `post` throws.
 */
export async function transfer(
  deps: PostDeps,
  { account, body: { to, amount, memo } }: Input<typeof ROUTE>,
  request: Request,
): Promise<Output<typeof ROUTE>> {
  requireAccount(account, 'accounts:write', request.caller)
  if (to === account)
    throw new ProblemError('InvalidBody', `to: a transfer is to another account: got ${JSON.stringify(to)}`)
  const { move, said, money } = await doMove<'transfer'>(deps, request, ROUTE, () => ({
    move: 'transfer',
    from: account,
    to,
    amount: BigInt(amount),
    why: 'transfer',
    ...(memo !== undefined && { memo }),
  }))
  return {
    ...said,
    from: move.from,
    to: move.to,
    amount: money(move.amount),
    ...(move.memo !== undefined && { memo: move.memo }),
  }
}
