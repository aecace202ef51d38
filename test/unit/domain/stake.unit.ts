import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stakeEra, stakeTime } from '../../../shared/domain/stake.ts'
import { fee, stake } from '../../support/events.ts'
import { HOUR_MS, policyJson, START_MS, toGroup } from '../../support/policies.ts'
import { settle } from '../../support/settled.ts'

const DAY_MS = 24 * HOUR_MS
const report = (
  amount: bigint,
  at: number,
  rest: Partial<{ lot: string; lockSeconds: number; id: string }> = {},
) => ({
  lot: 'default',
  lockSeconds: 0,
  id: `r${at}`,
  ...rest,
  amount,
  at,
})
const FLAT = [[0, 1_000_000_000n]] as const
const seconds = (reports: Parameters<typeof stakeEra>[1], before: Parameters<typeof stakeEra>[0] = []) =>
  stakeTime(stakeEra(before, reports, 100, 200).spans, FLAT) / 1_000_000_000n

describe('given stakes in an era from 100 to 200', () => {
  it.each([
    ['begins inside', [report(5n, 160)], 5n * 40n],
    ['grows inside', [report(5n, 100), report(8n, 150)], 5n * 50n + 8n * 50n],
    ['shrinks inside', [report(8n, 100), report(5n, 199)], 8n * 99n + 5n],
    ['ends inside', [report(8n, 100), report(0n, 130)], 8n * 30n],
    ['comes in another order', [report(8n, 150), report(5n, 100)], 5n * 50n + 8n * 50n],
    ['is of two lots', [report(5n, 100), report(7n, 150, { lot: 'other' })], 5n * 100n + 7n * 50n],
    [
      'is reported twice at one moment',
      [report(9n, 150, { id: 'a' }), report(2n, 150, { id: 'b' })],
      2n * 50n,
    ],
  ])('when a stake %s, then it counts for the time it was there', (_, reports, expected) => {
    expect(seconds(reports)).toBe(expected)
  })

  it('when a stake stands from before, then it counts for the whole era until it changes', () => {
    const before = [{ lot: 'default', amount: 3n, lockSeconds: 0, at: 10 }]
    expect(seconds([], before)).toBe(300n)
    expect(seconds([report(4n, 150)], before)).toBe(3n * 50n + 4n * 50n)
  })

  it('when a report is late, then it counts from the start of the era that books it', () => {
    const before = [{ lot: 'default', amount: 3n, lockSeconds: 0, at: 10 }]
    expect(seconds([report(4n, 20)], before)).toBe(400n)
  })

  it('when a report is older than the one that stands, then it changes nothing', () => {
    const before = [{ lot: 'default', amount: 3n, lockSeconds: 0, at: 50 }]
    const { lots } = stakeEra(before, [report(4n, 49)], 100, 200)
    expect(lots).toEqual(before)
    expect(seconds([report(4n, 49)], before)).toBe(300n)
  })

  it('when a stake ends, then the lot is kept at 0, so that an older report does not bring it back', () => {
    const { lots } = stakeEra([], [report(8n, 100), report(0n, 150)], 100, 200)
    expect(lots).toEqual([{ lot: 'default', amount: 0n, lockSeconds: 0, at: 150 }])
    expect(seconds([report(8n, 120)], lots)).toBe(0n)
  })

  it('levels and times multiply out exactly, whatever the order of the reports', () => {
    const reports = fc.uniqueArray(fc.tuple(fc.integer({ min: 100, max: 199 }), fc.bigInt(0n, 10n ** 30n)), {
      selector: ([at]) => at,
    })
    fc.assert(
      fc.property(reports, (levels) => {
        const ordered = levels.toSorted(([a], [b]) => a - b)
        const expected = ordered.reduce((sum, [at, amount], index) => {
          const until = ordered[index + 1]?.[0] ?? 200
          return sum + amount * BigInt(until - at)
        }, 0n)
        expect(seconds(levels.map(([at, amount]) => report(amount, at)))).toBe(expected)
      }),
    )
  })
})

describe('given a lock curve from 30 and 90 days', () => {
  const curve = [
    [30 * DAY_MS, 1_100_000_000n],
    [90 * DAY_MS, 1_250_000_000n],
  ] as const
  const factor = (days: number) => stakeTime([{ amount: 1n, lockSeconds: days * 86_400, ms: 1 }], curve)

  it.each([
    [0, 0n],
    [29, 0n],
    [30, 1_100_000_000n],
    [89, 1_100_000_000n],
    [90, 1_250_000_000n],
    [4_000, 1_250_000_000n],
  ])('when the lock is %d days, then the factor is the highest step it reaches: %d', (days, expected) => {
    expect(factor(days)).toBe(expected)
  })

  it('when the lock has long ended, then the factor stays', async () => {
    const json = policyJson({
      era: { every: 'P30D', from: '2026-01-01T00:00:00Z', clock: 'manual' },
      ...toGroup({
        stakeSeconds: {
          lockCurve: [
            ['PT0S', '100%'],
            ['P30D', '200%'],
          ],
        },
      }),
    })
    const at = { occurredAt: START_MS + 100 * DAY_MS }
    const locked = stake('ann', 10n, { lockSeconds: 30 * 86_400 })
    const { results } = await settle(json, [locked, stake('bob', 10n), fee('f', 300n, at)], 4)
    expect(results[3]?.credits).toEqual({ ann: '200', bob: '100' })
  })
})
