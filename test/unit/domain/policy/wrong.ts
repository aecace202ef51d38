import { expect, it } from 'vitest'
import { InvalidPolicyError, parsePolicy } from '../../../../shared/domain/policy/policy.ts'
import { type Json, policyJson, presetJson, split, toGroup } from '../../../support/policies.ts'

/** What breaks a rule, the policy that breaks it, and everything the parser says of it. */
export type Wrong = [rule: string, json: unknown, ...issues: string[]]

export function refuses(table: readonly Wrong[]): void {
  it.each(table)('%s', (_, json, ...issues) => {
    expect(issuesOf(json)).toEqual(issues)
  })
}

export const issuesOf = (json: unknown): string[] => {
  try {
    parsePolicy(json)
    return []
  } catch (error) {
    if (!(error instanceof InvalidPolicyError)) throw error
    return error.issues.map(({ path, message }) => `${path}: ${message}`)
  }
}

export const era = (changes: Json): Json => policyJson({ era: { ...(policyJson().era as Json), ...changes } })
export const stage = (changes: Json): Json =>
  policyJson({ stages: [{ ...split({ all: '@treasury 100%' }), ...changes }] })
export const take = (...lines: Json[]): Json =>
  policyJson({ stages: [{ id: 'stage', from: '@pool', take: lines, rest: '@treasury' }], ...members })
const members = { groups: { members: { weight: { metric: 'work' }, ifEmpty: '@nobody' } } }
export const weight = (weight: Json, changes: Json = {}): Json => policyJson(toGroup(weight, changes))
export const governance = (changes: Json): Json =>
  policyJson({
    governance: {
      mechanism: 'token-weighted',
      quorum: '10%',
      pass: '50%',
      votingPeriod: 'P5D',
      timelock: 'P2D',
      mutable: ['stages.stage.treasury.share'],
      ...changes,
    },
  })
export const vesting = (changes: Json): Json => {
  const grant = {
    amount: '9',
    from: '2026-01-01T00:00:00Z',
    cliff: '2026-02-01T00:00:00Z',
    to: '2026-03-01T00:00:00Z',
  }
  return policyJson({ genesis: { accounts: { ann: { vesting: [{ ...grant, ...changes }] } } } })
}
export const chained = (first: Json, second: Json): Json =>
  policyJson({ stages: [first, second], ...members })
export const without = (json: Json, key: string): Json => {
  const { [key]: _, ...rest } = json
  return rest
}
const infinite = presetJson('infinite')
export const fedBy = (lines: Record<string, string>, rest: string): Json => ({
  ...infinite,
  governance: undefined,
  stages: [split(lines, { id: 'treasury', rest }), (infinite.stages as Json[])[1]],
})

export const buyback = (from: string, maxShare: string): Json =>
  // biome-ignore lint/suspicious/noThenProperty: the policy language calls it so, and a policy is never awaited.
  policyJson({ buyback: { from, excessOver: '0', maxShare, then: '@burn' } })
