import { isByBlock } from '../calendar.ts'
import { ExchequerError } from '../errors.ts'
import { largestRemainder } from '../largest-remainder.ts'
import { MAX_AMOUNT, max, mulDivCeil, sum } from '../money.ts'
import { formatPercent, WHOLE } from '../percent.ts'
import { obligationsOf } from '../policy/columns.ts'
import type { Policy } from '../policy/schema.ts'
import { type Resource, UNITS } from './offer.ts'

/** Kind of income that a booking is. */
export const BOOKING_KIND = 'access_requirement'
/** The obligation that the providers of a booking are due. */
export const PROVIDERS_DUE = 'utilisation'

/** How a quote is priced: of the policy that ruled when it was made, and kept with it. */
export interface Terms {
  mode: 'uniform-clearing' | 'pay-as-bid' | 'weighted-average'
  /** What a price is for, seconds. */
  periodSeconds: number
  /** Parts per billion. */
  scaling: bigint
  margin: bigint
  /** An offer above it is not eligible, base units. */
  maxClusterPrice: bigint
  validitySeconds: number
}

/** Units taken of one offer, and its price. */
export interface Share {
  quantity: bigint
  price: bigint
}

/** What a quote comes to, base units. */
export interface Price {
  /** What each unit costs in a period; of a weighted average rounded up. Absent where each offer has its own. */
  clusterPrice?: bigint
  /** What all units together cost in a period, before scaling. */
  value: bigint
  base: bigint
  requirement: bigint
  /** What each offer's provider is due, in the order of the offers: together the base. */
  entitlements: bigint[]
}

/**
 * How this policy prices a booking. Source of the rule: policy `pricing`.
 * Throws `NotPriced` where it prices no booking of the kind, with the reason.
 */
export function termsOf(policy: Policy, resource: Resource, seconds: number): Terms {
  const { pricing } = policy
  if (!pricing) throw notPriced('the policy has no `pricing`')
  if (isByBlock(policy.era.calendar))
    throw notPriced('a booking is for seconds, and eras are counted in blocks')
  if (UNITS[resource] !== pricing.unit)
    throw notPriced(
      `the policy prices ${pricing.unit}: ${resource} is counted in ${UNITS[resource]}, and is ordered`,
    )
  if (pricing.period === 0) throw notPriced('the period of a price is above 0: the policy has 0')
  const { minimumDuration = 0 } = pricing
  if (seconds * 1000 < minimumDuration)
    throw notPriced(`a booking lasts at least ${minimumDuration / 1000} seconds: got ${seconds}`)
  requireBookable(policy)
  return {
    mode: pricing.clusterPrice,
    periodSeconds: pricing.period / 1000,
    scaling: pricing.scaling,
    margin: pricing.margin,
    maxClusterPrice: pricing.maxClusterPrice,
    validitySeconds: pricing.quoteValidity / 1000,
  }
}

/** Holds that a policy takes in what a booking brings, and pays its providers. Throws `NotPriced`. */
export function requireBookable(policy: Policy): void {
  if (!Object.hasOwn(policy.income, BOOKING_KIND))
    throw notPriced(`a booking is income of the kind ${BOOKING_KIND}: the policy has no such kind`)
  if (!obligationsOf(policy).includes(PROVIDERS_DUE))
    throw notPriced(`providers are paid the obligation ${PROVIDERS_DUE}: no line of the policy pays it`)
}

/**
 * Prices what was taken, at least one share, in the order of the offers. Source of the rule: policy language, Quotes.
 *
 * base = ceil(value x seconds x scaling / period), requirement = ceil(base x (1 + margin)), where value is
 * - uniform-clearing: the highest price x quantity;
 * - weighted-average: sum(price x quantity), so each unit costs the average of the prices by quantity, exactly;
 * - pay-as-bid: the same sum, each offer for its own price.
 * The base is parted by largest remainder: by quantity, or where each offer has its own price by price x quantity.
 * Throws `NotPriced` where a booking would cost nothing, or more than there can be.
 */
export function priceOf(shares: readonly Share[], seconds: number, terms: Terms): Price {
  const quantity = sum(shares.map((share) => share.quantity))
  const values = shares.map((share) => share.price * share.quantity)
  const bid = sum(values)
  const highest = shares.map(({ price }) => price).reduce(max)
  const { mode, scaling, margin, periodSeconds } = terms
  const value = mode === 'uniform-clearing' ? highest * quantity : bid
  const base = mulDivCeil(value * BigInt(seconds), scaling, BigInt(periodSeconds) * WHOLE)
  const requirement = mulDivCeil(base, WHOLE + margin, WHOLE)
  if (base === 0n)
    throw notPriced(`a booking costs something: got 0 at a scaling of ${formatPercent(scaling)}`)
  if (requirement > MAX_AMOUNT) throw notPriced(`an amount is at most 10^38 - 1: got ${requirement}`)
  const weights = mode === 'pay-as-bid' ? values : shares.map((share) => share.quantity)
  const clusterPrice = mode === 'uniform-clearing' ? highest : mulDivCeil(bid, 1n, quantity)
  return {
    ...(mode !== 'pay-as-bid' && { clusterPrice }),
    value,
    base,
    requirement,
    entitlements: largestRemainder(base, weights),
  }
}

/** The formulas of a price with its numbers, in base units, for whoever checks it with a calculator. */
export function formulasOf(
  shares: readonly Share[],
  seconds: number,
  terms: Terms,
  { clusterPrice, value, base, requirement }: Omit<Price, 'entitlements'>,
): { value: string; base: string; requirement: string } {
  const { mode, scaling, margin, periodSeconds } = terms
  const quantity = sum(shares.map((share) => share.quantity))
  const isUniform = mode === 'uniform-clearing'
  return {
    value: isUniform
      ? `highest price x quantity = ${clusterPrice} x ${quantity} = ${value}`
      : `sum of price x quantity of the offers taken = ${value}`,
    base: `ceil(value x seconds x scaling / period) = ceil(${value} x ${seconds} x ${formatPercent(scaling)} / ${periodSeconds}) = ${base}`,
    requirement: `ceil(base x (1 + margin)) = ceil(${base} x ${formatPercent(WHOLE + margin)}) = ${requirement}`,
  }
}

function notPriced(why: string): ExchequerError {
  return new ExchequerError('NotPriced', `a booking is priced by the policy: ${why}`)
}
