import { readFileSync } from 'node:fs'

/** A JSON object that is to be read as a policy, or to be refused. */
export type Json = Record<string, unknown>

export const START_MS = Date.UTC(2026, 0, 1)
export const HOUR_MS = 3_600_000

/** Hour-long eras on a manual clock, gross, all to `@treasury`. A test states what is different. */
export function policyJson(changes: Json = {}): Json {
  return {
    network: 'test-network',
    version: 1,
    asset: { symbol: 'TEST', decimals: 0 },
    era: { every: 'PT1H', from: '2026-01-01T00:00:00Z', clock: 'manual' },
    income: { fee: {} },
    costs: { cost: {} },
    base: 'gross',
    stages: [split({ treasury: '@treasury 100%' })],
    ...changes,
  }
}

/** The same with base net: costs are paid back, `@reserve` covers losses. */
export function netPolicyJson(changes: Json = {}): Json {
  return policyJson({ base: 'net', loss: { from: '@reserve' }, ...changes })
}

/** The same in eras of ten blocks. */
export function blockPolicyJson(changes: Json = {}): Json {
  return policyJson({ era: { blocks: 10, from: 0, clock: 'manual' }, ...changes })
}

/** A split stage written briefly: line id -> "where share". */
export function split(lines: Record<string, string>, changes: Json = {}): Json {
  const written = Object.entries(lines).map(([id, line]) => {
    const [to, share] = line.split(' ')
    return { id, to, share }
  })
  return { id: 'stage', from: '@pool', split: written, rest: '@treasury', ...changes }
}

/** All of the pool to one group. */
export function toGroup(weight: Json, changes: Json = {}): Json {
  return {
    stages: [split({ members: 'group:members 100%' })],
    groups: { members: { weight, ifEmpty: '@nobody', ...changes } },
  }
}

/** A policy that the product ships, as JSON; a manual clock lets a test settle it. */
export function presetJson(name: string): Json {
  const url = new URL(`../../shared/policies/${name}.json`, import.meta.url)
  const json = JSON.parse(readFileSync(url, 'utf8')) as Json
  return { ...json, era: { ...(json.era as Json), clock: 'manual' } }
}
