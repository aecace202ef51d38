import { requireOffered } from '../../domain/payout/payout.ts'
import { nextDue, type Preference } from '../../domain/payout/preference.ts'
import { type Change, type PostDeps, post } from '../../ledger/post.ts'
import type { Moment } from '../../ledger/time.ts'
import { preferenceWrite, readPreference } from '../../payouts/records.ts'
import { requireAccount } from '../authority.ts'
import type { Input, Output } from '../operations.ts'
import { commandOfPut, type Request } from '../request.ts'
import { ownMoney, presentPreference } from './present.ts'

const PUT = 'PUT /accounts/{account}/payout-preference'
const GET = 'GET /accounts/{account}/payout-preference'

/** Stores how an account wants to be paid out, in place of what it said before. Throws `NotYours`, `AssetNotOffered`, and as `post`. */
export async function putPreference(
  deps: PostDeps,
  { account, body }: Input<typeof PUT>,
  request: Request,
): Promise<Output<typeof PUT>> {
  requireAccount(account, 'payouts:write', request.caller)
  const before = await readPreference(deps.store, account)
  const { answer } = await post(deps, {
    ...commandOfPut(request, PUT, before.version),
    change: async ({ at, policy: { policy } }: Moment): Promise<Change> => {
      const { value, version } = await readPreference(deps.store, account)
      const { schedule, minimum, asset, destination } = body
      if (asset !== undefined) requireOffered(asset, policy)
      // A period that has begun and was not dealt with yet is not lost by saying the same schedule again.
      const dueAt = schedule === value.schedule ? value.dueAt : nextDue(schedule, at)
      const preference: Preference = {
        account,
        schedule,
        ...(minimum !== undefined && { minimum: BigInt(minimum) }),
        ...(asset !== undefined && { asset }),
        ...(destination !== undefined && { destination }),
        ...(dueAt !== undefined && { dueAt }),
        ...(value.lastOutcome && { lastOutcome: value.lastOutcome }),
      }
      return { moves: [], records: [preferenceWrite(preference, version)], answer: preference }
    },
  })
  return presentPreference(answer as Preference, await ownMoney(deps))
}

/** How an account wants to be paid out: without a schedule where it never said anything. Throws `NotYours`. */
export async function readPayoutPreference(
  deps: PostDeps,
  { account }: Input<typeof GET>,
  { caller }: Request,
): Promise<Output<typeof GET>> {
  requireAccount(account, 'payouts:read', caller)
  const { value } = await readPreference(deps.store, account)
  return presentPreference(value, await ownMoney(deps))
}
