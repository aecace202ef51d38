import { ExchequerError } from '../errors.ts'
import type { RatePublished } from '../event.ts'
import { mulDivCeil, mulDivFloor } from '../money.ts'

export const ASSET_RULE = 'an asset is 1 to 64 of A-Z a-z 0-9 . _ -'

const ASSET = /^[A-Za-z0-9._-]{1,64}$/

/** Whether a text may name an asset. */
export function isAsset(text: string): boolean {
  return ASSET.test(text)
}

/** What one base unit of the network's asset is worth in base units of another, for one era: numerator / denominator. */
export interface Rate {
  /** The report it comes from. */
  id: string
  asset: string
  era: number
  numerator: bigint
  denominator: bigint
  occurredAt: number
}

/** The rate that a report publishes; `era` is the one it lies in. */
export function rateOf({ id, asset, numerator, denominator, occurredAt }: RatePublished, era: number): Rate {
  return { id, asset, era, numerator, denominator, occurredAt }
}

/** Of two reports for one asset and era the one with the greatest (occurredAt, id) holds, in whatever order they come. */
export function replaces(next: Rate, held: Rate | undefined): boolean {
  if (!held || next.occurredAt !== held.occurredAt) return !held || next.occurredAt > held.occurredAt
  return next.id > held.id
}

/**
 * The rate of the era that is open. A rate of another era is never used in its place. `last` is the newest era that
 * has one. Throws `NoRate`.
 */
export function rateFor(
  asset: string,
  openEra: number,
  rate: Rate | undefined,
  last: number | undefined,
): Rate {
  if (rate) return rate
  const known = last === undefined ? 'none was ever published' : `the last one is of era ${last}`
  throw new ExchequerError(
    'NoRate',
    `a payout in another asset is at the rate published for the open era: ${asset} has none for era ${openEra}, ${known}`,
  )
}

/**
 * What leaves for up to `asked`, and what is charged for it: out = floor(asked x numerator / denominator), amount =
 * ceil(out x denominator / numerator). What is asked for beyond that buys nothing, and stays with the account.
 */
export function exchanged(asked: bigint, { numerator, denominator }: Rate): { amount: bigint; out: bigint } {
  const out = mulDivFloor(asked, numerator, denominator)
  return { amount: mulDivCeil(out, denominator, numerator), out }
}
