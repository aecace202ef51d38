import * as z from 'zod'
import { type Account, isParticipant, isSystemAccountName, normaliseAccount } from '../account.ts'
import { parseMoment } from '../calendar.ts'
import { parseDuration } from '../duration.ts'
import { isAmount } from '../money.ts'
import { isName, NAME_RULE } from '../name.ts'
import { parsePercent } from '../percent.ts'
import { describeIssue } from './issues.ts'

/** The small fields a policy is made of: each reads a JSON value and answers with the value the domain computes with. */

function field<T>(rule: string, read: (text: string) => T | undefined) {
  return z.string(`${rule}`).transform((text, context): T => {
    const value = read(text)
    if (value !== undefined) return value
    context.addIssue({ code: 'custom', message: `${rule}: got ${JSON.stringify(text)}` })
    return z.NEVER
  })
}

/** A decimal string of base units, as a bigint. */
export const amount = field('an amount is a whole number from 0 to 10^38 - 1 as a decimal string', (text) =>
  isAmount(text) ? BigInt(text) : undefined,
)

/** An amount that may be below zero (bounds of a net). */
export const signedAmount = field(
  'a signed amount is a whole number of up to 38 digits as a decimal string',
  (text) => (isAmount(text.replace(/^-(?=[1-9])/, '')) ? BigInt(text) : undefined),
)

/** A percentage with up to 7 decimals, as parts per billion. */
export const percent = field('a percentage is written like "33.9%", with up to 7 decimals', parsePercent)

/** An ISO 8601 duration of days and time, in milliseconds. */
export const duration = field('a duration is written like "P7D" or "PT5M" (days and time)', parseDuration)

/** An ISO 8601 moment with an offset, in milliseconds since 1970. */
export const moment = field('a moment is written like "2026-01-01T00:00:00Z"', parseMoment)

/** The name of a system account. */
export const systemAccount = field<Account>('a system account is written like "@system-reserve"', (text) =>
  isSystemAccountName(text) ? text : undefined,
)

/** A participant or a system account. */
export const account = field<Account>(
  'an account is a participant ([A-Za-z0-9:._-], 1 to 128) or a system account',
  (text) => (isSystemAccountName(text) || isParticipant(text) ? normaliseAccount(text) : undefined),
)

/** Where a line pays: a system account, or `group:<name>`. */
export const destination = field('a line pays "@a-system-account" or "group:a-group"', (text) =>
  isSystemAccountName(text) || GROUP.test(text) ? text : undefined,
)

const GROUP = /^group:[a-z0-9][a-z0-9-]{0,63}$/

/** Ids of stages, lines and groups. `rest` is how a stage reports what is left, so no line may be called that. */
export const id = field('an id is lower-case letters, digits and "-" (1 to 64), and not "rest"', (text) =>
  /^[a-z0-9][a-z0-9-]{0,63}$/.test(text) && text !== 'rest' && !(text in Object.prototype) ? text : undefined,
)

/** Names of kinds, metrics and obligations. */
export const name = field(NAME_RULE, (text) => (isName(text) ? text : undefined))

/** A point of spread or vesting: an ISO moment, or a block number where eras are counted in blocks. */
export const position = z.union(
  [z.int().nonnegative(), moment],
  'a position is an ISO 8601 moment, or a block number in block eras',
)

/**
 * An object that is recognised by which one of `options` it has as a key; the whole object is then read by that
 * option's schema, so that a mistake is reported where it is and not as a failed union.
 */
export function byKey<const Options extends Record<string, z.ZodType>>(rule: string, options: Options) {
  return z.unknown().transform((value, context): z.output<Options[keyof Options]> => {
    const present =
      typeof value === 'object' && value !== null
        ? Object.keys(options).filter((key) => Object.hasOwn(value, key))
        : []
    const key = present[0]
    if (key === undefined || present.length > 1) {
      const found = present.length > 1 ? `got ${present.join(' and ')}` : `got ${JSON.stringify(value)}`
      context.addIssue({
        code: 'custom',
        message: `${rule} has exactly one of ${Object.keys(options).join(', ')}: ${found}`,
      })
      return z.NEVER
    }
    const read = (options[key] as z.ZodType).safeParse(value)
    if (read.success) return read.data as z.output<Options[keyof Options]>
    for (const issue of read.error.issues) {
      context.addIssue({ code: 'custom', message: describeIssue(issue, value), path: issue.path })
    }
    return z.NEVER
  })
}
