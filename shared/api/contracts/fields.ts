import * as z from 'zod'
import { isParticipant, normaliseAccount } from '../../domain/account.ts'

/** The small fields that requests and responses are made of. */

const ACCOUNT_RULE = 'an account is 1 to 128 of A-Z a-z 0-9 : . _ -'
const ID_RULE = 'an id is 1 to 128 printable ASCII characters'
const WHOLE_RULE = 'a whole number from 0, without sign or leading zeros'

/** A participant as it is asked for: EVM addresses are answered in lower case. */
export const accountParam = z
  .string(ACCOUNT_RULE)
  .refine(isParticipant, ACCOUNT_RULE)
  .transform(normaliseAccount)
  .meta({
    description: 'A participant. EVM addresses (0x and 40 hex digits) are lower-cased.',
    example: 'collator-007',
    override: { pattern: '^[A-Za-z0-9:._-]{1,128}$' },
  })

export const idParam = z
  .string()
  .regex(/^[\x20-\x7e]{1,128}$/, ID_RULE)
  .meta({
    description: 'The id its producer gave it. Percent-encode what is not a letter or digit.',
    example: 'coretime-2026-01-17',
  })

function wholeNumber(what: string, least: number, most: number) {
  return z.string().transform((text, context) => {
    const value = /^(0|[1-9][0-9]{0,14})$/.test(text) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    context.addIssue({ code: 'custom', message: `${what} is ${WHOLE_RULE}, ${least} to ${most}` })
    return z.NEVER
  })
}

/** The greatest era that can be asked for: eras are written with twelve digits. */
export const MAX_ERA = 999_999_999_999

export const eraParam = wholeNumber('an era', 0, MAX_ERA).meta({
  description: 'Number of an era, counted from 0.',
  example: 2,
  override: { type: 'integer', minimum: 0, maximum: MAX_ERA },
})

export const versionParam = wholeNumber('a policy version', 1, 999_999).meta({
  description: 'Number of a policy version, counted from 1.',
  example: 1,
  override: { type: 'integer', minimum: 1, maximum: 999_999 },
})

const MAX_LIMIT = 100

export const limitParam = wholeNumber('a limit', 1, MAX_LIMIT)
  .prefault('20')
  .meta({
    description: 'The most rows an answer has.',
    override: { type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: 20 },
  })

export const cursorParam = z
  .string()
  .min(1, 'a cursor is what an earlier answer gave as `next`')
  .max(1_024, 'a cursor has at most 1,024 characters')
  .optional()
  .meta({ description: 'Where the list goes on: what the earlier answer gave as `next`. Opaque.' })

const digits = /^(0|[1-9][0-9]{0,79})$/
const signedDigits = /^(0|-?[1-9][0-9]{0,79})$/
const asset = {
  asset: z.string().meta({ example: 'INFINITE' }),
  decimals: z.int().min(0).max(18).meta({ example: 18 }),
}

/** An amount of base units with the asset it is of. */
export const amount = z
  .strictObject({ amount: z.string().regex(digits).meta({ example: '3500' }), ...asset })
  .meta({ id: 'Amount', description: 'Base units as a decimal string, with the asset and its decimals.' })

const MOVED_RULE = 'an amount that moves is a whole number from 1 to 10^38 - 1 as a decimal string'

/** What a request moves, of the network's one asset. */
export const amountMoved = z
  .string(MOVED_RULE)
  .regex(/^[1-9][0-9]{0,37}$/, MOVED_RULE)
  .meta({ description: 'Base units as a decimal string, above 0.', example: '3500' })

/** An amount that may be below zero (a net). */
export const signedAmount = z
  .strictObject({ amount: z.string().regex(signedDigits).meta({ example: '-3500' }), ...asset })
  .meta({ id: 'SignedAmount', description: 'As Amount, and may be below zero.' })

/** A plain whole number too large for a JSON number: weights and running sums. */
export const quantity = z
  .string()
  .regex(digits)
  .meta({ id: 'Quantity', description: 'A whole number as a decimal string.', example: '120000' })

/** Any JSON value, as somebody else wrote it. */
export const json = z.json().meta({ id: 'Json' })

export const count = z.int().nonnegative()
export const era = z
  .int()
  .nonnegative()
  .meta({ description: 'Number of an era, counted from 0.', example: 2 })
export const account = z
  .string()
  .min(1)
  .meta({ description: 'A participant, or a system account (`@...`).', example: 'collator-007' })
export const digest = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .meta({
    description: 'sha-256, lower-case hex.',
    example: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  })
export const moment = z.iso
  .datetime()
  .meta({ id: 'Moment', description: 'ISO 8601, UTC.', example: '2026-01-15T00:00:00Z' })
export const position = z
  .union([z.int().nonnegative(), moment])
  .meta({ id: 'Position', description: 'A block number where eras are counted in blocks, else a moment.' })
export const next = z.string().optional().meta({ description: 'Cursor of what follows; absent at the end.' })

/** Words beside a stable code: for people, and for programs. */
export const reason = z
  .strictObject({
    code: z.string().meta({ example: 'stages.profit.collators' }),
    words: z.string().meta({ example: 'line "collators" of stage "profit"' }),
  })
  .meta({ id: 'Reason', description: 'Why: a stable code, and the same in words.' })

/** What a command is called by for ever. */
export const command = z.string().meta({
  description:
    'Id of the command, the same for all whom it moved money of; or the event that it follows from.',
  example: '9a3f5c1e7b2d4860f1c2a9b3d4',
})
