import type * as z from 'zod'
import type { Account } from '../domain/account.ts'
import { formatMoment } from '../domain/calendar.ts'
import { UNITS } from '../domain/market/offer.ts'
import { billOf, type Step } from '../domain/order/capture.ts'
import { HOUR_SECONDS, type Order, type OrderState, releasedBy, stateOf } from '../domain/order/order.ts'
import * as transitions from '../domain/order/transitions.ts'
import type { PostDeps } from '../ledger/post.ts'
import { type Moment, momentOf } from '../ledger/time.ts'
import {
  type Answer,
  changeOrder,
  listOrders as list,
  placeOrder as place,
  readOrder as read,
} from '../market/orders.ts'
import { type Caller, ownAccount, requireAccount } from './authority.ts'
import type { orderResponse, ordersResponse } from './contracts/orders.ts'
import { readCursor, writeCursor } from './cursor.ts'
import type { Input, RouteKey } from './operations.ts'
import { type Money, moneyOf } from './present.ts'
import { ProblemError } from './problems.ts'
import { commandOf, type Request } from './request.ts'

type Response = z.output<typeof orderResponse>

/**
 * What an account that has no scope does with orders. Each throws `Unauthenticated`, `NotYours` where the token is of
 * another account, `UnknownOrder`, and what the step in the domain throws.
 */

/** Accepts an offer for the account of the token. Throws as `placeOrder` of the market. */
export async function placeOrder(
  deps: PostDeps,
  { body }: Input<'POST /orders'>,
  request: Request,
): Promise<Response> {
  const buyer = ownAccount(request.caller)
  const placing = { ...body, quantity: BigInt(body.quantity), buyer }
  return answer(await place(deps, commandOf(request, 'POST /orders'), placing))
}

/** The seller, or whoever has the scope `orders:meter`, reports usage. */
export const reportUsage = stepOf('POST /orders/{id}/usage', (order, { body }, { caller, at }) => {
  requireAccount(order.seller, 'orders:meter', caller)
  return transitions.reportUsage(order, BigInt(body.seconds), at)
})

/** The seller has delivered. */
export const fulfilOrder = stepOf('POST /orders/{id}/fulfil', (order, _, { caller, at, policy }) => {
  requireParty([order.seller], caller)
  return transitions.fulfil(order, at, policy.policy)
})

/** Buyer or seller calls it off. */
export const cancelOrder = stepOf('POST /orders/{id}/cancel', (order, _, { caller, at, policy }) => {
  const by = requireParty([order.buyer, order.seller], caller)
  return transitions.cancel(order, by, at, policy.policy)
})

/** The buyer objects. */
export const disputeOrder = stepOf('POST /orders/{id}/dispute', (order, { body }, { caller, at }) => {
  requireParty([order.buyer], caller)
  return transitions.dispute(order, body.reason, at)
})

/** Whoever has the scope `orders:resolve`, which the contract asks for, decides. */
export const resolveOrder = stepOf('POST /orders/{id}/resolve', (order, { body }, { caller, at, policy }) =>
  transitions.resolve(order, { captured: BigInt(body.capture), by: caller?.name ?? '' }, at, policy.policy),
)

/** The seller pays back. */
export const refundOrder = stepOf('POST /orders/{id}/refund', (order, { body }, { caller, at }) => {
  requireParty([order.seller], caller)
  const { amount } = body
  return transitions.refund(order, at, amount === undefined ? undefined : BigInt(amount))
})

/** The buyer uses what a licence entitles to, once. */
export const useOrder = stepOf('POST /orders/{id}/uses', (order, _, { caller, at }) => {
  requireParty([order.buyer], caller)
  return transitions.use(order, at)
})

/** An order as it is now. Throws `UnknownOrder`. */
export async function readOrder({ store, now }: PostDeps, { id }: { id: string }): Promise<Response> {
  const order = await read(store.records, id)
  const { at, policy } = await momentOf(store, now())
  return present(order, moneyOf(policy.policy), at)
}

interface OrdersQuery {
  buyer?: Account | undefined
  seller?: Account | undefined
  cursor?: string | undefined
  limit: number
}

/** Orders of a buyer or of a seller, newest first. Throws `InvalidCursor`. */
export async function listOrders(
  { store, now }: PostDeps,
  { buyer, seller, cursor, limit }: OrdersQuery,
): Promise<z.output<typeof ordersResponse>> {
  const of = buyer !== undefined ? { buyer } : { seller: seller as Account }
  const name = `orders ${JSON.stringify(of)}`
  const after = cursor === undefined ? undefined : readCursor(name, cursor)
  const { orders, next } = await list(store.records, of, { cursor: after, limit })
  const { at, policy } = await momentOf(store, now())
  const money = moneyOf(policy.policy)
  return {
    orders: orders.map((order) => present(order, money, at)),
    ...(next !== undefined && { next: writeCursor(name, next) }),
  }
}

type StepRoute = Extract<RouteKey, `POST /orders/{id}/${string}`>

/** Makes the use case of a route that takes an order one step on: who may take it is said by the order. */
function stepOf<Route extends StepRoute>(
  route: Route,
  step: (order: Order, input: Input<Route>, now: Moment & { caller: Caller | undefined }) => Step,
): (deps: PostDeps, input: Input<Route>, request: Request) => Promise<Response> {
  return async (deps, input, request) => {
    const { id } = input as { id: string }
    const { caller } = request
    const take = (order: Order, moment: Moment) => step(order, input, { ...moment, caller })
    return answer(await changeOrder(deps, commandOf(request, route), id, take))
  }
}

/** Holds that a token is of one of these accounts, and answers with whose. Throws `NotYours`. */
function requireParty(parties: readonly Account[], caller: Caller | undefined): Account {
  const party = parties.find((account) => account === caller?.account)
  if (party !== undefined) return party
  throw new ProblemError(
    'NotYours',
    `the token must be that of ${parties.join(' or ')}: it is that of ${JSON.stringify(caller?.account ?? '')}`,
  )
}

/** What a command answers: the order as it made it, however often and whenever it is asked for again. */
function answer({ order, asset }: Answer): Response {
  return present(order, moneyOf({ asset }))
}

/** An order at a moment, or without one as it was written. */
function present(order: Order, money: Money, at = Number.NEGATIVE_INFINITY): Response {
  const { id, offer, buyer, seller, resource, quantity, seconds, captured, fee, endedAt, dispute } = order
  const state: OrderState = stateOf(order, at)
  const { used, billingSeconds = HOUR_SECONDS, entitlement } = order
  return {
    id,
    offer,
    buyer,
    seller,
    resource,
    quantity: quantity.toString(),
    unit: UNITS[resource],
    price: money(order.price),
    state,
    placedAt: formatMoment(order.placedAt),
    until: formatMoment(order.until),
    ...(endedAt !== undefined && { endedAt: formatMoment(endedAt) }),
    held: money(order.held),
    captured: money(captured),
    fee: money(fee),
    earned: money(captured - fee),
    released: money(releasedBy(order, at)),
    refunded: money(order.refunded),
    ...(seconds !== undefined && { seconds }),
    ...(used !== undefined && {
      usage: { seconds: used.toString(), billingSeconds, bill: money(billOf(order)) },
    }),
    ...(entitlement &&
      state === 'FULFILLED' && {
        entitlement: {
          expiresAt: formatMoment(entitlement.expiresAt),
          ...(entitlement.usesLeft !== undefined && { usesLeft: entitlement.usesLeft.toString() }),
        },
      }),
    ...(dispute && { dispute: { ...dispute, at: formatMoment(dispute.at) } }),
  }
}
