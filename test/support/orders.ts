import { type Offer, type Resource, UNITS } from '../../shared/domain/market/offer.ts'
import type { FeeTerms } from '../../shared/domain/order/capture.ts'
import { lasts, type Order, type Orderable } from '../../shared/domain/order/order.ts'
import { type Placing, place } from '../../shared/domain/order/place.ts'
import { parsePercent } from '../../shared/domain/percent.ts'
import { parsePolicy } from '../../shared/domain/policy/policy.ts'
import { policyJson } from './policies.ts'

/** Offers and orders as most tests want them; a test states what is different. */

export const DAY_SECONDS = 86_400
const WEEK_SECONDS = 7 * DAY_SECONDS

/** When the orders of these tests are placed. */
export const AT = 1_000_000

/** A policy with an order fee, also one that no new policy may have. */
export function feeOf(percent: string, income: object = { transaction_fee: {} }): FeeTerms {
  const orderFee = parsePercent(percent)
  if (orderFee === undefined) throw new Error(`${percent} is no percentage`)
  return { ...parsePolicy(policyJson({ income })), orderFee }
}

/** A fee that leaves a remainder. */
export const POLICY = feeOf('2.5%')
export const FREE: FeeTerms = parsePolicy(policyJson())

export const ORDERABLE = Object.keys(UNITS).filter((resource) => resource !== 'storage') as Orderable[]

/** An open offer of a hundred units at 101. */
export function offered(resource: Resource, changes: Partial<Offer> = {}): Offer {
  return {
    id: 'offer-1',
    provider: 'sam',
    resource,
    cluster: 'eu-west',
    quantity: 100n,
    price: 101n,
    trust: 0,
    state: 'open',
    takings: [],
    ...changes,
  }
}

export function placing(changes: Partial<Placing> = {}): Placing {
  return { id: 'o1', buyer: 'ann', quantity: 10n, fulfilWithinSeconds: WEEK_SECONDS, ...changes }
}

/** An order of ten units at 101, placed at {@link AT}; streams and licences last a day. */
export function ordered(
  resource: Orderable,
  offer: Partial<Offer> = {},
  changes: Partial<Placing> = {},
): Order {
  const seconds = lasts(resource) ? DAY_SECONDS : undefined
  return place(offered(resource, offer), placing({ seconds, ...changes }), AT, POLICY).order
}
