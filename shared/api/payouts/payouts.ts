import type { Payout } from '../../domain/payout/payout.ts'
import { type PostDeps, post } from '../../ledger/post.ts'
import { shortId } from '../../ledger/short-id.ts'
import { end } from '../../payouts/end.ts'
import { payoutsOf, readPayout as readRecord } from '../../payouts/records.ts'
import { postRequest, request as requestPayoutOf, type Wish } from '../../payouts/request.ts'
import { requireAccount } from '../authority.ts'
import { readCursor, writeCursor } from '../cursor.ts'
import type { Input, Output } from '../operations.ts'
import { commandOf, type Request } from '../request.ts'
import { ownMoney, presentPayout } from './present.ts'

const WRITE = 'payouts:write'
const READ = 'payouts:read'

const REQUEST = 'POST /accounts/{account}/payouts'
const CANCEL = 'POST /payouts/{id}/cancel'

/**
 * Asks for a payout: what it charges is held from then on. Throws `NotYours`, `BelowMinimum`, `AssetNotOffered`,
 * `NoRate`, `UnknownInventory`, `NotEnoughInventory`, `OwnInventory`, `NotEnough`, and as `post`.
 */
export async function requestPayout(
  deps: PostDeps,
  { account, body }: Input<typeof REQUEST>,
  request: Request,
): Promise<Output<typeof REQUEST>> {
  requireAccount(account, WRITE, request.caller)
  const command = commandOf(request, REQUEST)
  const amount: Wish['amount'] = body.amount === 'all' ? 'all' : BigInt(body.amount)
  const { answer } = await postRequest(
    deps,
    {
      ...command,
      change: async (moment) => {
        const wish = { account, ...body, amount }
        const { payout, moves, records } = await requestPayoutOf(
          deps.store,
          moment,
          shortId(command.id),
          wish,
        )
        return { moves, records, answer: payout }
      },
    },
    amount,
  )
  return presentPayout(answer as Payout, await ownMoney(deps))
}

/** One payout. Throws `UnknownPayout`, `NotYours`. */
export async function readPayout(
  deps: PostDeps,
  { id }: Input<'GET /payouts/{id}'>,
  { caller }: Request,
): Promise<Output<'GET /payouts/{id}'>> {
  const { value } = await readRecord(deps.store, id)
  requireAccount(value.account, READ, caller)
  return presentPayout(value, await ownMoney(deps))
}

/** The payouts of an account, newest first. Throws `NotYours`, `InvalidCursor`. */
export async function listPayouts(
  deps: PostDeps,
  { account, cursor, limit }: Input<'GET /accounts/{account}/payouts'>,
  { caller }: Request,
): Promise<Output<'GET /accounts/{account}/payouts'>> {
  requireAccount(account, READ, caller)
  const list = payoutsOf(account)
  const { records, next } = await deps.store.records.list<Payout>('byOwner', {
    kind: 'PAYOUT',
    list,
    cursor: cursor === undefined ? undefined : readCursor(list, cursor),
    limit,
    descending: true,
  })
  const money = await ownMoney(deps)
  return {
    account,
    payouts: records.map(({ value }) => presentPayout(value, money)),
    ...(next !== undefined && { next: writeCursor(list, next) }),
  }
}

/** Takes a payout back that waits for its release. Throws `UnknownPayout`, `NotYours`, `PayoutState`, `PayoutFixed`, and as `post`. */
export async function cancelPayout(
  deps: PostDeps,
  { id }: Input<typeof CANCEL>,
  request: Request,
): Promise<Output<typeof CANCEL>> {
  const { value } = await readRecord(deps.store, id)
  requireAccount(value.account, WRITE, request.caller)
  const { answer } = await post(deps, {
    ...commandOf(request, CANCEL),
    change: (moment) => end(deps.store, moment, id, 'CANCELLED'),
  })
  return presentPayout(answer as Payout, await ownMoney(deps))
}
