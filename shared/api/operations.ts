import type * as z from 'zod'
import { accountOperations } from './operations/accounts.ts'
import { bookOperations } from './operations/books.ts'
import { marketOperations } from './operations/market.ts'
import { orderOperations } from './operations/orders.ts'
import { payoutOperations } from './operations/payouts.ts'

/** Every route of the API by its key in the gateway: the contract that handlers, tests and OpenAPI share. */
export const operations = {
  ...accountOperations,
  ...marketOperations,
  ...orderOperations,
  ...payoutOperations,
  ...bookOperations,
}

export type RouteKey = keyof typeof operations

/** What a route's handler is given: path and query parameters in one object, read, and the body as `body`. */
export type Input<Key extends RouteKey> = Named<(typeof operations)[Key]['path']> &
  Named<(typeof operations)[Key]['query']> &
  Body<(typeof operations)[Key]>

/** Of no parameters nothing is said: that there are none would be said of all that stands beside them. */
type Named<Part extends z.ZodType> = string extends keyof z.output<Part> ? unknown : z.output<Part>

type Body<Of> = Of extends { body: { schema: infer Schema extends z.ZodType } }
  ? { body: z.output<Schema> }
  : unknown

/** What a route's handler answers with. */
export type Output<Key extends RouteKey> = z.output<(typeof operations)[Key]['response']>
