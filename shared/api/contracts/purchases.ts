import * as z from 'zod'
import {
  account,
  accountParam,
  amount,
  count,
  cursorParam,
  era,
  idParam,
  json,
  limitParam,
  moment,
  next,
} from './fields.ts'

/** Requests and responses about computing resources bought for the network. */

export const purchasesQuery = z
  .strictObject({
    buyer: accountParam.optional(),
    id: idParam.optional(),
    cursor: cursorParam,
    limit: limitParam,
  })
  .refine(({ buyer, id }) => (buyer === undefined) !== (id === undefined), {
    path: ['buyer', 'id'],
    message: 'purchases are asked for by exactly one of `buyer` and `id`',
  })
export const purchasePath = z.strictObject({ id: idParam })

export const purchaseResponse = z
  .strictObject({
    id: z.string(),
    buyer: account,
    kind: z.string(),
    amount,
    occurredAt: moment,
    block: count.optional(),
    era: era.meta({ description: 'The era that counted its cost.' }),
    details: json.optional().meta({ description: 'Whatever its producer added.' }),
  })
  .meta({ id: 'Purchase' })

export const purchasesResponse = z
  .strictObject({ purchases: z.array(purchaseResponse), next })
  .meta({ id: 'Purchases' })
