import type * as z from 'zod'
import { ExchequerError } from '../errors.ts'

/** One thing wrong with a policy: where, and which rule it breaks. */
export interface PolicyIssue {
  path: string
  message: string
}

/** A policy that cannot be used. `issues` lists everything wrong with it, not only the first. */
export class InvalidPolicyError extends ExchequerError {
  readonly issues: PolicyIssue[]

  constructor(issues: PolicyIssue[]) {
    super('InvalidPolicy', issues.map(({ path, message }) => `${path || 'policy'}: ${message}`).join('\n'))
    this.issues = issues
  }
}

type SchemaIssue = z.core.$ZodIssue

/** Says in one line which rule a value breaks and what was there instead. `input` is what the schema was given. */
export function describeIssue(issue: SchemaIssue, input: unknown): string {
  if (issue.code === 'custom') return issue.message
  if (issue.code === 'unrecognized_keys') {
    return `unknown key ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}`
  }
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message
  const value = issue.path.reduce<unknown>(
    (at, step) => (typeof at === 'object' && at !== null ? Reflect.get(at, step) : undefined),
    input,
  )
  return `${ruleOf(issue)}: got ${JSON.stringify(value) ?? 'nothing'}`
}

/** The rule as the schema states it; where it states none, in the words of the others. */
function ruleOf(issue: SchemaIssue): string {
  if (!/^(Invalid|Too) /.test(issue.message)) return issue.message
  switch (issue.code) {
    case 'invalid_type':
      return `this is ${ofType(issue.expected)}`
    case 'invalid_value':
      return `this is one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`
    case 'too_small':
      return issue.origin === 'array'
        ? `this list has at least ${issue.minimum} entry`
        : `this is ${issue.inclusive === false ? 'above' : 'at least'} ${issue.minimum}`
    case 'too_big':
      return `this is at most ${issue.maximum}`
    default:
      return issue.message
  }
}

function ofType(type: string): string {
  return type === 'int' ? 'a whole number' : `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`
}

export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part),
    '',
  )
}

/** Keys called "__proto__", anywhere: readers of JSON pass over them in silence, so they are refused instead. */
export function hiddenKeys(json: unknown, path: readonly PropertyKey[] = []): PolicyIssue[] {
  if (typeof json !== 'object' || json === null) return []
  const own = Object.hasOwn(json, '__proto__')
    ? [{ path: formatPath(path), message: 'unknown key "__proto__"' }]
    : []
  const entries = Array.isArray(json) ? [...json.entries()] : Object.entries(json)
  return [...own, ...entries.flatMap(([key, value]) => hiddenKeys(value, [...path, key]))]
}
