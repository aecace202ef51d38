import * as z from 'zod'
import { parseMoment } from '../../domain/calendar.ts'
import {
  isCluster,
  isOfferId,
  MAX_TRUST,
  OFFER_ID_RULE,
  OFFER_STATES,
  type Resource,
  UNITS,
} from '../../domain/market/offer.ts'
import { NAME_RULE } from '../../domain/name.ts'
import { isMetered } from '../../domain/order/order.ts'
import {
  account,
  accountParam,
  amount,
  count,
  cursorParam,
  idParam,
  limitParam,
  moment,
  next,
  quantity,
} from './fields.ts'

/** Requests and responses about offers, quotes and bookings. */

/** A hundred years. */
const MAX_SECONDS = 3_162_240_000
const MAX_BILLING_SECONDS = 86_400

const QUANTITY_RULE = 'a quantity is a whole number from 1 to 10^38 - 1 as a decimal string'
const PRICE_RULE = 'a price is a whole number of base units from 0 to 10^38 - 1 as a decimal string'
const SECONDS_RULE = 'a time is a whole number of seconds, from 1 to 100 years'
const BILLING_RULE = 'a billing unit is a whole number of seconds, from 1 to 86400'
const TRUST_RULE = `trust is a whole number from 0 to ${MAX_TRUST}`
const MOMENT_RULE = 'a moment is written like "2026-01-01T00:00:00Z"'

const digits = /^(0|[1-9][0-9]{0,37})$/
const RESOURCES = Object.keys(UNITS) as Resource[]
const PRICINGS = ['uniform-clearing', 'pay-as-bid', 'weighted-average'] as const

const resource = z
  .enum(RESOURCES, `a resource is one of ${RESOURCES.join(', ')}`)
  .meta({ example: 'storage' })
const unit = z.enum(Object.values(UNITS)).meta({ description: 'Follows from the resource.', example: 'TB' })
const cluster = z
  .string(NAME_RULE)
  .refine(isCluster, NAME_RULE)
  .meta({ example: 'eu-west', override: { pattern: '^[A-Za-z][A-Za-z0-9_.-]{0,63}$' } })
const units = z
  .string(QUANTITY_RULE)
  .regex(/^[1-9][0-9]{0,37}$/, QUANTITY_RULE)
  .meta({ description: 'Whole units of the resource.', example: '1000' })
const price = z.string(PRICE_RULE).regex(digits, PRICE_RULE)
const seconds = z.int(SECONDS_RULE).min(1, SECONDS_RULE).max(MAX_SECONDS, SECONDS_RULE)
const trust = z.int(TRUST_RULE).min(0, TRUST_RULE).max(MAX_TRUST, TRUST_RULE)

export const offerPath = z.strictObject({
  id: z
    .string()
    .refine(isOfferId, OFFER_ID_RULE)
    .meta({ example: 'collator-007-storage', override: { pattern: '^[A-Za-z0-9:._-]{1,128}$' } }),
})

export const offerBody = z
  .strictObject({
    provider: accountParam.optional().meta({
      description: 'The account of the token where it is not said. Of another: scope `offers:write`.',
    }),
    resource,
    cluster,
    quantity: units,
    price: price.meta({
      description: 'Base units for a unit; of what is booked by quotes, for a unit and the pricing period.',
      example: '2800000000000000000',
    }),
    minSeconds: seconds.optional().meta({ description: 'Shortest time for which it is booked.' }),
    maxSeconds: seconds.optional().meta({ description: 'Longest time for which it is booked.' }),
    committedUntil: z
      .string(MOMENT_RULE)
      .refine((text) => parseMoment(text) !== undefined, MOMENT_RULE)
      .optional()
      .meta({ description: 'No booking may last longer. Without it the commitment has no end.' }),
    billingSeconds: z
      .int(BILLING_RULE)
      .min(1, BILLING_RULE)
      .max(MAX_BILLING_SECONDS, BILLING_RULE)
      .optional()
      .meta({
        description: 'Of compute that is ordered: what has begun of so many seconds is billed whole.',
      }),
    trust: trust
      .optional()
      .meta({ description: 'Only with the scope `offers:write`; stays as it is where it is not said.' }),
    state: z
      .enum(OFFER_STATES)
      .default('open')
      .meta({ description: 'Withdrawn is for ever. What was sold stays sold, at its price.' }),
  })
  .refine(({ minSeconds = 1, maxSeconds = MAX_SECONDS }) => minSeconds <= maxSeconds, {
    path: ['maxSeconds'],
    message: 'the longest time is not below the shortest',
  })
  .refine(({ resource, billingSeconds }) => billingSeconds === undefined || isMetered(resource), {
    path: ['billingSeconds'],
    message: 'only compute (cpu-hour, gpu-hour) is billed by the time it is used',
  })

export const offerResponse = z
  .strictObject({
    id: z.string(),
    provider: account,
    resource,
    unit,
    cluster: z.string(),
    quantity,
    taken: quantity.meta({ description: 'By quotes, bookings and orders.' }),
    available: quantity.meta({ description: 'Can be taken now: none of an offer that is not open.' }),
    price: amount,
    minSeconds: z.int().optional(),
    maxSeconds: z.int().optional(),
    committedUntil: moment.optional(),
    billingSeconds: z.int().optional(),
    trust: z.int(),
    state: z.enum(OFFER_STATES),
  })
  .meta({ id: 'Offer' })

export const offersQuery = z
  .strictObject({
    provider: accountParam.optional().meta({ description: 'All offers of a provider, by id.' }),
    resource: resource
      .optional()
      .meta({ description: 'Open offers of a resource, in the order of the market.' }),
    cluster: cluster.optional().meta({ description: 'Of a resource: only those of this cluster.' }),
    maxPrice: price.optional().meta({
      description: 'Of a cluster: only those that have units to sell for no more than this, base units.',
    }),
    cursor: cursorParam,
    limit: limitParam,
  })
  .refine(({ provider, resource }) => (provider === undefined) !== (resource === undefined), {
    path: ['provider', 'resource'],
    message: 'offers are asked for by exactly one of `provider` and `resource`',
  })
  .refine(({ resource, cluster }) => cluster === undefined || resource !== undefined, {
    path: ['cluster'],
    message: 'a cluster is asked for with its `resource`',
  })
  .refine(({ cluster, maxPrice }) => maxPrice === undefined || cluster !== undefined, {
    path: ['maxPrice'],
    message: 'prices are compared within one `cluster`',
  })

export const offersResponse = z.strictObject({ offers: z.array(offerResponse), next }).meta({ id: 'Offers' })

export const quoteBody = z.strictObject({
  resource,
  cluster,
  quantity: units,
  seconds: seconds.meta({ description: 'How long a booking lasts from its acceptance.', example: 2_592_000 }),
})

export const quotePath = z.strictObject({ id: idParam })

const lot = z
  .strictObject({
    offer: z.string(),
    provider: account,
    quantity,
    price: amount.meta({ description: 'Reservation price: a booking keeps it.' }),
    entitlement: amount.meta({
      description:
        'Due to the provider over the whole booking. All together are the base, parted by largest remainder: by quantity, of pay-as-bid by price x quantity.',
    }),
  })
  .meta({ id: 'Lot', description: 'What is taken of one offer.' })

const sold = {
  buyer: account,
  resource,
  unit,
  cluster: z.string(),
  quantity,
  seconds: z.int(),
  offers: z.array(lot).meta({ description: 'In the order in which they were taken.' }),
  base: amount.meta({ description: 'All that providers are due.' }),
  requirement: amount.meta({ description: 'ceil(base x (1 + margin)): what the buyer pays.' }),
}

export const quoteResponse = z
  .strictObject({
    id: z.string(),
    state: z.enum(['open', 'accepted', 'expired']),
    ...sold,
    at: moment,
    expiresAt: moment.meta({ description: 'Accepted before then, or never: the units are free again.' }),
    policyVersion: count,
    pricing: z.strictObject({
      clusterPrice: z.enum(PRICINGS),
      periodSeconds: z.int(),
      scaling: z.string().meta({ example: '100%' }),
      margin: z.string().meta({ example: '25%' }),
      maxClusterPrice: amount.meta({ description: 'No offer above it is taken.' }),
    }),
    clusterPrice: amount.optional().meta({
      description:
        'What each unit costs in a period: the highest price taken, or the average by quantity, rounded up. Absent where each offer has its own.',
    }),
    margin: amount.meta({ description: 'requirement - base.' }),
    formulas: z
      .strictObject({ value: z.string(), base: z.string(), requirement: z.string() })
      .meta({ description: 'With their numbers, in base units and seconds.' }),
  })
  .meta({ id: 'Quote' })

export const bookingPath = z.strictObject({ id: idParam })

export const bookingsQuery = z.strictObject({ buyer: accountParam, cursor: cursorParam, limit: limitParam })

export const bookingResponse = z
  .strictObject({
    id: z.string().meta({ description: 'That of its quote.' }),
    quote: z.string(),
    state: z.enum(['active', 'ended']),
    ...sold,
    from: moment,
    to: moment.meta({ description: 'Its units are free from then on, unless it was ended before.' }),
    ended: z
      .strictObject({
        at: moment.meta({ description: 'Nothing is earned, and nobody is due anything, from then on.' }),
        unearned: amount.meta({ description: 'Of the requirement.' }),
        fee: amount.meta({ description: 'ceil(unearned x orderFee): kept by the network.' }),
        refund: amount.meta({ description: 'unearned - fee: credited when the era is settled.' }),
      })
      .optional()
      .meta({ description: 'Of a booking that was ended before its time.' }),
  })
  .meta({ id: 'Booking' })

export const bookingsResponse = z
  .strictObject({ bookings: z.array(bookingResponse), next })
  .meta({ id: 'Bookings' })
