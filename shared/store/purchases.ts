import type { Account } from '../domain/account.ts'
import type { Purchase } from '../domain/facts.ts'
import type { PurchaseStore } from '../settlement/ports.ts'
import { textValue } from './attributes.ts'
import type { Table } from './dynamo.ts'
import { purchaseKey } from './keys.ts'
import { inParallel } from './parallel.ts'
import { wholeItem } from './values.ts'

/** Digits of a moment in ms as far as years have four. */
const MOMENT_DIGITS = 15

export function purchaseStore(table: Table): PurchaseStore {
  return {
    async putAll(purchases) {
      await inParallel(purchases, (purchase) => {
        const { id, buyer } = purchase
        const place = { owner: textValue(listOfBuyer(buyer)), ownedAt: textValue(boughtAt(purchase)) }
        return table.putOnce(wholeItem(purchaseKey(id), purchase, place))
      })
    },
  }
}

/** The list of what somebody bought, in the order of time. */
export function listOfBuyer(buyer: Account): string {
  return `purchases#${buyer}`
}

/** Place of a purchase in its buyer's list: the moment, then the id. */
export function boughtAt({ occurredAt, id }: Purchase): string {
  return `${String(occurredAt).padStart(MOMENT_DIGITS, '0')}#${id}`
}

/** The id in such a place; undefined when it is none. */
export function idBoughtAt(place: string): string | undefined {
  return /^\d{15}#([\x20-\x7e]{1,128})$/.exec(place)?.[1]
}
