import type { Input, Output } from '../api/operations.ts'
import { ProblemError } from '../api/problems.ts'
import type { Request } from '../api/request.ts'
import type { PostDeps } from '../ledger/post.ts'
import { shortId } from '../ledger/short-id.ts'
import { doMove } from './one-move.ts'

const ROUTE = 'POST /accounts/{account}/slashes'

/**
 * Takes away what an account has staked here, locked or on its way back, for a system account. Who decided it and why
 * stand in the journal. The route needs the scope `stakes:slash`. Throws `Unauthenticated` where the token does not
 * say whose it is, `StakeNotHeld`, `StakeTooSmall`, and what `post` throws.
 */
export async function slash(
  deps: PostDeps,
  { account, body: { lot, amount, to, reason } }: Input<typeof ROUTE>,
  request: Request,
): Promise<Output<typeof ROUTE>> {
  const by = request.caller?.name
  if (!by)
    throw new ProblemError('Unauthenticated', 'who slashes is recorded: the token does not say whose it is')
  const { move, said, money } = await doMove<'slash'>(deps, request, ROUTE, (_, commandId) => ({
    move: 'slash',
    account,
    id: shortId(commandId),
    lot,
    amount: BigInt(amount),
    to,
    by,
    reason,
  }))
  return { ...said, account, lot, amount: money(move.amount), to: move.to, reason, by }
}
