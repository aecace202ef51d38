import { type Calendar, eraAt } from '../domain/calendar.ts'
import { type PayoutConfirmed, type PayoutFailed, positionOf, type RatePublished } from '../domain/event.ts'
import { rateOf, replaces } from '../domain/payout/rate.ts'
import type { LedgerStore } from '../ledger/ports.ts'
import type { Change } from '../ledger/post.ts'
import type { Moment } from '../ledger/time.ts'
import { end } from './end.ts'
import { rateWrite, readRate } from './records.ts'

/** What an event about payouts changes when it comes. Throws `UnknownPayout`, `PayoutState`. */
export async function changeBy(
  event: RatePublished | PayoutConfirmed | PayoutFailed,
  store: LedgerStore,
  moment: Moment,
): Promise<Change> {
  switch (event.name) {
    case 'RatePublished':
      return publishRate(store, moment.policy.policy.era.calendar, event)
    case 'PayoutConfirmed':
      return end(store, moment, event.payoutId, 'CONFIRMED')
    case 'PayoutFailed':
      return end(store, moment, event.payoutId, 'FAILED')
  }
}

/** A rate holds in the era that its moment lies in, whenever it comes. */
async function publishRate(store: LedgerStore, calendar: Calendar, event: RatePublished): Promise<Change> {
  const rate = rateOf(event, eraAt(calendar, positionOf(event, calendar)))
  const held = await readRate(store, rate.asset, rate.era)
  const records = replaces(rate, held?.value) ? [rateWrite(rate, held?.version ?? 0)] : []
  return { moves: [], records }
}
