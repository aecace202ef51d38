import { ProblemError } from './problems.ts'

/** Claims of a token that the gateway has checked; every value comes as text. */
export type Claims = Record<string, unknown>

/**
 * Holds that a token has a scope. The gateway has checked it too; a route that lost its authorizer must not thereby
 * become public. Throws `Unauthenticated` without a token, `MissingScope` without the scope.
 */
export function requireScope(scope: string, claims: Claims | undefined): void {
  if (!claims)
    throw new ProblemError('Unauthenticated', `a bearer token with the scope ${scope} is needed: got none`)
  // Issuers write scopes in `scope` or in `scp`; a list reaches us as the gateway writes it: "[a b]".
  const granted = [claims.scope, claims.scp].flatMap(
    (claim) => String(claim ?? '').match(/[^\s[\],]+/g) ?? [],
  )
  if (!granted.includes(scope)) {
    throw new ProblemError(
      'MissingScope',
      `the token's scope must have ${scope}: got ${JSON.stringify(granted.join(' '))}`,
    )
  }
}

/** Who a token speaks for: its `account`, or else its subject; empty without a token. */
export function callerOf(claims: Claims | undefined): string {
  return String(claims?.account ?? claims?.sub ?? '')
}
