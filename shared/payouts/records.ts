import type { Account } from '../domain/account.ts'
import { ExchequerError } from '../domain/errors.ts'
import type { Inventory } from '../domain/payout/inventory.ts'
import { hasEnded, isUnannounced, isWaiting, type Payout } from '../domain/payout/payout.ts'
import type { Preference } from '../domain/payout/preference.ts'
import type { Rate } from '../domain/payout/rate.ts'
import { padded, placeAt } from '../domain/place.ts'
import type { LedgerStore, Listing, RecordWrite, StoredRecord } from '../ledger/ports.ts'

/** How payouts and what belongs to them are kept: by which ids, and in which lists. */

type Records = Pick<LedgerStore, 'records'>

/** Payouts that wait for their release, or for the bus to be told of it: by when that is due. */
export const DUE_PAYOUTS = 'payouts#due'

/** Payouts that the bus was told of and that have not ended, by when it was told. */
export const TOLD_PAYOUTS = 'payouts#told'

/** Preferences with a schedule, by when the next period begins. */
export const DUE_PREFERENCES = 'preferences#due'

/** The payouts of an account, in the order in which they were asked for. */
export function payoutsOf(account: Account): string {
  return `payouts#${account}`
}

/** The rates of an asset, by era. */
function ratesOf(asset: string): string {
  return `rates#${asset}`
}

export function payoutWrite(payout: Payout, version: number): RecordWrite<Payout> {
  const { id, account, requestedAt } = payout
  const place = listed(payout)
  return {
    kind: 'PAYOUT',
    id,
    version,
    value: payout,
    owner: { list: payoutsOf(account), place: placeAt(requestedAt, id) },
    ...(place && { place }),
  }
}

/** The list in which a payout waits for what comes next, until it has ended. */
function listed(payout: Payout): Listing | undefined {
  const { id, dueAt, announcedAt } = payout
  if (isWaiting(payout) || isUnannounced(payout)) return { list: DUE_PAYOUTS, place: placeAt(dueAt, id) }
  if (hasEnded(payout) || announcedAt === undefined) return undefined
  return { list: TOLD_PAYOUTS, place: placeAt(announcedAt, id) }
}

/** Strongly consistent. Throws `UnknownPayout`. */
export async function readPayout({ records }: Records, id: string): Promise<StoredRecord<Payout>> {
  const stored = await records.read<Payout>('PAYOUT', id)
  if (stored) return stored
  throw new ExchequerError('UnknownPayout', `a payout has the id it was made with: got ${JSON.stringify(id)}`)
}

export function preferenceWrite(preference: Preference, version: number): RecordWrite<Preference> {
  const { account, dueAt } = preference
  return {
    kind: 'PREFERENCE',
    id: account,
    version,
    value: preference,
    ...(dueAt !== undefined && { place: { list: DUE_PREFERENCES, place: placeAt(dueAt, account) } }),
  }
}

/** Strongly consistent; an account that never said anything has no schedule, and version 0. */
export async function readPreference(
  { records }: Records,
  account: Account,
): Promise<Pick<StoredRecord<Preference>, 'version' | 'value'>> {
  const stored = await records.read<Preference>('PREFERENCE', account)
  return stored ?? { version: 0, value: { account, schedule: 'none' } }
}

export function inventoryWrite(inventory: Inventory, version: number): RecordWrite<Inventory> {
  return { kind: 'INVENTORY', id: inventory.asset, version, value: inventory }
}

/** Strongly consistent. Throws `UnknownInventory`. */
export async function readInventory({ records }: Records, asset: string): Promise<StoredRecord<Inventory>> {
  const stored = await records.read<Inventory>('INVENTORY', asset)
  if (stored) return stored
  throw new ExchequerError(
    'UnknownInventory',
    `payouts in another asset are out of its inventory: there is none of ${JSON.stringify(asset)}`,
  )
}

export function rateWrite(rate: Rate, version: number): RecordWrite<Rate> {
  const { asset, era } = rate
  return {
    kind: 'RATE',
    id: rateId(asset, era),
    version,
    value: rate,
    place: { list: ratesOf(asset), place: padded(era, 12) },
  }
}

/** Strongly consistent; undefined where no rate of the era was published. */
export function readRate({ records }: Records, asset: string, era: number) {
  return records.read<Rate>('RATE', rateId(asset, era))
}

/** The newest era up to this one that has a rate of the asset; eventually consistent. */
export async function lastRatedEra(
  { records }: Records,
  asset: string,
  through: number,
): Promise<number | undefined> {
  const query = { kind: 'RATE', list: ratesOf(asset), through: padded(through, 12), limit: 1 } as const
  const found = await records.list<Rate>('byPlace', { ...query, descending: true })
  return found.records[0]?.value.era
}

function rateId(asset: string, era: number): string {
  return `${asset}#${era}`
}
