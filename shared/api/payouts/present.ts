import type * as z from 'zod'
import { formatMoment } from '../../domain/calendar.ts'
import type { Inventory } from '../../domain/payout/inventory.ts'
import type { Payout, Reason } from '../../domain/payout/payout.ts'
import type { Preference } from '../../domain/payout/preference.ts'
import type { PostDeps } from '../../ledger/post.ts'
import { momentOf } from '../../ledger/time.ts'
import type { inventoryResponse, payoutResponse, preferenceResponse } from '../contracts/payouts.ts'
import { type Money, moneyOf } from '../present.ts'

/** How payouts, preferences and inventories are written in answers. */

/** Writes amounts of the network's asset, which no policy version changes. Throws `NetworkNotOpen`. */
export async function ownMoney({ store, now }: PostDeps): Promise<Money> {
  return moneyOf((await momentOf(store, now())).policy.policy)
}

export function presentPayout(payout: Payout, money: Money): z.output<typeof payoutResponse> {
  const { id, account, state, asset, decimals, exchange, destination, waitsFor } = payout
  return {
    id,
    account,
    state,
    asked: money(payout.asked),
    amount: money(payout.amount),
    out: moneyOf({ asset: { symbol: asset, decimals } })(payout.out),
    ...(exchange && {
      rate: {
        id: exchange.rate.id,
        era: exchange.rate.era,
        numerator: exchange.rate.numerator.toString(),
        denominator: exchange.rate.denominator.toString(),
      },
    }),
    destination,
    requestedAt: formatMoment(payout.requestedAt),
    releaseAt: formatMoment(payout.releaseAt),
    ...(waitsFor && { waitsFor: { at: formatMoment(waitsFor.at), reason: reasonOf(waitsFor) } }),
    history: payout.history.map(({ state, at }) => ({ state, at: formatMoment(at) })),
  }
}

export function presentPreference(
  { account, schedule, minimum, asset, destination, dueAt, lastOutcome }: Preference,
  money: Money,
): z.output<typeof preferenceResponse> {
  return {
    account,
    schedule,
    ...(minimum !== undefined && { minimum: money(minimum) }),
    ...(asset !== undefined && { asset }),
    ...(destination !== undefined && { destination }),
    ...(dueAt !== undefined && { dueAt: formatMoment(dueAt) }),
    ...(lastOutcome && {
      lastOutcome: {
        at: formatMoment(lastOutcome.at),
        outcome: lastOutcome.outcome,
        ...(lastOutcome.payout !== undefined && { payout: lastOutcome.payout }),
        ...(lastOutcome.reason && { reason: reasonOf(lastOutcome.reason) }),
      },
    }),
  }
}

export function presentInventory({
  asset,
  decimals,
  account,
  ...amounts
}: Inventory): z.output<typeof inventoryResponse> {
  const money = moneyOf({ asset: { symbol: asset, decimals } })
  return {
    asset,
    account,
    balance: money(amounts.balance),
    reserved: money(amounts.reserved),
    deposited: money(amounts.deposited),
    spent: money(amounts.spent),
  }
}

function reasonOf({ code, message }: Reason): { code: string; words: string } {
  return { code, words: message }
}
