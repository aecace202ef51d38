import { describe, expect, it } from 'vitest'
import { MAX_AMOUNT } from '../../../../shared/domain/money.ts'
import {
  givenBack,
  newInventory,
  reserved,
  spent,
  supplied,
} from '../../../../shared/domain/payout/inventory.ts'

const empty = newInventory({ asset: 'USDC', decimals: 2, account: 'desk' })
const ten = supplied(empty, 10n)
const code = (expected: string) => expect.objectContaining({ code: expected })

describe('given an inventory of ten', () => {
  it('when some is reserved, then it is kept for that payout', () => {
    expect(reserved(ten, 4n)).toMatchObject({ balance: 6n, reserved: 4n, deposited: 10n, spent: 0n })
  })

  it('when all is reserved, then nothing is left, and no more can be', () => {
    const all = reserved(ten, 10n)
    expect(all).toMatchObject({ balance: 0n, reserved: 10n })
    expect(() => reserved(all, 1n)).toThrow('USDC has 0, not 1')
    expect(() => reserved(ten, 11n)).toThrow(code('NotEnoughInventory'))
  })

  it('when a payout is over, then what it reserved is spent or given back', () => {
    expect(spent(reserved(ten, 4n), 4n)).toMatchObject({ balance: 6n, reserved: 0n, spent: 4n })
    expect(givenBack(reserved(ten, 4n), 4n)).toEqual(ten)
  })

  it('when more is spent or given back than was reserved, then something is broken', () => {
    const broken = 'inventory USDC: deposited = balance + reserved + spent: got 10, '
    expect(() => spent(reserved(ten, 4n), 5n)).toThrow(`${broken}6, -1, 5`)
    expect(() => givenBack(reserved(ten, 4n), 5n)).toThrow(`${broken}11, -1, 0`)
  })

  it('when it is supplied, then up to what an amount can be in all', () => {
    expect(supplied(ten, MAX_AMOUNT - 10n)).toMatchObject({ balance: MAX_AMOUNT, deposited: MAX_AMOUNT })
    expect(() => supplied(ten, MAX_AMOUNT - 9n)).toThrow(code('TooMuchInventory'))
    expect(() => supplied(spent(reserved(ten, 10n), 10n), MAX_AMOUNT - 9n)).toThrow('USDC has taken 10')
  })
})
