import { describe, expect, it } from 'vitest'
import { availableOf, listingsOf, takenOf } from '../../../../shared/domain/market/offer.ts'
import type { Order } from '../../../../shared/domain/order/order.ts'
import { retakeFor, takeFor } from '../../../../shared/domain/order/taking.ts'
import { cancel, dispute, fulfil, refund, reportUsage } from '../../../../shared/domain/order/transitions.ts'
import { AT, offered, ordered, POLICY } from '../../../support/orders.ts'

const offer = offered('dataset')
const order = ordered('dataset')
const taken = takeFor(offer, order, AT)

describe('what an order takes of its offer', () => {
  it('is taken until it expires, and free by itself from then on', () => {
    expect(taken.takings).toEqual([{ by: 'order#o1', quantity: 10n, until: order.until }])
    expect(availableOf(taken, order.until - 1)).toBe(90n)
    expect(availableOf(taken, order.until)).toBe(100n)
  })

  it('is no more than there is', () => {
    const large = ordered('dataset', {}, { quantity: 101n })
    expect(() => takeFor(offer, large, AT)).toThrow(expect.objectContaining({ code: 'NotEnoughCapacity' }))
  })

  it('keeps the offer on the list of what is for sale, for time alone may free it', () => {
    const all = takeFor(offer, ordered('dataset', {}, { quantity: 100n }), AT)
    expect(availableOf(all, AT)).toBe(0n)
    expect(listingsOf(all, AT)).toEqual(listingsOf(offer, AT))
  })

  it('is not sold a second time where a clock that is ahead has sold it to another', () => {
    const all = ordered('dataset', {}, { quantity: 100n })
    const ahead = takeFor(takeFor(offer, all, AT), { ...all, id: 'o2', until: all.until + 9 }, all.until)
    const late = fulfil(all, all.until - 1, POLICY).order
    expect(() => retakeFor(ahead, late, all.until - 1)).toThrow(
      expect.objectContaining({ code: 'NotEnoughCapacity' }),
    )
  })

  it('is taken as long as a dispute may last', () => {
    const disputed = dispute(order, 'nothing came', AT).order
    const after = retakeFor(taken, disputed, AT)
    expect(availableOf(after, disputed.until - 1)).toBe(90n)
    expect(availableOf(after, disputed.until)).toBe(100n)
  })

  it('is free once it is cancelled', () => {
    expect(retakeFor(taken, cancel(order, 'ann', AT, POLICY).order, AT).takings).toEqual([])
  })

  it('is sold for ever once it is fulfilled, also when it is refunded', () => {
    const fulfilled = fulfil(order, AT, POLICY).order
    for (const ended of [fulfilled, refund(fulfilled, AT).order])
      expect(takenOf(retakeFor(taken, ended, AT), Number.MAX_SAFE_INTEGER)).toBe(10n)
  })

  it('adds to what was sold before, in one taking', () => {
    const sold = (id: string): Order => fulfil({ ...order, id }, AT, POLICY).order
    const twice = ['o1', 'o2'].reduce((before, id) => retakeFor(before, sold(id), AT), taken)
    expect(twice.takings).toEqual([{ by: 'sold', quantity: 20n }])
  })

  it('is of compute the hours that were begun: the others are on offer again', () => {
    const hours = ordered('cpu-hour')
    const used = (seconds: bigint) => {
      const begun = seconds === 0n ? hours : reportUsage(hours, seconds, AT).order
      const after = retakeFor(takeFor(offered('cpu-hour'), hours, AT), fulfil(begun, AT, POLICY).order, AT)
      return takenOf(after, AT)
    }
    expect([0n, 1n, 3_600n, 3_601n, 36_000n].map(used)).toEqual([0n, 1n, 1n, 2n, 10n])
  })
})
