import { hash } from 'node:crypto'
import { checkPolicy } from './check.ts'
import { describeIssue, formatPath, hiddenKeys, InvalidPolicyError } from './issues.ts'
import { type Policy, policySchema } from './schema.ts'

export { InvalidPolicyError, type PolicyIssue } from './issues.ts'

/** Reads a policy from its JSON value. Throws {@link InvalidPolicyError} with the exact path of every mistake. */
export function parsePolicy(json: unknown): Policy {
  const hidden = hiddenKeys(json)
  if (hidden.length > 0) throw new InvalidPolicyError(hidden)
  const read = policySchema.safeParse(json)
  if (!read.success) {
    const issues = read.error.issues.map((issue) => ({
      path: formatPath(issue.path),
      message: describeIssue(issue, json),
    }))
    throw new InvalidPolicyError(issues)
  }
  const issues = checkPolicy(read.data, json as Record<string, unknown>)
  if (issues.length > 0) throw new InvalidPolicyError(issues)
  return read.data
}

/** sha-256 of the policy's canonical JSON (keys sorted, no white space), in hex: what a seal names. */
export function policyHash(json: unknown): string {
  return hash('sha256', canonicalJson(json), 'hex')
}

/** JSON with object keys sorted and no white space: equal values have equal texts. Bigints are decimal strings. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part) => {
    if (typeof part === 'bigint') return part.toString()
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
  })
}
