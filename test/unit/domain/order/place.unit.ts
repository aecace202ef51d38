import { describe, expect, it } from 'vitest'
import { formatMoment } from '../../../../shared/domain/calendar.ts'
import { MAX_AMOUNT } from '../../../../shared/domain/money.ts'
import { lasts } from '../../../../shared/domain/order/order.ts'
import { place } from '../../../../shared/domain/order/place.ts'
import { AT, DAY_SECONDS, FREE, feeOf, ORDERABLE, offered, POLICY, placing } from '../../../support/orders.ts'

const refusal = (code: string) => expect.objectContaining({ code })

describe('an order that is placed', () => {
  it('holds price x quantity until it expires', () => {
    const { order, moves } = place(
      offered('dataset', { price: 101n }),
      placing({ quantity: 10n, fulfilWithinSeconds: 60 }),
      AT,
      POLICY,
    )
    expect(moves).toEqual([
      { move: 'hold', account: 'ann', id: 'order#o1', amount: 1_010n, until: AT + 60_000, charges: true },
    ])
    expect(order).toMatchObject({
      id: 'o1',
      offer: 'offer-1',
      buyer: 'ann',
      seller: 'sam',
      state: 'ACCEPTED',
      held: 1_010n,
      placedAt: AT,
      until: AT + 60_000,
    })
  })

  it('for compute is billed by the hour where its offer says nothing else', () => {
    expect(place(offered('cpu-hour'), placing(), AT, POLICY).order).toMatchObject({
      billingSeconds: 3_600,
      used: 0n,
    })
    const byMinute = place(offered('gpu-hour', { billingSeconds: 60 }), placing(), AT, POLICY)
    expect(byMinute.order.billingSeconds).toBe(60)
  })

  it('of something free holds nothing', () => {
    const { order, moves } = place(offered('dataset', { price: 0n }), placing(), AT, POLICY)
    expect(moves).toEqual([])
    expect(order).toMatchObject({ state: 'ACCEPTED', held: 0n })
  })

  it('may cost all there can be, and no unit more', () => {
    const most = offered('dataset', { price: MAX_AMOUNT })
    expect(place(most, placing({ quantity: 1n }), AT, POLICY).order.held).toBe(MAX_AMOUNT)
    expect(() => place(most, placing({ quantity: 2n }), AT, POLICY)).toThrow(refusal('OrderTooLarge'))
  })
})

describe('an order is refused', () => {
  it('where a provider buys from itself, before anything else is looked at', () => {
    expect(() => place(offered('model', { provider: 'ann' }), placing(), AT, POLICY)).toThrow(
      refusal('OwnOffer'),
    )
  })

  it('for storage, which is booked', () => {
    expect(() => place(offered('storage'), placing(), AT, POLICY)).toThrow(refusal('NotOrdered'))
  })

  it('where it does not say how long a stream or a licence is to last, or says it of anything else', () => {
    for (const resource of ORDERABLE) {
      const seconds = lasts(resource) ? undefined : DAY_SECONDS
      const asked = placing({ seconds })
      expect(() => place(offered(resource), asked, AT, POLICY), resource).toThrow(refusal('OrderDuration'))
    }
  })

  it('outside the times for which it is sold', () => {
    const offer = offered('stream', { minSeconds: 60, maxSeconds: 120 })
    const lasting = (seconds: number) => place(offer, placing({ seconds }), AT, POLICY)
    expect(lasting(60).order.seconds).toBe(60)
    expect(lasting(120).order.seconds).toBe(120)
    for (const seconds of [59, 121]) expect(() => lasting(seconds)).toThrow(refusal('OrderDuration'))
  })

  it('where it may take longer than its provider is committed', () => {
    const asked = placing({ fulfilWithinSeconds: 60, seconds: 30 })
    const committed = (committedUntil: number) =>
      place(offered('stream', { committedUntil }), asked, AT, POLICY)
    expect(committed(AT + 90_000).order.until).toBe(AT + 60_000)
    expect(() => committed(AT + 89_999)).toThrow(refusal('OrderDuration'))
    expect(() => committed(AT + 89_999)).toThrow(
      `committed until ${formatMoment(AT + 89_999)}: the order may take until ${formatMoment(AT + 90_000)}`,
    )
  })

  it('where the policy has a fee but no income that it could be', () => {
    expect(() => place(offered('dataset'), placing(), AT, feeOf('2.5%', { fee: {} }))).toThrow(
      refusal('NotPriced'),
    )
    expect(place(offered('dataset'), placing(), AT, FREE).order.state).toBe('ACCEPTED')
  })
})
