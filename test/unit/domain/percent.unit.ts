import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatPercent, parsePercent, WHOLE } from '../../../shared/domain/percent.ts'

describe('a percentage', () => {
  it.each([
    ['100%', WHOLE],
    ['0%', 0n],
    ['33.9%', 339_000_000n],
    ['0.0000001%', 1n],
    ['99.9999999%', 999_999_999n],
    ['12.50%', 125_000_000n],
    ['150%', 1_500_000_000n],
  ])('%s is exact parts per billion', (text, parts) => {
    expect(parsePercent(text)).toBe(parts)
  })

  it.each([
    '',
    '%',
    '33',
    '0.25',
    '33.%',
    '.5%',
    '-1%',
    '+1%',
    '1e2%',
    '05%',
    '0.00000001%',
    ' 5%',
    '5 %',
    '5%%',
  ])('%j is none', (text) => {
    expect(parsePercent(text)).toBeUndefined()
  })

  it('is written as it is read', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 13n), (parts) => {
        expect(parsePercent(formatPercent(parts))).toBe(parts)
      }),
    )
  })
})
