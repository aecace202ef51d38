import type { Account } from '../account.ts'
import { assertInvariant, ExchequerError } from '../errors.ts'
import { MAX_AMOUNT } from '../money.ts'

/** What is there of another asset to be paid out of, in its base units: deposited = balance + reserved + spent. */
export interface Inventory {
  asset: string
  decimals: number
  /** The participant whose tokens of the network's asset become those that payouts are charged. */
  account: Account
  /** What new payouts may reserve. */
  balance: bigint
  /** What payouts under way have reserved. */
  reserved: bigint
  deposited: bigint
  spent: bigint
}

export function newInventory({
  asset,
  decimals,
  account,
}: Pick<Inventory, 'asset' | 'decimals' | 'account'>): Inventory {
  return { asset, decimals, account, balance: 0n, reserved: 0n, deposited: 0n, spent: 0n }
}

/** Throws `TooMuchInventory` above what an amount can be. */
export function supplied(inventory: Inventory, amount: bigint): Inventory {
  const { balance, deposited } = inventory
  if (deposited + amount > MAX_AMOUNT) {
    throw new ExchequerError(
      'TooMuchInventory',
      `an inventory takes at most 10^38 - 1 in all: ${inventory.asset} has taken ${deposited}, not ${amount} more`,
    )
  }
  return checked({ ...inventory, balance: balance + amount, deposited: deposited + amount })
}

/** Throws `NotEnoughInventory`. */
export function reserved(inventory: Inventory, out: bigint): Inventory {
  const { asset, balance } = inventory
  if (out > balance) {
    throw new ExchequerError(
      'NotEnoughInventory',
      `a payout is out of what the inventory has: ${asset} has ${balance}, not ${out}`,
    )
  }
  return checked({ ...inventory, balance: balance - out, reserved: inventory.reserved + out })
}

export function givenBack(inventory: Inventory, out: bigint): Inventory {
  return checked({
    ...inventory,
    balance: inventory.balance + out,
    reserved: inventory.reserved - out,
  })
}

export function spent(inventory: Inventory, out: bigint): Inventory {
  return checked({ ...inventory, reserved: inventory.reserved - out, spent: inventory.spent + out })
}

function checked(inventory: Inventory): Inventory {
  const { asset, balance, reserved, deposited, spent } = inventory
  assertInvariant(
    balance >= 0n && reserved >= 0n && balance + reserved + spent === deposited,
    () =>
      `inventory ${asset}: deposited = balance + reserved + spent: got ${deposited}, ${balance}, ${reserved}, ${spent}`,
  )
  return inventory
}
