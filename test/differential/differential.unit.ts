import { describe, expect, it } from 'vitest'
import { check } from './explain.ts'

const CASES = 2_000
const PER_TEST = 250

describe('the engine and the naive evaluator agree on random policies and events', () => {
  const starts = Array.from({ length: CASES / PER_TEST }, (_, index) => 1 + index * PER_TEST)
  it.each(starts)('of the seeds from %i', { timeout: 60_000 }, async (first) => {
    for (let seed = first; seed < first + PER_TEST; seed += 1) expect(await check(seed)).toBeUndefined()
  })
})
