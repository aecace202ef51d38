import { nothing } from '../contracts/network.ts'
import * as orders from '../contracts/orders.ts'
import * as examples from '../examples/orders.ts'
import { KEYED_PROBLEMS, type Operation, type Operations } from '../operation.ts'

const STEP_PROBLEMS = [...KEYED_PROBLEMS, 'UnknownOrder', 'OrderState'] as const

/** What all routes that take an order one step on have in common. */
const step = {
  path: orders.orderPath,
  query: nothing,
  response: orders.orderResponse,
  caching: 'never',
  token: true,
  keyed: true,
} as const satisfies Partial<Operation>

/** Routes about market orders. */
export const orderOperations = {
  'POST /orders': {
    ...step,
    path: nothing,
    id: 'placeOrder',
    summary: 'Accepts an offer: the tokens are held at once',
    description:
      'Of the account of the token. Price x quantity is held until the order is fulfilled, cancelled or resolved, and is ' +
      'available again by itself once it expires; the order keeps the price. Compute is paid by what was used of it, the ' +
      'rest whole. Storage is booked by a quote instead.',
    body: { schema: orders.orderBody, example: examples.orderRequest },
    example: examples.accepted,
    problems: [
      ...KEYED_PROBLEMS,
      'UnknownOffer',
      'OwnOffer',
      'NotOrdered',
      'OrderDuration',
      'OrderTooLarge',
      'NotPriced',
      'OfferNotOpen',
      'OfferFull',
      'NotEnoughCapacity',
      'NotEnough',
      'TooManyHolds',
      'OutboxFull',
    ],
  },
  'GET /orders': {
    id: 'listOrders',
    summary: 'Orders of a buyer or of a seller, newest first',
    path: nothing,
    query: orders.ordersQuery,
    response: orders.ordersResponse,
    example: examples.orders,
    caching: 'never',
    problems: ['InvalidParameter', 'InvalidCursor', 'NetworkNotOpen'],
  },
  'GET /orders/{id}': {
    id: 'readOrder',
    summary: 'One order, as it is now',
    path: orders.orderPath,
    query: nothing,
    response: orders.orderResponse,
    example: examples.accepted,
    caching: 'never',
    problems: ['InvalidParameter', 'UnknownOrder', 'NetworkNotOpen'],
  },
  'POST /orders/{id}/usage': {
    ...step,
    id: 'reportUsage',
    summary: 'Reports how much compute was used',
    description:
      'By the seller, or with the scope `orders:meter`. Reports add up, to no more than was ordered; the sum is rounded ' +
      'up to the billing unit when the order is fulfilled.',
    body: { schema: orders.usageBody, example: examples.usageRequest },
    example: examples.metered,
    problems: [...STEP_PROBLEMS, 'NotMetered', 'UsageTooHigh'],
  },
  'POST /orders/{id}/fulfil': {
    ...step,
    id: 'fulfilOrder',
    summary: 'Delivers: the seller is paid out of the hold',
    description:
      'By the seller. The fee is ceil(captured x orderFee) of the policy in force; what compute has not used goes back. ' +
      'What the buyer of a stream or a model may use begins now.',
    example: examples.fulfilled,
    problems: [...STEP_PROBLEMS, 'NotPriced', 'HoldEnded', 'NotEnoughCapacity'],
  },
  'POST /orders/{id}/cancel': {
    ...step,
    id: 'cancelOrder',
    summary: 'Calls it off: the buyer has everything back',
    description: 'By the seller; by the buyer as long as no usage was reported.',
    example: examples.cancelled,
    problems: [...STEP_PROBLEMS, 'HasBegun', 'HoldEnded'],
  },
  'POST /orders/{id}/dispute': {
    ...step,
    id: 'disputeOrder',
    summary: 'Objects: nothing is paid until it is resolved',
    description:
      'By the buyer. The tokens stay held for 30 days, whenever the order would have expired; when nobody has resolved ' +
      'it by then, they are available to the buyer again.',
    body: { schema: orders.disputeBody, example: examples.disputeRequest },
    example: examples.disputed,
    problems: [...STEP_PROBLEMS, 'HoldEnded', 'NotEnoughCapacity'],
  },
  'POST /orders/{id}/resolve': {
    ...step,
    id: 'resolveOrder',
    summary: 'Ends a dispute: pays all, a part or nothing of what is held',
    body: { schema: orders.resolutionBody, example: examples.resolutionRequest },
    example: examples.resolved,
    problems: [
      ...STEP_PROBLEMS,
      'MissingScope',
      'CaptureTooHigh',
      'NotPriced',
      'HoldEnded',
      'NotEnoughCapacity',
    ],
    scope: 'orders:resolve',
  },
  'POST /orders/{id}/refund': {
    ...step,
    id: 'refundOrder',
    summary: 'Pays back all or a part of what the seller was paid',
    description:
      'By the seller, out of what it has available. The fee is not returned: the most that comes back is captured - fee.',
    body: { schema: orders.refundBody, example: examples.refundRequest },
    example: examples.refunded,
    problems: [...STEP_PROBLEMS, 'RefundTooHigh', 'NotEnough'],
  },
  'POST /orders/{id}/uses': {
    ...step,
    id: 'useOrder',
    summary: 'Uses a model once',
    description: 'By the buyer, until the licence is over or as often as was ordered, whichever comes first.',
    example: examples.used,
    problems: [...STEP_PROBLEMS, 'NotEntitled'],
  },
} as const satisfies Operations
