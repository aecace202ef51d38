import type { Amount } from '../../../shared/api/present.ts'

/** Digits after the point in the column for people; the column beside it has every digit there is. */
const SHOWN_DECIMALS = 6

/**
 * An amount of base units in whole units of its asset: "1,234.567890". Digits past the sixth are cut off, never
 * rounded up; whoever needs them reads the base units.
 */
export function formatUnits({ amount, decimals }: Pick<Amount, 'amount' | 'decimals'>): string {
  const sign = amount.startsWith('-') ? '-' : ''
  const digits = amount.slice(sign.length).padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ',')
  const fraction = digits.slice(digits.length - decimals, digits.length - decimals + SHOWN_DECIMALS)
  return `${sign}${whole}${fraction && `.${fraction}`}`
}

/** Sum of amounts of one asset, which is `of`'s. */
export function sumAmounts(amounts: Iterable<Amount>, of: Pick<Amount, 'asset' | 'decimals'>): Amount {
  let total = 0n
  for (const { amount } of amounts) total += BigInt(amount)
  return { amount: total.toString(), asset: of.asset, decimals: of.decimals }
}
