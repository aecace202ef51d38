import { describe, expect, it } from 'vitest'
import { mayComeAgain } from '../../../shared/domain/lateness.ts'
import { parsePolicy } from '../../../shared/domain/policy/policy.ts'
import { fee } from '../../support/events.ts'
import { blockPolicyJson, HOUR_MS, policyJson, START_MS } from '../../support/policies.ts'
import { settle } from '../../support/settled.ts'

const hourly = policyJson({
  era: { every: 'PT1H', from: '2026-01-01T00:00:00Z', clock: 'manual', lateness: 'PT3H' },
})
const inBlocks = blockPolicyJson({ era: { blocks: 10, from: 0, clock: 'manual', lateness: 'PT3H' } })
const atHour = (hour: number) => ({ occurredAt: START_MS + hour * HOUR_MS })

describe('given an event that was counted', () => {
  it.each([1, 2, 3])(
    'when it comes again %d eras later, inside lateness, then it is not counted',
    async (hour) => {
      const events = [fee('f', 5n), fee('f', 7n, { ...atHour(hour), payer: 'somebody else' })]
      const { eras, results } = await settle(hourly, events, 4)
      expect(results.map(({ income }) => income)).toEqual(['5', '0', '0', '0'])
      expect(eras[hour]?.plan.deliveries).toMatchObject({ conflictCount: 1, conflicts: [{ id: 'f' }] })
    },
  )

  it('when the copy dated earlier is sent later, then the era that settles first counts it', async () => {
    const { results } = await settle(hourly, [fee('f', 7n, atHour(2)), fee('f', 5n)], 3)
    expect(results.map(({ income }) => income)).toEqual(['5', '0', '0'])
  })
})

describe('what may come again', () => {
  const [byTime, byBlock] = [parsePolicy(hourly), parsePolicy(inBlocks)]
  const counted = (era: number, latest: number) => ({ era, latest })

  it('in eras by time is what ended no longer than lateness before the era began', () => {
    const may = (earlier: number, era: number) =>
      mayComeAgain(byTime, era, counted(earlier, 0), counted(era - 1, 0))
    expect([may(0, 1), may(0, 4), may(0, 5)]).toEqual([true, true, false])
  })

  it('in eras by time has five minutes more, for events may be that far ahead of a wall clock', () => {
    const era = { every: 'PT1H', from: '2026-01-01T00:00:00Z', clock: 'manual' }
    const may = (lateness: string) =>
      mayComeAgain(parsePolicy(policyJson({ era: { ...era, lateness } })), 5, counted(0, 0), counted(4, 0))
    expect([may('PT3H54M'), may('PT3H55M')]).toEqual([false, true])
  })

  it('in eras by block is what was counted no longer than lateness before the newest moment counted', () => {
    const newest = counted(9, START_MS + 3 * HOUR_MS)
    expect(mayComeAgain(byBlock, 10, counted(0, START_MS), newest)).toBe(true)
    expect(mayComeAgain(byBlock, 10, counted(0, START_MS - 1), newest)).toBe(false)
  })
})
