import { hash } from 'node:crypto'
import * as z from 'zod'
import { canonicalJson } from '../domain/policy/policy.ts'
import { showValue } from '../events/contracts.ts'
import type { Caller } from './authority.ts'
import { MAX_NESTING, nestingOf } from './json.ts'
import type { Operation } from './operation.ts'
import { type Input, operations, type RouteKey } from './operations.ts'
import { ProblemError } from './problems.ts'

/** What a use case is told about a request beside what it asks for. */
export interface Request {
  /** Undefined where no token came. */
  caller: Caller | undefined
  /** The `Idempotency-Key`; empty where none came, or on routes that take none. */
  key: string
  /** sha-256 of route, parameters and body, hex: what a key stands for. */
  digest: string
}

/** The command that a keyed request is: one for each caller, route and key, for ever. */
export function commandOf({ caller, key, digest }: Request, route: RouteKey): { id: string; digest: string } {
  // A subject may have any letters: no two callers' ids may be alike.
  return { id: `cmd#${encodeURIComponent(caller?.name ?? '')}#${route}#${key}`, digest }
}

/**
 * The command that a PUT is. With a key it is done once, as any: sent again late it undoes nothing that came since.
 * Without one, what it follows on (the version of what it replaces) and what it says tell it from every other.
 */
export function commandOfPut(
  request: Request,
  route: RouteKey,
  version: number,
): { id: string; digest: string } {
  const { id, digest } = commandOf(request, route)
  if (request.key !== '') return { id, digest }
  return { id: `${id}#${version}#${digest}`, digest }
}

const KEY_RULE = 'an Idempotency-Key is 1 to 128 printable ASCII characters, none of them a space'

export const idempotencyHeader = z.object({
  'Idempotency-Key': z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/, KEY_RULE)
    .meta({
      description: 'The same key again answers as the first time; with another request it is refused.',
      example: '7b0c2f1e-transfer-1',
    }),
})

/** Reads what is asked, who asks, and the key. Throws as {@link readRequest}, and `KeyNeeded`. */
export function requestOf(key: RouteKey, raw: RawRequest, caller: Caller | undefined): Request {
  const { keyed, mayBeKeyed, body: takes }: Operation = operations[key]
  const sorted = Object.entries({ ...raw.path, ...raw.query }).sort(([a], [b]) => (a < b ? -1 : 1))
  // What a route does not take is not looked at: it is no part of what is asked.
  const body = takes && raw.body ? canonicalJson(parseJson(raw.body)) : ''
  const digest = hash('sha256', JSON.stringify([key, sorted, body]), 'hex')
  const hasKey = keyed || (mayBeKeyed && raw.idempotencyKey !== undefined)
  return { caller, key: hasKey ? readKey(raw.idempotencyKey) : '', digest }
}

function readKey(text: string | undefined): string {
  const read = idempotencyHeader.shape['Idempotency-Key'].safeParse(text)
  if (read.success) return read.data
  throw new ProblemError('KeyNeeded', `${KEY_RULE}: got ${showValue(text)}`)
}

/** What a route is asked with, as the gateway hands it over: decoded texts. */
export interface RawRequest {
  path?: Record<string, string | undefined> | undefined
  query?: Record<string, string | undefined> | undefined
  /** Text of the body; absent where none came. */
  body?: string | undefined
  idempotencyKey?: string | undefined
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
  const nesting = nestingOf(text)
  if (nesting > MAX_NESTING)
    throw new ProblemError('InvalidBody', `a body is nested at most ${MAX_NESTING} deep: got ${nesting}`)
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
  const names = issue.path.map(String)
  const given = names.filter((name) => values[name] !== undefined)
  const rule = issue.code === 'invalid_type' && given.length === 0 ? 'is needed' : issue.message
  // A rule about several parameters says of each what it got.
  const got = given.map((name) => (names.length > 1 ? `${name} ` : '') + showValue(values[name]))
  throw new ProblemError(
    'InvalidParameter',
    `${names.join(' or ')}: ${rule}: got ${got.join(', ') || showValue(undefined)}`,
  )
}
