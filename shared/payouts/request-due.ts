import { dealtWith, type Outcome, type Preference } from '../domain/payout/preference.ts'
import { placeAt } from '../domain/place.ts'
import type { LedgerStore } from '../ledger/ports.ts'
import type { Change } from '../ledger/post.ts'
import { shortId } from '../ledger/short-id.ts'
import type { Moment } from '../ledger/time.ts'
import { isProblem, throughDue } from './due.ts'
import type { StepCursor, StepDeps, StepResult } from './ports.ts'
import { DUE_PREFERENCES, preferenceWrite, readPreference } from './records.ts'
import { postRequest, type Requested, request } from './request.ts'

/** What stops the payout of a period: the next period tries again. */
const STOPS = new Set([
  'AssetNotOffered',
  'NoRate',
  'NotEnoughInventory',
  'OwnInventory',
  'TooManyHolds',
  'UnknownInventory',
])

/** Too little to be paid out is no failure. */
const SKIPS = new Set(['BelowMinimum'])

/** First step of pay-out: asks for the payouts of every preference whose period has begun, each once. */
export function requestDue(deps: StepDeps, cursor: StepCursor): Promise<StepResult> {
  return throughDue<Preference>(
    deps,
    {
      kind: 'PREFERENCE',
      list: DUE_PREFERENCES,
      placeOf: ({ dueAt = 0, account }) => placeAt(dueAt, account),
      handle: (preference) => requestPeriod(deps, preference),
    },
    cursor,
  )
}

async function requestPeriod(deps: StepDeps, { account, dueAt }: Preference): Promise<void> {
  const id = `job#pay-out#request#${account}#${dueAt}`
  const change = async (moment: Moment): Promise<Change> => {
    const { value, version } = await readPreference(deps.store, account)
    // The list may be behind: what it says is due was dealt with, or is wanted otherwise by now.
    if (value.dueAt === undefined || value.dueAt !== dueAt) return { moves: [] }
    const { outcome, moves, records } = await outcomeOf(deps.store, moment, shortId(id), value)
    return { moves, records: [...records, preferenceWrite(dealtWith(value, outcome), version)] }
  }
  await postRequest(deps, { id, digest: shortId(id), change }, 'all')
}

async function outcomeOf(
  store: LedgerStore,
  moment: Moment,
  id: string,
  preference: Preference,
): Promise<{ outcome: Outcome } & Pick<Requested, 'moves' | 'records'>> {
  const { at } = moment
  try {
    const { account, minimum, asset, destination } = preference
    const wish = { account, minimum, asset, destination, amount: 'all' } as const
    const { payout, moves, records } = await request(store, moment, id, wish)
    return { outcome: { at, outcome: 'REQUESTED', payout: payout.id }, moves, records }
  } catch (error) {
    const outcome = isProblem(error, SKIPS) ? 'SKIPPED' : 'STOPPED'
    if (!isProblem(error, SKIPS) && !isProblem(error, STOPS)) throw error
    const reason = { code: error.code, message: error.message }
    return { outcome: { at, outcome, reason }, moves: [], records: [] }
  }
}
