import { formatMoment } from '../domain/calendar.ts'
import type { ExchequerError } from '../domain/errors.ts'
import {
  announced,
  isUnannounced,
  isWaiting,
  type Payout,
  postponed,
  released,
} from '../domain/payout/payout.ts'
import { placeAt } from '../domain/place.ts'
import type { StoredRecord } from '../ledger/ports.ts'
import { type Change, type PostDeps, post } from '../ledger/post.ts'
import { shortId } from '../ledger/short-id.ts'
import type { Moment } from '../ledger/time.ts'
import { isProblem, throughDue } from './due.ts'
import type { Announcer, StepCursor, StepDeps, StepResult } from './ports.ts'
import { DUE_PAYOUTS, payoutWrite, readPayout } from './records.ts'

export interface ReleaseDeps extends StepDeps {
  bus: Announcer
}

/** What may change by itself: a payout that meets it waits. */
const WAITS_FOR = new Set(['AssetNotOffered'])

/**
 * Second step of pay-out: releases every payout whose time has come, and tells the bus. A released payout stays in the
 * list until the bus has been told and that is written down: cut off anywhere, it is told again, and never not.
 */
export function releaseDue(deps: ReleaseDeps, cursor: StepCursor): Promise<StepResult> {
  return throughDue<Payout>(
    deps,
    {
      kind: 'PAYOUT',
      list: DUE_PAYOUTS,
      placeOf: ({ dueAt, id }) => placeAt(dueAt, id),
      handle: ({ id }, at) => releaseOne(deps, id, at),
    },
    cursor,
  )
}

async function releaseOne({ bus, ...deps }: ReleaseDeps, id: string, at: number): Promise<void> {
  // The list may be behind.
  const stored = await readPayout(deps.store, id)
  if (isWaiting(stored.value) && stored.value.dueAt > at) return
  const payout = isWaiting(stored.value) ? await release(deps, stored) : stored.value
  if (!isUnannounced(payout)) return
  await bus.put('PayoutReleased', announcement(payout))
  await change(deps, id, 'announced', (value, { at }) =>
    isUnannounced(value) ? announced(value, at) : value,
  )
}

/** Released, or cancelled meanwhile, or as it was with the reason why it waits. */
async function release(deps: PostDeps, { id, value, version }: StoredRecord<Payout>): Promise<Payout> {
  try {
    return await change(deps, id, 'released', (payout, { at, policy }) =>
      isWaiting(payout) ? released(payout, at, policy.policy) : payout,
    )
  } catch (error) {
    if (!isProblem(error, WAITS_FOR)) throw error
    return postpone(deps, { id, value, version }, error)
  }
}

function postpone(
  deps: PostDeps,
  { id, version }: StoredRecord<Payout>,
  reason: ExchequerError,
): Promise<Payout> {
  return change(deps, id, `postponed#${version}`, (payout, { at }) =>
    isWaiting(payout) ? postponed(payout, at, reason) : payout,
  )
}

/** Changes a payout by a command of its own, once for ever, and answers with it as it was then. */
async function change(
  deps: PostDeps,
  id: string,
  what: string,
  how: (payout: Payout, moment: Moment) => Payout,
): Promise<Payout> {
  const command = `job#pay-out#${what}#${id}`
  const { answer } = await post(deps, {
    id: command,
    digest: shortId(command),
    change: async (moment): Promise<Change> => {
      const { value, version } = await readPayout(deps.store, id)
      const payout = how(value, moment)
      return { moves: [], records: payout === value ? [] : [payoutWrite(payout, version)], answer: payout }
    },
  })
  return answer as Payout
}

/** For whoever moves the money: `amount` of `asset` to `destination`. Amounts are decimal strings of base units. */
function announcement({ id, account, amount, asset, decimals, out, ...payout }: Payout): object {
  const { destination, exchange, requestedAt, history } = payout
  const releasedAt = history.find(({ state }) => state === 'RELEASED')?.at ?? requestedAt
  return {
    payoutId: id,
    account,
    destination,
    asset,
    decimals,
    amount: out.toString(),
    charged: amount.toString(),
    ...(exchange && {
      rate: {
        id: exchange.rate.id,
        era: exchange.rate.era,
        numerator: exchange.rate.numerator.toString(),
        denominator: exchange.rate.denominator.toString(),
      },
    }),
    requestedAt: formatMoment(requestedAt),
    releasedAt: formatMoment(releasedAt),
  }
}
