import type { Account } from '../account.ts'
import { formatMoment } from '../calendar.ts'
import { ExchequerError } from '../errors.ts'
import { billOf, endHold, type FeeTerms, type Step } from './capture.ts'
import {
  DISPUTE_MS,
  type Entitlement,
  HOUR_SECONDS,
  isMetered,
  lasts,
  nameOf,
  type Order,
  requireState,
} from './order.ts'

/**
 * The life of an order after it was placed. `at` is the network clock, ms. Each step throws `OrderState` where the
 * order is not in the state it begins in.
 */

/** The seller says how much compute was used since it last did. Throws `NotMetered`, `UsageTooHigh`. */
export function reportUsage(order: Order, seconds: bigint, at: number): Step {
  requireState(order, at, 'ACCEPTED', 'metered')
  const { id, resource, quantity } = order
  if (!isMetered(resource))
    throw new ExchequerError('NotMetered', `only compute is metered: ${id} is an order for ${resource}`)
  const used = (order.used ?? 0n) + seconds
  const ordered = quantity * BigInt(HOUR_SECONDS)
  if (used > ordered) {
    throw new ExchequerError(
      'UsageTooHigh',
      `no more is used than was ordered: ${id} is for ${ordered} seconds, and ${seconds} more would make it ${used}`,
    )
  }
  return { order: { ...order, used }, moves: [] }
}

/**
 * The seller has delivered and is paid: for compute what its usage comes to, else all that is held. What the buyer
 * may use begins now. Throws `NotPriced`.
 */
export function fulfil(order: Order, at: number, policy: FeeTerms): Step {
  requireState(order, at, 'ACCEPTED', 'fulfilled')
  return fulfilled(order, isMetered(order.resource) ? billOf(order) : order.held, at, policy)
}

/** Gives the buyer everything back. The buyer cannot once usage was reported: then it is a dispute. Throws `HasBegun`. */
export function cancel(order: Order, by: Account, at: number, policy: FeeTerms): Step {
  requireState(order, at, 'ACCEPTED', 'cancelled')
  const { id, buyer, used = 0n } = order
  if (by === buyer && used > 0n) {
    throw new ExchequerError(
      'HasBegun',
      `a buyer cancels before the seller has begun: ${id} has used ${used} seconds, and can be disputed`,
    )
  }
  return cancelled(order, at, policy)
}

/** The buyer objects: until this is resolved nothing is captured, and after 30 days the tokens are the buyer's again. */
export function dispute(order: Order, reason: string, at: number): Step {
  requireState(order, at, 'ACCEPTED', 'disputed')
  const until = at + DISPUTE_MS
  const disputed: Order = { ...order, state: 'DISPUTED', until, dispute: { at, reason } }
  const { buyer, held } = order
  if (held === 0n) return { order: disputed, moves: [] }
  return { order: disputed, moves: [{ move: 'extend', account: buyer, id: nameOf(order), until }] }
}

/**
 * Ends a dispute: `captured` of the hold, all, a part or nothing, is paid as if the order were fulfilled, the rest
 * goes back. Throws `CaptureTooHigh`, `NotPriced`.
 */
export function resolve(
  order: Order,
  { captured, by }: { captured: bigint; by: Account },
  at: number,
  policy: FeeTerms,
): Step {
  requireState(order, at, 'DISPUTED', 'resolved')
  if (captured > order.held) {
    throw new ExchequerError(
      'CaptureTooHigh',
      `no more is captured than is held: ${order.id} holds ${order.held}, not ${captured}`,
    )
  }
  const resolved: Order = {
    ...order,
    ...(order.dispute && { dispute: { ...order.dispute, resolvedBy: by } }),
  }
  return captured === 0n ? cancelled(resolved, at, policy) : fulfilled(resolved, captured, at, policy)
}

/** What the seller was paid and has not paid back, base units. The fee stays with the network. */
export function refundable({ captured, fee, refunded }: Order): bigint {
  return captured - fee - refunded
}

/**
 * The seller pays back, out of what it has available, all that it was paid or `amount` of it. Once all is back the
 * order is REFUNDED, and what it entitled to is over. Throws `RefundTooHigh`.
 */
export function refund(order: Order, at: number, amount = refundable(order)): Step {
  requireState(order, at, 'FULFILLED', 'refunded')
  const left = refundable(order)
  if (amount > left || amount === 0n) {
    throw new ExchequerError(
      'RefundTooHigh',
      `a seller pays back something, and no more than it was paid: ${order.id} can refund ${left}, not ${amount}`,
    )
  }
  const { buyer: to, seller: from } = order
  const state = amount === left ? 'REFUNDED' : 'FULFILLED'
  return {
    order: { ...order, state, refunded: order.refunded + amount },
    moves: [{ move: 'transfer', from, to, amount, why: `order.${order.id}.refund` }],
  }
}

/** The buyer uses the model once. Throws `NotEntitled` for what is no model, over, or used up. */
export function use(order: Order, at: number): Step {
  requireState(order, at, 'FULFILLED', 'used')
  const { id, resource, entitlement } = order
  if (entitlement?.usesLeft === undefined)
    throw new ExchequerError('NotEntitled', `only a model has uses: ${id} is an order for ${resource}`)
  const { expiresAt, usesLeft } = entitlement
  if (expiresAt <= at)
    throw new ExchequerError(
      'NotEntitled',
      `a licence is used before it is over: ${id} is since ${formatMoment(expiresAt)}`,
    )
  if (usesLeft === 0n)
    throw new ExchequerError('NotEntitled', `a licence has as many uses as were ordered: ${id} has none left`)
  return { order: { ...order, entitlement: { expiresAt, usesLeft: usesLeft - 1n } }, moves: [] }
}

function fulfilled(order: Order, captured: bigint, at: number, policy: FeeTerms): Step {
  const { order: ended, moves } = endHold(order, captured, at, policy)
  const entitlement = entitlementOf(order, at)
  return { order: { ...ended, state: 'FULFILLED', ...(entitlement && { entitlement }) }, moves }
}

function cancelled(order: Order, at: number, policy: FeeTerms): Step {
  const { order: ended, moves } = endHold(order, 0n, at, policy)
  return { order: { ...ended, state: 'CANCELLED' }, moves }
}

function entitlementOf({ resource, quantity, seconds = 0 }: Order, at: number): Entitlement | undefined {
  if (!lasts(resource)) return undefined
  return { expiresAt: at + seconds * 1_000, ...(resource === 'model' && { usesLeft: quantity }) }
}
