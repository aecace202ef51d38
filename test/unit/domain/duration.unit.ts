import { describe, expect, it } from 'vitest'
import { parseDuration, parseMonths } from '../../../shared/domain/duration.ts'

const SECOND_MS = 1_000
const DAY_MS = 86_400 * SECOND_MS

describe('a duration', () => {
  it.each([
    ['P7D', 7 * DAY_MS],
    ['PT5M', 300 * SECOND_MS],
    ['PT24H', DAY_MS],
    ['PT0S', 0],
    ['P1DT12H30M15S', 1.5 * DAY_MS + 1_815 * SECOND_MS],
    ['PT7776000S', 90 * DAY_MS],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it.each([
    '',
    'P',
    'PT',
    'P1DT',
    '7D',
    'P1M',
    'P1Y',
    'P1W',
    'P-1D',
    '-P1D',
    'P1.5D',
    'PT1.5S',
    'P1H',
    'p1d',
    'P1D ',
  ])('%j is none of days and time', (text) => {
    expect(parseDuration(text)).toBeUndefined()
  })

  it.each([
    ['P1M', 1],
    ['P3M', 3],
    ['P12M', 12],
  ])('%s is %d calendar months', (text, months) => {
    expect(parseMonths(text)).toBe(months)
  })

  it.each(['P0M', 'PT1M', 'P1D', 'P1M1D', 'P1Y', 'P01M'])('%j is no number of months', (text) => {
    expect(parseMonths(text)).toBeUndefined()
  })
})
