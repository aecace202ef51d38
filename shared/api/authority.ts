import { type Account, isParticipant, normaliseAccount } from '../domain/account.ts'
import { ProblemError } from './problems.ts'

/** The longest name that a token may give, percent-encoded characters. */
const MAX_NAME_LENGTH = 1_024

/** Claims of a token that the gateway has checked; every value comes as text. */
export type Claims = Record<string, unknown>

/** Whose token a request brought, and what it may do. */
export interface Caller {
  /** The account it speaks for; empty where it speaks for none. */
  account: string
  /** Who it is in records: the account, or else the subject, written so that it is no account's name; empty without. */
  name: string
  scopes: readonly string[]
}

/**
 * Who a token speaks for: only its claim `account` says so, for a subject is the issuer's own name for somebody. Issuers
 * write scopes in `scope` or in `scp`; a list reaches us as the gateway writes it: "[a b]". Undefined without a token, and
 * for one whose `account` or `sub` is no name.
 */
export function callerOf(claims: Claims | undefined): Caller | undefined {
  if (!claims) return undefined
  const scopes = [claims.scope, claims.scp].flatMap((claim) => String(claim ?? '').match(/[^\s[\],]+/g) ?? [])
  const account = normaliseAccount(String(claims.account ?? ''))
  const subject = claims.sub === undefined ? '' : `subject ${claims.sub}`
  const name = account || subject
  return canBeWritten(account) && canBeWritten(name) ? { account, name, scopes } : undefined
}

/** Who does something is recorded for ever, in a key: half a character cannot be, nor what is longer than a key. */
function canBeWritten(name: string): boolean {
  return name.isWellFormed() && encodeURIComponent(name).length <= MAX_NAME_LENGTH
}

/**
 * Holds that a token has a scope. The gateway has checked the token; a route that lost its authorizer must not
 * thereby become public. Throws `Unauthenticated` without a token, `MissingScope` without the scope.
 */
export function requireScope(scope: string, caller: Caller | undefined): void {
  if (!caller)
    throw new ProblemError('Unauthenticated', `a bearer token with the scope ${scope} is needed: got none`)
  if (caller.scopes.includes(scope)) return
  throw new ProblemError(
    'MissingScope',
    `the token's scope must have ${scope}: got ${JSON.stringify(caller.scopes.join(' '))}`,
  )
}

/** Holds that there is a token. Throws `Unauthenticated`. */
export function requireToken(caller: Caller | undefined): asserts caller is Caller {
  if (!caller) throw new ProblemError('Unauthenticated', 'a bearer token is needed: got none')
}

/** Holds that a token is the account's own, or has the scope to act for any. Throws `Unauthenticated`, `NotYours`. */
export function requireAccount(account: string, scope: string, caller: Caller | undefined): void {
  requireToken(caller)
  if (caller.account === account || caller.scopes.includes(scope)) return
  throw new ProblemError(
    'NotYours',
    `the token must be that of ${account}, or have the scope ${scope}: it is that of ${JSON.stringify(caller.account)}`,
  )
}

/** The participant that a token speaks for. Throws `Unauthenticated`, and `NotYours` where it speaks for none. */
export function ownAccount(caller: Caller | undefined): Account {
  requireToken(caller)
  if (isParticipant(caller.account)) return caller.account
  throw new ProblemError(
    'NotYours',
    `an account does this for itself: the token's claim \`account\` is ${JSON.stringify(caller.account)}`,
  )
}
