import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Calendar,
  eraAt,
  eraEnd,
  eraStart,
  erasEndedBy,
  formatMoment,
  formatPosition,
  parseMoment,
  parsePosition,
} from '../../../shared/domain/calendar.ts'

const monthly = (from: string, length = 1): Calendar => ({ by: 'month', length, from: Date.parse(from) })
const starts = (calendar: Calendar, count: number) =>
  Array.from({ length: count }, (_, n) => formatMoment(eraStart(calendar, n)))

describe('eras of calendar months', () => {
  it('from 31 January begin on the last day of shorter months, and on the 31st again after them', () => {
    expect(starts(monthly('2026-01-31T12:30:00Z'), 5)).toEqual([
      '2026-01-31T12:30:00Z',
      '2026-02-28T12:30:00Z',
      '2026-03-31T12:30:00Z',
      '2026-04-30T12:30:00Z',
      '2026-05-31T12:30:00Z',
    ])
  })

  it('know the 29th of February of leap years', () => {
    expect(starts(monthly('2024-01-31T00:00:00Z'), 2)[1]).toBe('2024-02-29T00:00:00Z')
    expect(starts(monthly('2024-02-29T00:00:00Z', 12), 5)).toEqual([
      '2024-02-29T00:00:00Z',
      '2025-02-28T00:00:00Z',
      '2026-02-28T00:00:00Z',
      '2027-02-28T00:00:00Z',
      '2028-02-29T00:00:00Z',
    ])
  })

  it('know that 2100 is no leap year', () => {
    expect(starts(monthly('2100-01-31T00:00:00Z'), 2)[1]).toBe('2100-02-28T00:00:00Z')
  })

  it('of three months cross the year', () => {
    expect(starts(monthly('2026-11-15T00:00:00Z', 3), 2)[1]).toBe('2027-02-15T00:00:00Z')
  })
})

describe('an era', () => {
  const weekly: Calendar = { by: 'time', length: 604_800_000, from: Date.parse('2026-01-01T00:00:00Z') }
  const blocks: Calendar = { by: 'block', length: 10, from: 5 }

  it.each([
    [4, -1],
    [5, 0],
    [14, 0],
    [15, 1],
  ])('of blocks is half-open: block %d lies in era %d', (block, era) => {
    expect(eraAt(blocks, block)).toBe(era)
  })

  it.each([
    ['2026-01-07T23:59:59.999Z', 0],
    ['2026-01-08T00:00:00Z', 1],
    ['2025-12-31T23:59:59.999Z', -1],
  ])('of time is half-open: %s lies in era %d', (moment, era) => {
    expect(eraAt(weekly, Date.parse(moment))).toBe(era)
  })

  it('has ended when its end is reached, and not before', () => {
    expect(erasEndedBy(blocks, 14)).toBe(0)
    expect(erasEndedBy(blocks, 15)).toBe(1)
    expect(erasEndedBy(blocks, 0)).toBe(0)
  })

  it('begins where the one before ends, and holds every position between', () => {
    const from = fc.date({ min: new Date('1999-01-01'), max: new Date('2101-01-01'), noInvalidDate: true })
    const calendars: fc.Arbitrary<Calendar> = fc.oneof(
      fc.record({
        by: fc.constant('block' as const),
        length: fc.integer({ min: 1, max: 1e6 }),
        from: fc.nat(),
      }),
      fc.record({
        by: fc.constant('time' as const),
        length: fc.integer({ min: 1, max: 1e9 }),
        from: from.map(Number),
      }),
      fc.record({
        by: fc.constant('month' as const),
        length: fc.integer({ min: 1, max: 24 }),
        from: from.map(Number),
      }),
    )
    fc.assert(
      fc.property(
        calendars,
        fc.integer({ min: 0, max: 500 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (calendar, era, part) => {
          const [start, end] = [eraStart(calendar, era), eraEnd(calendar, era)]
          expect(end).toBe(eraStart(calendar, era + 1))
          expect(eraAt(calendar, start)).toBe(era)
          expect(eraAt(calendar, end - 1)).toBe(era)
          expect(eraAt(calendar, start - 1)).toBe(era - 1)
          expect(eraAt(calendar, start + Math.floor(part * (end - start - 1)))).toBe(era)
        },
      ),
    )
  })
})

describe('a moment', () => {
  it('is written with an offset; the same moment has one value', () => {
    expect(parseMoment('2026-01-01T02:00:00+02:00')).toBe(parseMoment('2026-01-01T00:00:00Z'))
    expect(parseMoment('2026-01-01T00:00:00.250Z')).toBe(Date.UTC(2026, 0, 1) + 250)
  })

  it.each([
    '2026-01-01',
    '2026-01-01T00:00:00',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-01 00:00:00Z',
    'now',
    '1767225600',
  ])('%s is none', (text) => {
    expect(parseMoment(text)).toBeUndefined()
  })

  it('is written without a fraction that is zero', () => {
    expect(formatMoment(Date.UTC(2026, 0, 1))).toBe('2026-01-01T00:00:00Z')
    expect(formatMoment(Date.UTC(2026, 0, 1) + 5)).toBe('2026-01-01T00:00:00.005Z')
  })
})

describe('a position', () => {
  const blocks: Calendar = { by: 'block', length: 10, from: 0 }
  const days: Calendar = { by: 'time', length: 86_400_000, from: 0 }

  it('is a block where eras are blocks, a moment elsewhere, and is written as it is read', () => {
    expect(formatPosition(blocks, parsePosition(blocks, '30'))).toBe(30)
    expect(formatPosition(days, parsePosition(days, '2026-01-08T00:00:00Z'))).toBe('2026-01-08T00:00:00Z')
  })

  it.each([
    [
      blocks,
      '2026-01-08T00:00:00Z',
      'a position of this network is a block number: got "2026-01-08T00:00:00Z"',
    ],
    [blocks, '-1', 'a position of this network is a block number: got "-1"'],
    [blocks, '1.5', 'a position of this network is a block number: got "1.5"'],
    [days, 30, 'a position of this network is an ISO 8601 moment with an offset: got 30'],
  ])('%# that is none is refused', (calendar, value, message) => {
    expect(() => parsePosition(calendar, value)).toThrow(message)
  })
})
