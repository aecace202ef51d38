import type * as z from 'zod'
import type { Account } from '../domain/account.ts'
import { formatMoment } from '../domain/calendar.ts'
import type { Purchase } from '../domain/facts.ts'
import type { purchaseResponse, purchasesResponse } from './contracts/purchases.ts'
import { readCursor, writeCursor } from './cursor.ts'
import type { Reader } from './network.ts'
import { type Money, moneyOf } from './present.ts'
import { ProblemError } from './problems.ts'

interface PurchasesQuery {
  buyer?: Account | undefined
  id?: string | undefined
  cursor?: string | undefined
  limit: number
}

/** Purchases of one buyer, or the one with an id as a list of at most one. Throws `InvalidCursor`. */
export async function listPurchases(
  reader: Reader,
  { buyer, id, cursor, limit }: PurchasesQuery,
): Promise<z.output<typeof purchasesResponse>> {
  const money = await moneyNow(reader)
  const list = `purchases ${buyer}`
  const after = cursor === undefined ? undefined : readCursor(list, cursor)
  if (id !== undefined) {
    const purchase = await reader.store.purchase(id)
    return { purchases: purchase ? [present(purchase, money)] : [] }
  }
  const { purchases, next } = await reader.store.purchasesByBuyer(buyer as Account, { cursor: after, limit })
  return {
    purchases: purchases.map((purchase) => present(purchase, money)),
    ...(next !== undefined && { next: writeCursor(list, next) }),
  }
}

/** One purchase. Throws `UnknownPurchase`. */
export async function readPurchase(
  reader: Reader,
  { id }: { id: string },
): Promise<z.output<typeof purchaseResponse>> {
  const purchase = await reader.store.purchase(id)
  if (purchase) return present(purchase, await moneyNow(reader))
  throw new ProblemError(
    'UnknownPurchase',
    `a purchase is known once the era of its cost is counted: got id ${JSON.stringify(id)}`,
  )
}

async function moneyNow({ network }: Reader): Promise<Money> {
  return moneyOf((await network.known()).policy.policy)
}

function present(
  { id, buyer, kind, amount, occurredAt, block, era, details }: Purchase,
  money: Money,
): z.output<typeof purchaseResponse> {
  return {
    id,
    buyer,
    kind,
    amount: money(amount),
    occurredAt: formatMoment(occurredAt),
    ...(block !== undefined && { block }),
    era,
    ...(details !== undefined && { details: JSON.parse(details) }),
  }
}
