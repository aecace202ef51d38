import { describe, expect, it } from 'vitest'
import { formatMoment } from '../../../../shared/domain/calendar.ts'
import { DISPUTE_MS, type Order, releasedBy, stateOf } from '../../../../shared/domain/order/order.ts'
import {
  cancel,
  dispute,
  fulfil,
  refund,
  reportUsage,
  resolve,
  use,
} from '../../../../shared/domain/order/transitions.ts'
import { AT, DAY_SECONDS, FREE, feeOf, ordered, POLICY } from '../../../support/orders.ts'

const refusal = (code: string) => expect.objectContaining({ code })
const LATER = AT + 5_000

const disputed = (order: Order) => dispute(order, 'nothing came', LATER).order
const fulfilled = (order: Order) => fulfil(order, LATER, POLICY).order

describe('an order that is fulfilled', () => {
  it('pays the seller all but the fee, which is rounded up', () => {
    const { order, moves } = fulfil(ordered('dataset'), LATER, POLICY)
    // 2.5% of 1,010 is 25.25.
    expect(moves).toEqual([
      {
        move: 'charge',
        account: 'ann',
        hold: 'order#o1',
        id: 'order#o1',
        kind: 'transaction_fee',
        amount: 26n,
      },
      { move: 'capture', from: 'ann', hold: 'order#o1', to: 'sam', amount: 984n, why: 'order.o1' },
    ])
    expect(order).toMatchObject({
      state: 'FULFILLED',
      captured: 1_010n,
      fee: 26n,
      released: 0n,
      endedAt: LATER,
    })
    expect(order.entitlement).toBeUndefined()
  })

  it('pays the seller everything where the policy has no fee', () => {
    const { order, moves } = fulfil(ordered('dataset'), LATER, FREE)
    expect(moves.map(({ move }) => move)).toEqual(['capture'])
    expect(order).toMatchObject({ captured: 1_010n, fee: 0n })
  })

  it('pays the seller nothing where the fee is all of it', () => {
    const { order, moves } = fulfil(ordered('dataset', { price: 1n }, { quantity: 1n }), LATER, POLICY)
    expect(moves.map(({ move }) => move)).toEqual(['charge'])
    expect(order).toMatchObject({ captured: 1n, fee: 1n })
  })

  it('is not charged more than it captures, whatever the fee', () => {
    expect(fulfil(ordered('dataset'), LATER, feeOf('300%')).order).toMatchObject({
      captured: 1_010n,
      fee: 1_010n,
    })
  })

  it('entitles to a stream for its time, to a model for its time and uses', () => {
    const expiresAt = LATER + DAY_SECONDS * 1_000
    expect(fulfilled(ordered('stream')).entitlement).toEqual({ expiresAt })
    expect(fulfilled(ordered('model')).entitlement).toEqual({ expiresAt, usesLeft: 10n })
  })

  it('of something free moves nothing', () => {
    const { order, moves } = fulfil(ordered('model', { price: 0n }), LATER, POLICY)
    expect(moves).toEqual([])
    expect(order).toMatchObject({ state: 'FULFILLED', entitlement: { usesLeft: 10n } })
  })

  it('is refused where the policy has a fee but no income that it could be', () => {
    expect(() => fulfil(ordered('dataset'), LATER, feeOf('1%', { fee: {} }))).toThrow(refusal('NotPriced'))
  })
})

describe('compute', () => {
  const usedFor = (billingSeconds: number, ...reports: bigint[]): Order =>
    reports.reduce(
      (order, seconds) => reportUsage(order, seconds, LATER).order,
      ordered('cpu-hour', { billingSeconds }),
    )

  it.each<[number, number[], number]>([
    // Ten hours at 101 are held; a second hour has begun.
    [3_600, [3_600, 1], 202],
    [3_600, [3_600], 101],
    [3_600, [1], 101],
    // ceil(101 x 60 / 3600) and ceil(101 x 61 / 3600): by the minute 61 seconds are two.
    [60, [60], 2],
    [60, [61], 4],
    [1, [61], 2],
    // Usage adds up before it is rounded: two half minutes are one.
    [60, [30, 30], 2],
    [3_600, [36_000], 1_010],
    // Eleven units of an hour less a second begin in ten hours, and cost no more than is held.
    [3_599, [36_000], 1_010],
    [3_600, [], 0],
  ])('billed by %i s, used %j, costs %i', (billing, reports, bill) => {
    const captured = BigInt(bill)
    const { order } = fulfil(usedFor(billing, ...reports.map(BigInt)), LATER, POLICY)
    expect(order).toMatchObject({ state: 'FULFILLED', captured, released: 1_010n - captured })
  })

  it('gives back what was not used', () => {
    const { moves } = fulfil(usedFor(3_600, 3_600n), LATER, POLICY)
    expect(moves).toEqual([
      expect.objectContaining({ move: 'charge', amount: 3n }),
      expect.objectContaining({ move: 'capture', amount: 98n }),
      { move: 'release', account: 'ann', id: 'order#o1', amount: 909n },
    ])
  })

  it('is used no longer than was ordered', () => {
    const order = usedFor(3_600, 35_999n)
    expect(reportUsage(order, 1n, LATER).order.used).toBe(36_000n)
    expect(() => reportUsage(order, 2n, LATER)).toThrow(refusal('UsageTooHigh'))
  })

  it('alone is metered', () => {
    expect(() => reportUsage(ordered('dataset'), 1n, LATER)).toThrow(refusal('NotMetered'))
  })
})

describe('an order that is cancelled', () => {
  it('gives the buyer everything back', () => {
    for (const by of ['ann', 'sam']) {
      const { order, moves } = cancel(ordered('gpu-hour'), by, LATER, POLICY)
      expect(moves).toEqual([{ move: 'release', account: 'ann', id: 'order#o1', amount: 1_010n }])
      expect(order).toMatchObject({ state: 'CANCELLED', captured: 0n, fee: 0n, released: 1_010n })
    }
  })

  it('once usage was reported is cancelled by the seller only', () => {
    const begun = reportUsage(ordered('gpu-hour'), 1n, LATER).order
    expect(() => cancel(begun, 'ann', LATER, POLICY)).toThrow(refusal('HasBegun'))
    expect(cancel(begun, 'sam', LATER, POLICY).order).toMatchObject({ state: 'CANCELLED', released: 1_010n })
  })

  it('can be where the policy has a fee that it has no income for', () => {
    expect(cancel(ordered('dataset'), 'ann', LATER, feeOf('1%', { fee: {} })).order.state).toBe('CANCELLED')
  })
})

describe('an order that is disputed', () => {
  it('stays held for 30 days, however long it had', () => {
    const order = ordered('dataset', {}, { fulfilWithinSeconds: 60 })
    const step = dispute(order, 'nothing came', LATER)
    const until = LATER + DISPUTE_MS
    expect(step.moves).toEqual([{ move: 'extend', account: 'ann', id: 'order#o1', until }])
    expect(step.order).toMatchObject({
      state: 'DISPUTED',
      until,
      dispute: { at: LATER, reason: 'nothing came' },
    })
  })

  it('is released by itself when nobody has resolved it by then', () => {
    const order = disputed(ordered('dataset'))
    expect(stateOf(order, order.until - 1)).toBe('DISPUTED')
    expect(stateOf(order, order.until)).toBe('EXPIRED')
    expect([releasedBy(order, order.until - 1), releasedBy(order, order.until)]).toEqual([0n, 1_010n])
    const late = () => resolve(order, { captured: 1n, by: 'judge' }, order.until, POLICY)
    expect(late).toThrow(refusal('OrderState'))
    expect(late).toThrow(`${order.id} is EXPIRED, since ${formatMoment(order.until)}`)
  })

  it.each([
    [1_010n, 'FULFILLED', 26n, 0n],
    [500n, 'FULFILLED', 13n, 510n],
    [0n, 'CANCELLED', 0n, 1_010n],
  ])('is resolved by capturing %i', (captured, state, fee, released) => {
    const { order } = resolve(
      disputed(ordered('dataset')),
      { captured: captured, by: 'judge' },
      LATER,
      POLICY,
    )
    expect(order).toMatchObject({ state, captured, fee, released, dispute: { resolvedBy: 'judge' } })
  })

  it('is resolved with no more than is held', () => {
    expect(() =>
      resolve(disputed(ordered('dataset')), { captured: 1_011n, by: 'judge' }, LATER, POLICY),
    ).toThrow(refusal('CaptureTooHigh'))
  })

  it('entitles once it is resolved for the seller', () => {
    expect(
      resolve(disputed(ordered('model')), { captured: 1n, by: 'judge' }, LATER, POLICY).order.entitlement
        ?.usesLeft,
    ).toBe(10n)
    expect(
      resolve(disputed(ordered('model')), { captured: 0n, by: 'judge' }, LATER, POLICY).order.entitlement,
    ).toBeUndefined()
  })

  it('of something free moves nothing', () => {
    expect(dispute(ordered('dataset', { price: 0n }), 'bad', LATER).moves).toEqual([])
  })
})

describe('an order that is refunded', () => {
  it('gets back from the seller what that was paid, and the fee stays with the network', () => {
    const { order, moves } = refund(fulfilled(ordered('dataset')), LATER)
    expect(moves).toEqual([
      { move: 'transfer', from: 'sam', to: 'ann', amount: 984n, why: 'order.o1.refund' },
    ])
    expect(order).toMatchObject({ state: 'REFUNDED', refunded: 984n, fee: 26n })
  })

  it('in parts is refunded once all is back', () => {
    const part = refund(fulfilled(ordered('model')), LATER, 900n).order
    expect(part).toMatchObject({ state: 'FULFILLED', refunded: 900n })
    expect(use(part, LATER).order.entitlement?.usesLeft).toBe(9n)
    expect(() => refund(part, LATER, 85n)).toThrow(refusal('RefundTooHigh'))
    expect(refund(part, LATER).order).toMatchObject({ state: 'REFUNDED', refunded: 984n })
  })

  it('where the seller was paid nothing has nothing to give back', () => {
    const unused = fulfilled(ordered('cpu-hour'))
    expect(() => refund(unused, LATER)).toThrow(refusal('RefundTooHigh'))
    expect(() => refund(fulfilled(ordered('dataset')), LATER, 0n)).toThrow(refusal('RefundTooHigh'))
  })
})

describe('the licence of a model', () => {
  const licence = fulfilled(ordered('model', {}, { quantity: 2n }))

  it('is used as often as was ordered', () => {
    const once = use(licence, LATER)
    expect(once.moves).toEqual([])
    const twice = use(once.order, LATER).order
    expect(twice.entitlement?.usesLeft).toBe(0n)
    expect(() => use(twice, LATER)).toThrow(refusal('NotEntitled'))
  })

  it('is used until it is over', () => {
    const { expiresAt = 0 } = licence.entitlement ?? {}
    expect(use(licence, expiresAt - 1).order.entitlement?.usesLeft).toBe(1n)
    expect(() => use(licence, expiresAt)).toThrow(refusal('NotEntitled'))
    expect(() => use(licence, expiresAt)).toThrow(`${licence.id} is since ${formatMoment(expiresAt)}`)
  })

  it('is what only a model has', () => {
    for (const resource of ['dataset', 'stream', 'gpu-hour', 'bandwidth'] as const)
      expect(() => use(fulfilled(ordered(resource)), LATER), resource).toThrow(refusal('NotEntitled'))
  })
})

describe('each step begins in one state', () => {
  const steps = {
    reportUsage: (order: Order, at: number) => reportUsage(order, 1n, at),
    fulfil: (order: Order, at: number) => fulfil(order, at, POLICY),
    cancel: (order: Order, at: number) => cancel(order, 'ann', at, POLICY),
    dispute: (order: Order, at: number) => dispute(order, 'nothing came', at),
    resolve: (order: Order, at: number) => resolve(order, { captured: 1n, by: 'judge' }, at, POLICY),
    refund: (order: Order, at: number) => refund(order, at),
    use: (order: Order, at: number) => use(order, at),
  }
  const accepted = ordered('gpu-hour')
  const used = fulfilled(reportUsage(accepted, 3_600n, LATER).order)
  const states: Record<string, { order: Order; at: number; steps: (keyof typeof steps)[] }> = {
    ACCEPTED: { order: accepted, at: LATER, steps: ['reportUsage', 'fulfil', 'cancel', 'dispute'] },
    'EXPIRED, accepted': { order: accepted, at: accepted.until, steps: [] },
    DISPUTED: { order: disputed(accepted), at: LATER, steps: ['resolve'] },
    'EXPIRED, disputed': { order: disputed(accepted), at: LATER + DISPUTE_MS, steps: [] },
    // A use is refused there for what is ordered, not for the state.
    FULFILLED: { order: used, at: LATER, steps: ['refund', 'use'] },
    CANCELLED: { order: cancel(accepted, 'ann', LATER, POLICY).order, at: LATER, steps: [] },
    REFUNDED: { order: refund(used, LATER).order, at: LATER, steps: [] },
  }
  for (const [name, { order, at, steps: begin }] of Object.entries(states)) {
    it(`${name}: ${begin.join(', ') || 'none'}`, () => {
      const begun = Object.entries(steps).filter(([, step]) => {
        try {
          step(order, at)
          return true
        } catch (error) {
          if ((error as { code: string }).code !== 'OrderState') return true
          expect((error as Error).message).toContain(`o1 is ${stateOf(order, at)}`)
          return false
        }
      })
      expect(begun.map(([step]) => step)).toEqual(begin)
    })
  }
})
