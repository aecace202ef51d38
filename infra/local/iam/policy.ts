import { type Fields, listOf, recordOf, StartupError, textsOf } from '../stack/values.ts'

/** What a condition may ask about a call. */
export type CallFacts = Readonly<Record<string, string>>

type Condition = { readonly key: string; readonly holds: (value: string | undefined) => boolean }

export type Statement = {
  readonly allow: boolean
  readonly actions: readonly RegExp[]
  readonly resources: readonly RegExp[]
  readonly conditions: readonly Condition[]
  /** Service names, account ids or ARNs; empty for a policy of an identity. */
  readonly principals: readonly string[]
}

const KNOWN_KEYS: ReadonlySet<string> = new Set([
  'aws:PrincipalAccount',
  'aws:ResourceAccount',
  'aws:SecureTransport',
  'aws:SourceAccount',
  'aws:SourceArn',
])

const STATEMENT_KEYS: ReadonlySet<string> = new Set([
  'Action',
  'Condition',
  'Effect',
  'Principal',
  'Resource',
  'Sid',
])

/**
 * Reads a policy document whose intrinsics are resolved.
 * @throws StartupError on NotAction, NotResource, and any condition whose meaning is not known here.
 */
export function readPolicy(document: unknown, where: string): readonly Statement[] {
  return listOf(recordOf(document).Statement).map((raw) => readStatement(recordOf(raw), where))
}

function readStatement(statement: Fields, where: string): Statement {
  for (const key of Object.keys(statement)) {
    if (!STATEMENT_KEYS.has(key)) throw new StartupError(`${where}: policy element ${key} is not known here`)
  }
  return {
    allow: statement.Effect === 'Allow',
    actions: textsOf(statement.Action).map((action) => wildcard(action, 'i')),
    resources: textsOf(statement.Resource).map((resource) => wildcard(resource)),
    conditions: readConditions(recordOf(statement.Condition), where),
    principals: readPrincipals(statement.Principal),
  }
}

function readConditions(condition: Fields, where: string): readonly Condition[] {
  return Object.entries(condition).flatMap(([operator, tests]) =>
    Object.entries(recordOf(tests)).map(([key, expected]) => {
      if (!KNOWN_KEYS.has(key)) throw new StartupError(`${where}: condition key ${key} is not known here`)
      return { key, holds: conditionTest(operator, textsOf(expected), where) }
    }),
  )
}

function conditionTest(operator: string, expected: readonly string[], where: string): Condition['holds'] {
  switch (operator) {
    case 'StringEquals':
      return (value) => value !== undefined && expected.includes(value)
    case 'Bool':
      return (value) => value !== undefined && expected.some((item) => item.toLowerCase() === value)
    case 'StringLike':
    case 'ArnEquals':
    case 'ArnLike': {
      const patterns = expected.map((item) => wildcard(item))
      return (value) => value !== undefined && patterns.some((pattern) => pattern.test(value))
    }
    default:
      throw new StartupError(`${where}: condition operator ${operator} is not known here`)
  }
}

function readPrincipals(principal: unknown): readonly string[] {
  if (typeof principal === 'string') return [principal]
  return Object.values(recordOf(principal)).flatMap(textsOf)
}

/** A pattern of IAM or of an ARN condition: `*` is any text, `?` any one character. */
export function wildcard(pattern: string, flags = ''): RegExp {
  const escaped = pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, `s${flags}`)
}

/** Whether the statements allow the call: one Allow, and no Deny. */
export function allows(
  statements: readonly Statement[],
  action: string,
  resource: string,
  facts: CallFacts = {},
): boolean {
  const matching = statements.filter(
    (statement) =>
      statement.actions.some((pattern) => pattern.test(action)) &&
      (statement.resources.length === 0 || statement.resources.some((pattern) => pattern.test(resource))) &&
      statement.conditions.every(({ key, holds }) => holds(facts[key])),
  )
  return matching.some(({ allow }) => allow) && matching.every(({ allow }) => allow)
}

/** The statements of a resource policy that speak of this principal. */
export function forPrincipal(statements: readonly Statement[], principal: string): readonly Statement[] {
  return statements.filter(({ principals }) => principals.some((item) => item === '*' || item === principal))
}
