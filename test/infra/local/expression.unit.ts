import { describe, expect, it } from 'vitest'
import { readExpression } from '../../../infra/local/schedules/expression.ts'

describe('schedule expressions', () => {
  it.each([
    ['rate(1 minute)', 60_000],
    ['rate(5 minutes)', 300_000],
    ['rate(2 hours)', 7_200_000],
    ['rate(1 day)', 86_400_000],
  ])('%s', (expression, everyMs) => {
    expect(readExpression(expression, 'Tick')).toEqual({ kind: 'rate', everyMs })
  })

  it.each([
    ['cron(0 12 * * ? *)', '2026-11-21T12:00Z', true],
    ['cron(0 12 * * ? *)', '2026-11-21T12:01Z', false],
    ['cron(*/15 * * * ? *)', '2026-11-21T03:45Z', true],
    ['cron(5,10 8-10 ? * 7 *)', '2026-11-21T09:10Z', true],
    ['cron(5,10 8-10 ? * 2-6 *)', '2026-11-21T09:10Z', false],
  ])('%s at %s', (expression, at, expected) => {
    const timing = readExpression(expression, 'Tick')
    expect(timing.kind === 'cron' && timing.fires(new Date(at))).toBe(expected)
  })

  it.each(['at(2026-01-01T00:00:00)', 'cron(0 12 L * ? *)', 'cron(0 12 ? * MON *)', 'cron(0 12 * * ? 2027)'])(
    'refuses %s',
    (expression) => {
      expect(() => readExpression(expression, 'Tick')).toThrow(/Tick/)
    },
  )
})
