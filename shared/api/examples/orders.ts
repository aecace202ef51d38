import type * as z from 'zod'
import type {
  disputeBody,
  orderBody,
  orderResponse,
  ordersResponse,
  refundBody,
  resolutionBody,
  usageBody,
} from '../contracts/orders.ts'

/** One answer of each route about orders: ten hours of a processor at 101 with a fee of 2.5%, and uses of a model. */

const of = (amount: string) => ({ amount, asset: 'DOT18', decimals: 18 })
const nothing = of('0')

type Answer = z.output<typeof orderResponse>

export const orderRequest: z.input<typeof orderBody> = {
  offer: 'gpu-eu-west-1',
  quantity: '10',
  fulfilWithinSeconds: 604_800,
}
export const usageRequest: z.input<typeof usageBody> = { seconds: 5_400 }
export const disputeRequest: z.input<typeof disputeBody> = { reason: 'the job was never started' }
export const resolutionRequest: z.input<typeof resolutionBody> = { capture: '500' }
export const refundRequest: z.input<typeof refundBody> = { amount: '100' }

export const accepted: Answer = {
  id: '4f6c0b1f7d8e2a3b5c9d0e1f2a',
  offer: 'gpu-eu-west-1',
  buyer: 'lab-3',
  seller: 'collator-007',
  resource: 'gpu-hour',
  quantity: '10',
  unit: 'hour',
  price: of('101'),
  state: 'ACCEPTED',
  placedAt: '2026-01-15T09:30:00Z',
  until: '2026-01-22T09:30:00Z',
  held: of('1010'),
  captured: nothing,
  fee: nothing,
  earned: nothing,
  released: nothing,
  refunded: nothing,
  usage: { seconds: '0', billingSeconds: 3_600, bill: nothing },
}

export const metered: Answer = {
  ...accepted,
  usage: { seconds: '5400', billingSeconds: 3_600, bill: of('202') },
}

/** Two hours have begun: ceil(202 x 2.5%) is 6. */
export const fulfilled: Answer = {
  ...metered,
  state: 'FULFILLED',
  endedAt: '2026-01-15T12:00:00Z',
  captured: of('202'),
  fee: of('6'),
  earned: of('196'),
  released: of('808'),
}

export const cancelled: Answer = {
  ...accepted,
  state: 'CANCELLED',
  endedAt: '2026-01-15T10:00:00Z',
  released: of('1010'),
}

export const disputed: Answer = {
  ...accepted,
  state: 'DISPUTED',
  until: '2026-02-14T10:00:00Z',
  dispute: { at: '2026-01-15T10:00:00Z', ...disputeRequest },
}

export const resolved: Answer = {
  ...disputed,
  state: 'FULFILLED',
  endedAt: '2026-01-20T10:00:00Z',
  captured: of('500'),
  fee: of('13'),
  earned: of('487'),
  released: of('510'),
  dispute: { at: '2026-01-15T10:00:00Z', ...disputeRequest, resolvedBy: 'arbiter-1' },
}

export const refunded: Answer = { ...fulfilled, refunded: of('100') }

const { usage: _, ...unmetered } = fulfilled

/** The licence of a model, after the first of its uses. */
export const used: Answer = {
  ...unmetered,
  offer: 'model-eu-west-1',
  resource: 'model',
  unit: 'use',
  captured: of('1010'),
  fee: of('26'),
  earned: of('984'),
  released: nothing,
  seconds: 86_400,
  entitlement: { expiresAt: '2026-01-16T12:00:00Z', usesLeft: '9' },
}

export const orders: z.output<typeof ordersResponse> = {
  orders: [fulfilled],
  next: 'MS4wMTIzNDU2Nzg5YWJjZGVmLjI',
}
