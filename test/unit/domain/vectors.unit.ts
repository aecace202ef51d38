import { describe, expect, it } from 'vitest'
import { parsePosition } from '../../../shared/domain/calendar.ts'
import { parsePolicy } from '../../../shared/domain/policy/policy.ts'
import { eraResult, simulate } from '../../../shared/domain/simulate.ts'
import type { RawPolicy } from '../../differential/naive/language.ts'
import { evaluate } from '../../differential/naive.ts'
import { readSent } from '../../support/events.ts'
import { vectors } from '../../support/vectors.ts'

describe.each(vectors())('vector $name', ({ policy: json, events, until, expected }) => {
  it('is what the engine says, era by era', async () => {
    const policy = parsePolicy(json)
    const position = parsePosition(policy.era.calendar, until)
    const { eras } = await simulate(policy, json, events.flatMap(readSent), position)
    expect(eras.map(eraResult)).toEqual(expected)
  })

  it('is what the naive evaluator says', () => {
    expect(evaluate(json as RawPolicy, events, until)).toEqual(expected)
  })
})
