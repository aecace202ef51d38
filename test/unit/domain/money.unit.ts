import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { add, isAmount, MAX_AMOUNT, mulDivCeil, mulDivFloor } from '../../../shared/domain/money.ts'

describe('an amount', () => {
  it.each(['0', '1', '1000000000000000025', '9'.repeat(38)])('%s is one', (text) => {
    expect(isAmount(text)).toBe(true)
  })

  it.each([
    '',
    '-3',
    '+3',
    '1.5',
    '1.0',
    '1e9',
    '007',
    '00',
    ' 1',
    '1 ',
    '1\n',
    '0x10',
    '1_000',
    '١',
    'NaN',
    `1${'0'.repeat(38)}`,
  ])('%j is none', (text) => {
    expect(isAmount(text)).toBe(false)
  })

  it('is every whole number up to the greatest, as it is written in decimals', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, MAX_AMOUNT), (amount) => {
        expect(isAmount(amount.toString())).toBe(true)
      }),
    )
    expect(isAmount((MAX_AMOUNT + 1n).toString())).toBe(false)
  })
})

describe('multiplying before dividing', () => {
  const amounts = fc.bigInt(0n, MAX_AMOUNT)

  it('rounds down by less than one, and up by less than one', () => {
    fc.assert(
      fc.property(amounts, amounts, fc.bigInt(1n, MAX_AMOUNT), (a, b, c) => {
        const [floor, ceil] = [mulDivFloor(a, b, c), mulDivCeil(a, b, c)]
        expect(floor * c <= a * b && a * b < (floor + 1n) * c).toBe(true)
        expect(ceil - floor).toBe((a * b) % c === 0n ? 0n : 1n)
      }),
    )
  })

  it('what an order costs is rounded up: 2,800 at a margin of 25% requires 3,500', () => {
    expect(mulDivCeil(2_800n, 125n, 100n)).toBe(3_500n)
    expect(mulDivCeil(2_801n, 125n, 100n)).toBe(3_502n)
  })
})

describe('adding to a record of amounts', () => {
  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    '%s is a name like any other',
    (name) => {
      const amounts: Record<string, bigint> = {}
      add(amounts, name, 3n)
      add(amounts, name, 4n)
      expect(Object.entries(amounts)).toEqual([[name, 7n]])
    },
  )
})
