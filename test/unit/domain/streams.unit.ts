import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reportStreams } from '../../../shared/domain/streams.ts'
import { fee } from '../../support/events.ts'
import { policyJson } from '../../support/policies.ts'
import { settle } from '../../support/settled.ts'

describe("a producer's numbering", () => {
  it('given numbers from two shards, then first, last, how many, and the gaps between are reported', () => {
    expect(reportStreams([{ a: [1, 2, 9] }, { a: [5, 2], b: [7] }])).toEqual([
      {
        stream: 'a',
        first: 1,
        last: 9,
        distinct: 4,
        gaps: [
          [3, 4],
          [6, 8],
        ],
      },
      { stream: 'b', first: 7, last: 7, distinct: 1, gaps: [] },
    ])
  })

  it('given more than 1,000 gaps, then the first 1,000 are listed', () => {
    const [report] = reportStreams([{ a: Array.from({ length: 3_000 }, (_, n) => n * 2) }])
    expect(report?.distinct).toBe(3_000)
    expect(report?.gaps).toHaveLength(1_000)
    expect(report?.gaps[999]).toEqual([1_999, 1_999])
  })

  it('gaps and numbers together are everything between the first and the last', () => {
    fc.assert(
      fc.property(fc.array(fc.uniqueArray(fc.nat(300)), { minLength: 1, maxLength: 5 }), (shards) => {
        const [report] = reportStreams(shards.map((a) => ({ a })))
        const numbers = new Set(shards.flat())
        if (report === undefined || numbers.size === 0) return
        const missing = report.gaps.flatMap(([from, to]) =>
          Array.from({ length: to - from + 1 }, (_, n) => from + n),
        )
        expect(missing.some((number) => numbers.has(number))).toBe(false)
        expect(report.distinct + missing.length).toBe(report.last - report.first + 1)
      }),
    )
  })

  it('given an era, then it is in the seal, whatever the number of shards', async () => {
    const events = [1, 2, 5].map((sequence) => fee(`f${sequence}`, 1n, { stream: 'chain', sequence }))
    for (const shards of [1, 4]) {
      const { eras } = await settle(policyJson(), events, 1, { shards })
      expect(eras[0]?.seal.streams).toEqual([
        { stream: 'chain', first: 1, last: 5, distinct: 3, gaps: [[3, 4]] },
      ])
    }
  })
})
