import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatMoment } from '../../../../shared/domain/calendar.ts'
import {
  dealtWith,
  nextDue,
  type Preference,
  type Schedule,
} from '../../../../shared/domain/payout/preference.ts'

const after = (schedule: Schedule, moment: string) => {
  const due = nextDue(schedule, Date.parse(moment))
  return due === undefined ? undefined : formatMoment(due)
}
const DAY_MS = 86_400_000
const moments = fc.integer({ min: 0, max: Date.UTC(2400, 0, 1) })

describe('when a period begins', () => {
  it.each([
    ['on a Sunday: the next day', 'weekly', '2026-01-04T23:59:59.999Z', '2026-01-05T00:00:00Z'],
    ['on a Monday as it begins: a week later', 'weekly', '2026-01-05T00:00:00Z', '2026-01-12T00:00:00Z'],
    ['over the end of a year', 'weekly', '2026-12-29T12:00:00Z', '2027-01-04T00:00:00Z'],
    ['over a 29th of February', 'weekly', '2028-02-28T00:00:01Z', '2028-03-06T00:00:00Z'],
    ['on the last of a month', 'monthly', '2026-01-31T23:59:59Z', '2026-02-01T00:00:00Z'],
    ['on the first as it begins', 'monthly', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z'],
    ['on a 29th of February', 'monthly', '2028-02-29T10:00:00Z', '2028-03-01T00:00:00Z'],
    ['in December', 'monthly', '2026-12-15T00:00:00Z', '2027-01-01T00:00:00Z'],
    [
      'in a February without a 29th: 2100 is no leap year',
      'monthly',
      '2100-02-28T23:00:00Z',
      '2100-03-01T00:00:00Z',
    ],
  ] as const)('%s', (_, schedule, moment, expected) => {
    expect(after(schedule, moment)).toBe(expected)
  })

  it('is a Monday, or a first, 00:00 UTC, and the very next', () => {
    fc.assert(
      fc.property(moments, (at) => {
        const monday = new Date(nextDue('weekly', at) as number)
        expect([monday.getUTCDay(), monday.getTime() % DAY_MS]).toEqual([1, 0])
        expect(monday.getTime() - at).toBeGreaterThan(0)
        expect(monday.getTime() - at).toBeLessThanOrEqual(7 * DAY_MS)
        const first = new Date(nextDue('monthly', at) as number)
        expect([first.getUTCDate(), first.getTime() % DAY_MS]).toEqual([1, 0])
        const now = new Date(at)
        const months = (date: Date) => date.getUTCFullYear() * 12 + date.getUTCMonth()
        expect(months(first)).toBe(months(now) + 1)
      }),
    )
  })

  it('is never without a schedule', () => {
    expect(nextDue('none', 0)).toBeUndefined()
  })
})

describe('a period that was dealt with', () => {
  const preference: Preference = { account: 'ann', schedule: 'weekly', dueAt: Date.UTC(2026, 0, 5) }

  it('is followed by the next one after it was, however late that is', () => {
    const at = Date.UTC(2026, 1, 11)
    const outcome = { at, outcome: 'SKIPPED' } as const
    expect(dealtWith(preference, outcome)).toEqual({
      ...preference,
      dueAt: Date.UTC(2026, 1, 16),
      lastOutcome: outcome,
    })
  })

  it('is the last one where the schedule is none by now', () => {
    const { dueAt } = dealtWith({ ...preference, schedule: 'none' }, { at: 0, outcome: 'SKIPPED' })
    expect(dueAt).toBeUndefined()
  })
})
