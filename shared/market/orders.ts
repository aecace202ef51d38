import type { Account } from '../domain/account.ts'
import { assertInvariant, ExchequerError } from '../domain/errors.ts'
import { listingsOf, type Offer } from '../domain/market/offer.ts'
import type { Step } from '../domain/order/capture.ts'
import type { Order } from '../domain/order/order.ts'
import { type Placing, place } from '../domain/order/place.ts'
import { changesTaking, retakeFor, takeFor } from '../domain/order/taking.ts'
import { placeAt } from '../domain/place.ts'
import type { Policy } from '../domain/policy/schema.ts'
import type { LedgerStore, RecordWrite, StoredRecord } from '../ledger/ports.ts'
import { type Command, type PostDeps, post } from '../ledger/post.ts'
import { shortId } from '../ledger/short-id.ts'
import type { Moment } from '../ledger/time.ts'

/** Whose key it is, and what it stands for. */
type Asked = Pick<Command, 'id' | 'digest'>

/** The order as a command made it, and the asset that it counts in: all that is answered, however late it is asked again. */
export interface Answer {
  order: Order
  asset: Policy['asset']
}

/**
 * Places an order: the hold, the offer's units and the order in one transaction. Throws `UnknownOffer`, what `place`
 * and `takeFor` throw, `NotEnough`, `TooManyHolds`, and what `post` throws.
 */
export async function placeOrder(
  deps: PostDeps,
  asked: Asked,
  { offer: offerId, ...placing }: { offer: string } & Omit<Placing, 'id'>,
): Promise<Answer> {
  const id = shortId(asked.id)
  const change = async ({ at, policy }: Moment) => {
    const offer = await deps.store.records.read<Offer>('OFFER', offerId)
    if (!offer) throw new ExchequerError('UnknownOffer', `an order is for an offer: there is no ${offerId}`)
    const { order, moves } = place(offer.value, { id, ...placing }, at, policy.policy)
    const records = [writeOffer(offer, takeFor(offer.value, order, at), at), writeOrder(order, 0)]
    return { moves, records, answer: { order, asset: policy.policy.asset } }
  }
  const { answer } = await post(deps, { ...asked, change })
  return answer as Answer
}

/**
 * Takes an order one step on, with what that changes of its offer. `step` also says who may take it. Throws
 * `UnknownOrder`, what the step throws, `HoldEnded`, `NotEnough`, and what `post` throws.
 */
export async function changeOrder(
  deps: PostDeps,
  asked: Asked,
  id: string,
  step: (order: Order, moment: Moment) => Step,
): Promise<Answer> {
  const { records } = deps.store
  const change = async (moment: Moment) => {
    const before = await readStored(records, id)
    const { order, moves } = step(before.value, moment)
    const writes = [writeOrder(order, before.version)]
    if (changesTaking(before.value, order)) {
      const offer = await records.read<Offer>('OFFER', order.offer)
      assertInvariant(offer !== undefined, () => `the offer of an order stays: ${order.offer} is not there`)
      writes.push(writeOffer(offer, retakeFor(offer.value, order, moment.at), moment.at))
    }
    return { moves, records: writes, answer: { order, asset: moment.policy.policy.asset } }
  }
  const { answer } = await post(deps, { ...asked, change })
  return answer as Answer
}

type Records = LedgerStore['records']

/** Throws `UnknownOrder`. */
export async function readOrder(records: Records, id: string): Promise<Order> {
  return (await readStored(records, id)).value
}

/** Orders of a buyer, or those for the offers of a seller, newest first; eventually consistent. Throws `InvalidCursor`. */
export async function listOrders(
  records: Records,
  of: { buyer: Account } | { seller: Account },
  { cursor, limit }: { cursor?: string | undefined; limit: number },
): Promise<{ orders: Order[]; next?: string }> {
  const page = { kind: 'ORDER', cursor, limit, descending: true } as const
  const { records: found, ...rest } =
    'buyer' in of
      ? await records.list<Order>('byOwner', { ...page, list: ordersOf(of.buyer) })
      : await records.list<Order>('byPlace', { ...page, list: salesOf(of.seller) })
  return { orders: found.map(({ value }) => value), ...rest }
}

async function readStored(records: Records, id: string): Promise<StoredRecord<Order>> {
  const stored = await records.read<Order>('ORDER', id)
  if (stored) return stored
  throw new ExchequerError('UnknownOrder', `an order has the id that it was placed with: there is no ${id}`)
}

function writeOrder(order: Order, version: number): RecordWrite {
  const { id, buyer, seller, placedAt } = order
  const place = placeAt(placedAt, id)
  const lists = { owner: { list: ordersOf(buyer), place }, place: { list: salesOf(seller), place } }
  return { kind: 'ORDER', id, version, value: order, ...lists }
}

function writeOffer({ id, version }: StoredRecord<Offer>, offer: Offer, at: number): RecordWrite {
  return { kind: 'OFFER', id, version, value: offer, ...listingsOf(offer, at) }
}

function ordersOf(buyer: Account): string {
  return `orders#${buyer}`
}

function salesOf(seller: Account): string {
  return `sales#${seller}`
}
