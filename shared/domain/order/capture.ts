import { ExchequerError } from '../errors.ts'
import { min, mulDivCeil } from '../money.ts'
import type { Move } from '../moves.ts'
import { WHOLE } from '../percent.ts'
import type { Policy } from '../policy/schema.ts'
import { HOUR_SECONDS, nameOf, type Order } from './order.ts'

/** Kind of income that the fee on an order is. */
export const FEE_KIND = 'transaction_fee'

/** What a policy says about the fee on an order. */
export type FeeTerms = Pick<Policy, 'orderFee' | 'income'>

/** A step in the life of an order: what it is then, and what moves. */
export interface Step {
  order: Order
  moves: Move[]
}

/**
 * ceil(captured x orderFee), at most all of it, base units. Source of the rule: policy `orderFee`, none where it is
 * absent. Throws `NotPriced` where there is a fee and the policy has no income of the kind `transaction_fee`.
 */
export function feeOn(captured: bigint, { orderFee = 0n, income }: FeeTerms): bigint {
  const fee = min(captured, mulDivCeil(captured, orderFee, WHOLE))
  if (fee === 0n || Object.hasOwn(income, FEE_KIND)) return fee
  throw new ExchequerError(
    'NotPriced',
    `an order fee is income of the kind ${FEE_KIND}: the policy has a fee and income of ${JSON.stringify(Object.keys(income))}`,
  )
}

/**
 * What compute costs by its usage, base units: ceil(price x billed seconds / 3600), what is billed being used seconds
 * rounded up to the billing unit; never above what is held.
 */
export function billOf({ price, held, used = 0n, billingSeconds = HOUR_SECONDS }: Order): bigint {
  const unit = BigInt(billingSeconds)
  const billed = mulDivCeil(used, 1n, unit) * unit
  return min(held, mulDivCeil(price, billed, BigInt(HOUR_SECONDS)))
}

/**
 * Ends the hold of an order: `captured` is paid out of it, first the fee and the rest to the seller, and what is left
 * is the buyer's again. captured + released = held, to the unit. Throws `NotPriced`.
 */
export function endHold(order: Order, captured: bigint, at: number, policy: FeeTerms): Step {
  const { buyer, seller, held } = order
  const hold = nameOf(order)
  const fee = feeOn(captured, policy)
  const paid = captured - fee
  const released = held - captured
  const moves: Move[] = []
  if (fee > 0n) moves.push({ move: 'charge', account: buyer, hold, id: hold, kind: FEE_KIND, amount: fee })
  if (paid > 0n)
    moves.push({ move: 'capture', from: buyer, hold, to: seller, amount: paid, why: `order.${order.id}` })
  if (released > 0n) moves.push({ move: 'release', account: buyer, id: hold, amount: released })
  return { order: { ...order, captured, fee, released, endedAt: at }, moves }
}
