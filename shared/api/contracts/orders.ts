import * as z from 'zod'
import { isOfferId, OFFER_ID_RULE, type Resource, UNITS } from '../../domain/market/offer.ts'
import {
  account,
  accountParam,
  amount,
  amountMoved,
  cursorParam,
  idParam,
  limitParam,
  moment,
  next,
  quantity,
} from './fields.ts'

/** Requests and responses about market orders. */

const DAY_SECONDS = 86_400
const MAX_FULFIL_SECONDS = 366 * DAY_SECONDS
const MAX_LASTING_SECONDS = 100 * 366 * DAY_SECONDS
const MAX_USAGE_SECONDS = 1_000_000_000_000

const QUANTITY_RULE = 'a quantity is a whole number from 1 to 10^38 - 1 as a decimal string'
const SECONDS_RULE = 'a stream or a licence lasts a whole number of seconds, from 1 to 100 years'
const FULFIL_RULE = 'an order waits a whole number of seconds, from 1 to 366 days'
const USAGE_RULE = `usage is a whole number of seconds, from 1 to ${MAX_USAGE_SECONDS}`
const REASON_RULE = 'a reason is 1 to 256 characters, none of them a control character'
const CAPTURE_RULE = 'what is captured is a whole number from 0 to 10^38 - 1 as a decimal string'

const RESOURCES = Object.keys(UNITS).filter((resource) => resource !== 'storage') as Exclude<
  Resource,
  'storage'
>[]

const STATES = ['ACCEPTED', 'FULFILLED', 'CANCELLED', 'EXPIRED', 'DISPUTED', 'REFUNDED'] as const

export const orderPath = z.strictObject({ id: idParam })

export const ordersQuery = z
  .strictObject({
    buyer: accountParam.optional(),
    seller: accountParam.optional(),
    cursor: cursorParam,
    limit: limitParam,
  })
  .refine(({ buyer, seller }) => (buyer === undefined) !== (seller === undefined), {
    path: ['buyer', 'seller'],
    message: 'orders are asked for by exactly one of `buyer` and `seller`',
  })

export const orderBody = z.strictObject({
  offer: z.string(OFFER_ID_RULE).refine(isOfferId, OFFER_ID_RULE).meta({ example: 'gpu-eu-west-1' }),
  quantity: z
    .string(QUANTITY_RULE)
    .regex(/^[1-9][0-9]{0,37}$/, QUANTITY_RULE)
    .meta({
      description: 'Units of what is on offer: hours of compute, uses of a model.',
      example: '10',
    }),
  seconds: z
    .int(SECONDS_RULE)
    .min(1, SECONDS_RULE)
    .max(MAX_LASTING_SECONDS, SECONDS_RULE)
    .optional()
    .meta({ description: 'How long a stream or a licence lasts from its fulfilment; of these only.' }),
  fulfilWithinSeconds: z
    .int(FULFIL_RULE)
    .min(1, FULFIL_RULE)
    .max(MAX_FULFIL_SECONDS, FULFIL_RULE)
    .default(7 * DAY_SECONDS)
    .meta({ description: 'How long the seller has to deliver: then the order expires.' }),
})

export const usageBody = z.strictObject({
  seconds: z
    .int(USAGE_RULE)
    .min(1, USAGE_RULE)
    .max(MAX_USAGE_SECONDS, USAGE_RULE)
    .meta({ description: 'Used since the last report: reports add up.', example: 5_400 }),
})

export const disputeBody = z.strictObject({
  reason: z
    .string(REASON_RULE)
    .regex(/^[^\p{Cc}\p{Cs}]{1,256}$/u, REASON_RULE)
    .meta({
      description: 'What buyer and seller read in the order, and so does everybody who may read the books.',
      example: 'not as ordered',
    }),
})

export const resolutionBody = z.strictObject({
  capture: z
    .string(CAPTURE_RULE)
    .regex(/^(0|[1-9][0-9]{0,37})$/, CAPTURE_RULE)
    .meta({
      description:
        'Base units of the hold that are paid, less the fee; the rest goes back. 0: all goes back.',
      example: '0',
    }),
})

export const refundBody = z.strictObject({
  amount: amountMoved.optional().meta({ description: 'All that can be refunded where it is not said.' }),
})

export const orderResponse = z
  .strictObject({
    id: z.string(),
    offer: z.string(),
    buyer: account,
    seller: account,
    resource: z.enum(RESOURCES),
    quantity,
    unit: z.string().meta({ example: 'hour' }),
    price: amount.meta({ description: 'Per unit, as the offer had it when the order was placed.' }),
    state: z.enum(STATES).meta({
      description:
        'EXPIRED: the hold has ended by itself. FULFILLED: the seller was paid. REFUNDED: all that it was paid went back.',
    }),
    placedAt: moment,
    until: moment.meta({
      description:
        'When the hold ends by itself, unless the order ended before: it expires, or its dispute does.',
    }),
    endedAt: moment.optional().meta({ description: 'When it was fulfilled, cancelled or resolved.' }),
    held: amount.meta({ description: 'price x quantity. Of what has ended, captured + released.' }),
    captured: amount.meta({ description: 'Paid out of the hold: fee + earned.' }),
    fee: amount.meta({ description: 'ceil(captured x orderFee): the network keeps it, also in a refund.' }),
    earned: amount.meta({ description: 'captured - fee: paid to the seller.' }),
    released: amount.meta({ description: 'Available to the buyer again.' }),
    refunded: amount.meta({ description: 'Paid back by the seller, at most `earned`.' }),
    seconds: z.int().optional().meta({ description: 'How long a stream or a licence lasts.' }),
    usage: z
      .strictObject({
        seconds: quantity.meta({ description: 'Reported so far.' }),
        billingSeconds: z.int().meta({ description: 'What has begun of so many seconds is billed whole.' }),
        bill: amount.meta({ description: 'ceil(price x billed seconds / 3600), at most what is held.' }),
      })
      .optional()
      .meta({ description: 'Of compute.' }),
    entitlement: z.strictObject({ expiresAt: moment, usesLeft: quantity.optional() }).optional().meta({
      description: 'What a fulfilled stream or model may be used for; not of one that was refunded.',
    }),
    dispute: z.strictObject({ at: moment, reason: z.string(), resolvedBy: account.optional() }).optional(),
  })
  .meta({ id: 'Order' })

export const ordersResponse = z.strictObject({ orders: z.array(orderResponse), next }).meta({ id: 'Orders' })
