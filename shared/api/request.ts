import type * as z from 'zod'
import { showValue } from '../events/contracts.ts'
import { type Input, type Operation, operations, type RouteKey } from './operations.ts'
import { ProblemError } from './problems.ts'

/** What a route is asked with, as the gateway hands it over: decoded texts. */
export interface RawRequest {
  path?: Record<string, string | undefined> | undefined
  query?: Record<string, string | undefined> | undefined
  /** Text of the body; absent where none came. */
  body?: string | undefined
}

/** The most that a body may have, bytes of UTF-8: a policy is a page, and is stored as one item. */
const MAX_BODY_BYTES = 256 * 1024

/**
 * Reads path, query and body by the route's contract. Throws `InvalidParameter`, `InvalidBody`, `BodyTooLarge`,
 * naming rule and value.
 */
export function readRequest<Key extends RouteKey>(
  key: Key,
  { path = {}, query = {}, body }: RawRequest,
): Input<Key> {
  const operation: Operation = operations[key]
  return {
    ...readPart(operation.path, path),
    ...readPart(operation.query, query),
    ...(operation.body && { body: readBody(operation.body.schema, body) }),
  } as Input<Key>
}

function readBody(schema: z.ZodType, text = ''): unknown {
  const bytes = Buffer.byteLength(text)
  if (bytes > MAX_BODY_BYTES)
    throw new ProblemError('BodyTooLarge', `a body has at most ${MAX_BODY_BYTES} bytes: got ${bytes}`)
  const value = parseJson(text)
  const read = schema.safeParse(value)
  if (read.success) return read.data
  const issue = read.error.issues[0] as (typeof read.error.issues)[number]
  const where = issue.path.join('.') || 'body'
  if (issue.code === 'unrecognized_keys')
    throw new ProblemError('InvalidBody', `${where}: unknown key ${issue.keys.join(', ')}`)
  throw new ProblemError(
    'InvalidBody',
    `${where}: ${issue.message}: got ${showValue(valueAt(value, issue.path))}`,
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ProblemError('InvalidBody', `a body is JSON: got ${showValue(text)}`)
  }
}

function valueAt(value: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown> | undefined)?.[key], value)
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
