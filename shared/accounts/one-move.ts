import type { RouteKey } from '../api/operations.ts'
import { type Money, moneyOf } from '../api/present.ts'
import type { Request } from '../api/request.ts'
import { commandOf } from '../api/request.ts'
import { formatMoment } from '../domain/calendar.ts'
import type { Move } from '../domain/moves.ts'
import type { Policy } from '../domain/policy/schema.ts'
import { type PostDeps, post } from '../ledger/post.ts'
import { commandName } from '../ledger/short-id.ts'
import type { Moment } from '../ledger/time.ts'

type MoveOf<Kind extends Move['move']> = Extract<Move, { move: Kind }>

/** A command that was done, with what every answer about one says. */
export interface Done<Kind extends Move['move']> {
  /** As it was done: with its amount, where all of something was meant. */
  move: MoveOf<Kind>
  /** Moment of it by the network clock, ms. */
  networkAt: number
  said: { command: string; era: number; at: string }
  money: Money
}

/**
 * Does a request that is one move. The same request again answers from the journal, where the asset stands beside the
 * move: all of an answer follows from what was done then. Throws what `post` throws.
 */
export async function doMove<Kind extends Move['move']>(
  deps: PostDeps,
  request: Request,
  route: RouteKey,
  moveAt: (moment: Moment, commandId: string) => MoveOf<Kind>,
): Promise<Done<Kind>> {
  const command = commandOf(request, route)
  const { id, era, networkAt, moves, answer } = await post(deps, {
    ...command,
    change: async (moment) => ({
      moves: [moveAt(moment, command.id)],
      answer: moment.policy.policy.asset,
    }),
  })
  return {
    move: moves[0] as MoveOf<Kind>,
    networkAt,
    said: { command: commandName(id), era, at: formatMoment(networkAt) },
    money: moneyOf({ asset: answer as Policy['asset'] }),
  }
}
