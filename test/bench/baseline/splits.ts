import { allocate, type DineroCurrency, dinero, toSnapshot } from 'dinero.js/bigint'

/** The usual library for money: largest shares first get the units that are left. */

const TOKEN: DineroCurrency<bigint> = { code: 'TOKEN', base: 10n, exponent: 18n }

export function allocateEach(amount: bigint, weights: readonly bigint[]): bigint[] {
  const shares = allocate(dinero({ amount, currency: TOKEN }), [...weights])
  return shares.map((share) => toSnapshot(share).amount)
}
