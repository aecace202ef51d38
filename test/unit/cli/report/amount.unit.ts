import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatUnits, sumAmounts } from '../../../../infra/cli/report/amount.ts'

describe('amounts for people', () => {
  it.each([
    ['0', 18, '0.000000'],
    ['1', 18, '0.000000'],
    ['1000000000000000000', 18, '1.000000'],
    ['1234567890123456789012', 18, '1,234.567890'],
    ['1999999999999999999', 18, '1.999999'],
    ['-12056779039811002777', 18, '-12.056779'],
    ['-1', 6, '-0.000001'],
    ['1234567', 6, '1.234567'],
    ['1234567', 2, '12,345.67'],
    ['1234567', 0, '1,234,567'],
    ['99999999999999999999999999999999999999', 18, '99,999,999,999,999,999,999.999999'],
  ])('%s at %i decimals is %s', (amount, decimals, shown) => {
    expect(formatUnits({ amount, decimals })).toBe(shown)
  })

  it('never shows more than there is', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 38n - 1n }),
        fc.integer({ min: 0, max: 18 }),
        (base, decimals) => {
          const shown = formatUnits({ amount: base.toString(), decimals }).replaceAll(',', '')
          const [whole, fraction = ''] = shown.split('.')
          const back = BigInt(whole + fraction) * 10n ** BigInt(decimals - fraction.length)
          expect(back <= base && base - back < 10n ** BigInt(Math.max(0, decimals - 6))).toBe(true)
        },
      ),
    )
  })

  it('are added past what a number could hold', () => {
    const of = (amount: string) => ({ amount, asset: 'DOT18', decimals: 18 })
    expect(sumAmounts([of('9007199254740993'), of('9007199254740993')], of('0'))).toEqual(
      of('18014398509481986'),
    )
  })
})
