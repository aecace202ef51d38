import type * as z from 'zod'
import { showValue } from '../events/contracts.ts'
import { type Input, type Operation, operations, type RouteKey } from './operations.ts'
import { ProblemError } from './problems.ts'

/** What a route is asked with, as the gateway hands it over: decoded texts. */
export interface RawRequest {
  path?: Record<string, string | undefined> | undefined
  query?: Record<string, string | undefined> | undefined
}

/** Reads path and query parameters by the route's contract. Throws `InvalidParameter` naming rule and value. */
export function readRequest<Key extends RouteKey>(
  key: Key,
  { path = {}, query = {} }: RawRequest,
): Input<Key> {
  const operation: Operation = operations[key]
  return { ...readPart(operation.path, path), ...readPart(operation.query, query) } as Input<Key>
}

function readPart(schema: z.ZodType, values: Record<string, string | undefined>): object {
  const read = schema.safeParse(values)
  if (read.success) return read.data as object
  const issue = read.error.issues[0] as (typeof read.error.issues)[number]
  if (issue.code === 'unrecognized_keys') {
    throw new ProblemError('InvalidParameter', `${issue.keys.join(', ')}: the route has no such parameter`)
  }
  const name = String(issue.path[0])
  const value = values[name]
  throw new ProblemError(
    'InvalidParameter',
    `${name}: ${issue.code === 'invalid_type' && value === undefined ? 'is needed' : issue.message}: got ${showValue(value)}`,
  )
}
