import type * as z from 'zod'
import type { ProblemCode } from './problems.ts'

/** How long an answer may be kept: not at all, for seconds, or for ever because it never changes. */
export type Caching = 'never' | 'briefly' | 'forever'

/** One route: what is asked, what is answered, which problems there are, and who may ask. */
export interface Operation {
  id: string
  summary: string
  description?: string
  path: z.ZodObject
  query: z.ZodObject
  /** What a request that changes something carries, as JSON. */
  body?: { schema: z.ZodType; example: unknown }
  response: z.ZodType
  example: unknown
  caching: Caching
  problems: readonly ProblemCode[]
  /** The scope a token must have; absent where anybody may read, or where whose token it is decides. */
  scope?: string
  /** Whether any token is needed: whose it must be, or which scope it must have instead, depends on what is asked. */
  token?: true
  /** Whether a request brings an `Idempotency-Key`: it is done once for each key, and answered alike each time. */
  keyed?: true
  /** Whether it may bring one, as a PUT may: with a key it is done once, without it as often as it is sent. */
  mayBeKeyed?: true
}

/** Routes by their key in the gateway. */
export type Operations = Record<`${'GET' | 'POST' | 'PUT'} /${string}`, Operation>

/** Problems of every request that brings a token, and of those that change something and may bring a key. */
export const TOKEN_PROBLEMS = ['Unauthenticated', 'NotYours', 'InvalidParameter', 'NetworkNotOpen'] as const
export const KEYED_PROBLEMS = [
  ...TOKEN_PROBLEMS,
  'InFlight',
  'InvalidBody',
  'BodyTooLarge',
  'StoreBusy',
  'KeyNeeded',
  'KeyReused',
] as const
