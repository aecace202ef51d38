import type { PurchaseStore } from '../settlement/ports.ts'
import { textValue } from './attributes.ts'
import type { Table } from './dynamo.ts'
import { purchaseKey } from './keys.ts'
import { wholeItem } from './values.ts'

/** Index of purchases by who bought. */
export const BY_BUYER = 'byBuyer'

export function purchaseStore(table: Table): PurchaseStore {
  return {
    async put(purchase) {
      await table.putOnce(wholeItem(purchaseKey(purchase.id), purchase, { buyer: textValue(purchase.buyer) }))
    },
  }
}
