import { isDeepStrictEqual } from 'node:util'
import type { SettledEra } from '../../../shared/domain/settle.ts'
import { type EraResult, eraPostings, eraResult } from '../../../shared/domain/simulate.ts'
import type { SentEvent } from './admitted.ts'

/** A worked example: what goes in, and what every era must come to. */
export interface Vector {
  name: string
  policy: string | Record<string, unknown>
  overrides?: Record<string, unknown>
  genesis?: unknown
  events: SentEvent[]
  until: string | number
  expected: EraResult[]
}

/** The policy of a vector: the preset with its overrides and genesis, on a manual clock. */
export function rulesOf(
  { overrides, genesis }: Vector,
  preset: Record<string, unknown>,
): Record<string, unknown> {
  const merged: Record<string, unknown> = {
    ...preset,
    ...overrides,
    ...(genesis === undefined ? {} : { genesis }),
  }
  return { ...merged, era: { ...(merged.era as object), clock: 'manual' } }
}

export type PrintedEra = EraResult & { postings: ReturnType<typeof eraPostings> }

/** An era as it is printed. */
export function withPostings(era: SettledEra): PrintedEra {
  return { ...eraResult(era), postings: eraPostings(era) }
}

/** What differs between the eras that came out and those expected, key by key, a line each. */
export function differencesOf(got: readonly PrintedEra[], expected: readonly EraResult[]): string[] {
  const differences: string[] = []
  if (got.length !== expected.length) differences.push(`eras: expected ${expected.length}, got ${got.length}`)
  expected.forEach((era, index) => {
    const { postings: _, ...mine } = { postings: undefined, ...got[index] } as EraResult & {
      postings?: unknown
    }
    for (const key of new Set([...Object.keys(era), ...Object.keys(mine)]) as Set<keyof EraResult>) {
      if (isDeepStrictEqual(mine[key], era[key])) continue
      differences.push(
        `era ${era.era} ${key}: expected ${JSON.stringify(era[key])}, got ${JSON.stringify(mine[key])}`,
      )
    }
  })
  return differences
}
