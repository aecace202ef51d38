import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EXTERNAL } from '../../../../shared/domain/account.ts'
import { type Offer, takenOf } from '../../../../shared/domain/market/offer.ts'
import { sum } from '../../../../shared/domain/money.ts'
import { applyMoves, type Move, pagesOf } from '../../../../shared/domain/moves.ts'
import { billOf, feeOn, type Step } from '../../../../shared/domain/order/capture.ts'
import {
  DISPUTE_MS,
  isMetered,
  lasts,
  nameOf,
  type Order,
  stateOf,
} from '../../../../shared/domain/order/order.ts'
import { place } from '../../../../shared/domain/order/place.ts'
import { changesTaking, retakeFor, takeFor } from '../../../../shared/domain/order/taking.ts'
import {
  cancel,
  dispute,
  fulfil,
  refund,
  refundable,
  reportUsage,
  resolve,
  use,
} from '../../../../shared/domain/order/transitions.ts'
import { type AccountState, balanceOf, emptyPage, heldOf, type Page } from '../../../../shared/domain/page.ts'
import { type CommandTime, matured } from '../../../../shared/domain/release.ts'
import { AT, feeOf, ORDERABLE, offered, placing } from '../../../support/orders.ts'

const BUYERS = ['ann', 'bob']
const SELLERS = ['sam', 'sue']
const EVERYBODY = [...BUYERS, ...SELLERS]
const DEPOSIT = 1_500n
/** Units of each offer: few enough for some orders to be refused. */
const ON_OFFER = 25n
const MAX_WITHIN_SECONDS = 90 * 86_400

const STEPS = ['place', 'usage', 'fulfil', 'cancel', 'dispute', 'resolve', 'refund', 'use'] as const

/** One step of a random life: who, what, with how much, and how much later. */
const step = fc.record({
  does: fc.constantFrom('place' as const, ...STEPS),
  /** Which of the orders so far, counted backwards; with none that far back, the first. */
  which: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 4 }) }),
  resource: fc.constantFrom(...ORDERABLE),
  buyer: fc.constantFrom(...BUYERS),
  seller: fc.constantFrom(...SELLERS),
  price: fc.oneof(fc.constant(0n), fc.bigInt(1n, 120n)),
  quantity: fc.bigInt(1n, 12n),
  /** Of what is held, or can be refunded, in tenths; more than ten are too much. */
  tenths: fc.bigInt(0n, 11n),
  seconds: fc.integer({ min: 1, max: 20_000 }),
  billingSeconds: fc.constantFrom(1, 60, 3_599, 3_600, 86_400),
  withinSeconds: fc.oneof(
    fc.integer({ min: 1, max: 10_000 }),
    fc.integer({ min: 1, max: MAX_WITHIN_SECONDS }),
  ),
  laterSeconds: fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 6, arbitrary: fc.nat({ max: 4_000 }) },
    { weight: 1, arbitrary: fc.nat({ max: 40 * 86_400 }) },
  ),
})
type RandomStep = typeof step extends fc.Arbitrary<infer Value> ? Value : never
const lives = fc.record({
  steps: fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }),
  fee: fc.constantFrom('0%', '0.0000001%', '2.5%', '33.3333333%', '100%', '250%'),
})

type WorldStep = Step & { offer?: Offer }

/** Accounts, offers and orders, changed by steps that are done whole or not at all. */
class World {
  at = AT
  readonly orders: Order[] = []
  /** One for each seller and resource; price and billing unit are as the next order finds them. */
  readonly offers = new Map<string, Offer>()
  private pages = new Map<number, Page>()
  readonly policy: ReturnType<typeof feeOf>

  constructor(fee: string) {
    this.policy = feeOf(fee)
    this.apply(
      EVERYBODY.map((to) => ({ move: 'transfer', from: EXTERNAL, to, amount: DEPOSIT, why: 'deposit' })),
    )
  }

  get time(): CommandTime {
    const { at } = this
    return { at, position: at, label: 0, era: 0, sealedThrough: -1, settledTo: 0, freezes: false }
  }

  apply(moves: readonly Move[]): void {
    const before = pagesOf(moves).map((page) => this.pages.get(page) ?? emptyPage(page))
    for (const page of applyMoves(before, moves, this.time)) this.pages.set(page.page, page)
  }

  /** What accounts have, with all that time has released. */
  get accounts(): AccountState[] {
    return [...this.pages.values()].flatMap(({ accounts }) =>
      accounts.map((state) => matured(state, this.time)),
    )
  }

  /** Answers with why it was refused, if it was. */
  do(what: RandomStep): string | undefined {
    this.at += what.laterSeconds * 1_000
    const index = Math.max(0, this.orders.length - 1 - what.which)
    try {
      const { order, moves, offer } =
        what.does === 'place' ? this.place(what) : this.change(this.orders[index], what)
      this.apply(moves)
      if (offer) this.offers.set(offer.id, offer)
      this.orders[what.does === 'place' ? this.orders.length : index] = order
      return undefined
    } catch (error) {
      return (error as { code?: string }).code ?? String(error)
    }
  }

  private place({ resource, buyer, seller, price, quantity, ...rest }: RandomStep): WorldStep {
    const { seconds, billingSeconds, withinSeconds: fulfilWithinSeconds } = rest
    const id = `${seller} ${resource}`
    const { takings } = this.offers.get(id) ?? { takings: [] }
    const changes = { id, provider: seller, price, quantity: ON_OFFER, takings }
    const offer = offered(resource, { ...changes, ...(isMetered(resource) && { billingSeconds }) })
    const asked = { id: `o${this.orders.length}`, buyer, quantity, fulfilWithinSeconds }
    const lasting = lasts(resource) && { seconds }
    const step = place(offer, placing({ ...asked, ...lasting }), this.at, this.policy)
    return { ...step, offer: takeFor(offer, step.order, this.at) }
  }

  private change(order: Order | undefined, what: RandomStep): WorldStep {
    if (!order) throw Object.assign(new Error(), { code: 'UnknownOrder' })
    const step = this.step(order, what)
    if (!changesTaking(order, step.order)) return step
    const offer = this.offers.get(order.offer) as Offer
    return { ...step, offer: retakeFor(offer, step.order, this.at) }
  }

  private step(order: Order, { does, tenths, seconds, buyer }: RandomStep): Step {
    const { at, policy } = this
    if (does === 'usage') return reportUsage(order, BigInt(seconds), at)
    if (does === 'fulfil') return fulfil(order, at, policy)
    if (does === 'cancel') return cancel(order, buyer === 'ann' ? order.buyer : order.seller, at, policy)
    if (does === 'dispute') return dispute(order, 'bad', at)
    if (does === 'resolve')
      return resolve(order, { captured: (order.held * tenths) / 10n, by: 'judge' }, at, policy)
    if (does === 'refund') return refund(order, at, (refundable(order) * tenths) / 10n)
    return use(order, at)
  }
}

const REFUSALS = [
  'UnknownOrder',
  'OrderState',
  'NotMetered',
  'UsageTooHigh',
  'HasBegun',
  'CaptureTooHigh',
  'RefundTooHigh',
  'NotEntitled',
  'NotEnough',
  'NotEnoughCapacity',
]

/** What has been done in all runs: a property over lives in which nothing happens would hold too. */
const done = new Map<string, number>()

function live(fee: string, steps: RandomStep[], check: (world: World) => void): World {
  const world = new World(fee)
  for (const what of steps) {
    // Anything else, a hold that was not there above all, would be a fault of ours.
    const refused = world.do(what)
    if (refused !== undefined) expect(REFUSALS).toContain(refused)
    const outcome = refused ?? what.does
    done.set(outcome, (done.get(outcome) ?? 0) + 1)
    check(world)
  }
  return world
}

describe('whatever is done with orders, in whatever order and time', () => {
  it('money is conserved, and nobody is below zero', () => {
    fc.assert(
      fc.property(lives, ({ fee, steps }) => {
        live(fee, steps, ({ accounts, orders }) => {
          const charged = accounts
            .flatMap(({ outbox }) => outbox)
            .map((fact) => (fact.of === 'Charge' ? fact.amount : 0n))
          expect(sum(charged)).toBe(sum(orders.map((order) => order.fee)))
          expect(sum(accounts.map(balanceOf)) + sum(charged)).toBe(DEPOSIT * BigInt(EVERYBODY.length))
          for (const { available, holds } of accounts) {
            expect(available >= 0n).toBe(true)
            expect(holds.every(({ amount }) => amount > 0n)).toBe(true)
          }
        })
      }),
      { numRuns: 150 },
    )
  })

  it('an order that waits keeps exactly what it holds; what has ended keeps nothing', () => {
    fc.assert(
      fc.property(lives, ({ fee, steps }) => {
        live(fee, steps, ({ accounts, orders, at }) => {
          const kept = accounts.flatMap(({ account, holds }) => holds.map((hold) => ({ account, ...hold })))
          const waiting = orders.filter((order) => ['ACCEPTED', 'DISPUTED'].includes(stateOf(order, at)))
          const expected = waiting.flatMap((order) => {
            const { buyer: account, held: amount, until } = order
            return amount === 0n ? [] : [{ account, id: nameOf(order), amount, until }]
          })
          const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)
          expect(kept.sort(byId)).toEqual(expected.sort(byId))
        })
      }),
      { numRuns: 150 },
    )
  })

  it('every hold ends by itself: in time, and within 30 days of its dispute', () => {
    fc.assert(
      fc.property(lives, ({ fee, steps }) => {
        const world = live(fee, steps, () => undefined)
        for (const { state, until, dispute } of world.orders)
          if (state === 'DISPUTED') expect(until).toBe((dispute?.at ?? 0) + DISPUTE_MS)
        world.at += Math.max(MAX_WITHIN_SECONDS * 1_000, DISPUTE_MS)
        expect(sum(world.accounts.map(heldOf))).toBe(0n)
      }),
      { numRuns: 150 },
    )
  })

  it('no unit is sold twice: an offer has taken what waits and what was sold, and no more than it has', () => {
    fc.assert(
      fc.property(lives, ({ fee, steps }) => {
        live(fee, steps, ({ offers, orders, at }) => {
          for (const offer of offers.values()) {
            const units = orders.map((order) => {
              const state = stateOf(order, at)
              if (order.offer !== offer.id || state === 'EXPIRED' || state === 'CANCELLED') return 0n
              if (order.used === undefined || state === 'ACCEPTED' || state === 'DISPUTED')
                return order.quantity
              return (order.used + 3_599n) / 3_600n
            })
            expect(takenOf(offer, at)).toBe(sum(units))
            expect(sum(units) <= ON_OFFER).toBe(true)
          }
        })
      }),
      { numRuns: 150 },
    )
  })

  it('captured + released = held, and fee + what the seller was paid = captured', () => {
    fc.assert(
      fc.property(lives, ({ fee, steps }) => {
        const { orders, policy } = live(fee, steps, () => undefined)
        for (const order of orders) {
          const { state, held, captured, released, fee, refunded } = order
          if (state === 'ACCEPTED' || state === 'DISPUTED') {
            expect([captured, released, fee, refunded]).toEqual([0n, 0n, 0n, 0n])
            continue
          }
          expect(captured + released).toBe(held)
          expect(fee).toBe(feeOn(captured, policy))
          expect(captured - fee - refunded >= 0n).toBe(true)
          if (state === 'CANCELLED') expect(captured).toBe(0n)
          if (state === 'REFUNDED') expect(refunded).toBe(captured - fee)
        }
      }),
      { numRuns: 150 },
    )
  })
})

it('in these lives every step is done, and every refusal met', () => {
  for (const outcome of [...STEPS, ...REFUSALS]) expect(done.get(outcome), outcome).toBeGreaterThan(0)
})

describe('what compute costs', () => {
  const usages = fc.record({
    price: fc.bigInt(0n, 10n ** 20n),
    quantity: fc.bigInt(1n, 1_000n),
    billingSeconds: fc.integer({ min: 1, max: 100_000 }),
    share: fc.integer({ min: 0, max: 3_600 }),
  })

  it('is never more than is held, nor less than the exact price of what was used', () => {
    fc.assert(
      fc.property(usages, ({ price, quantity, billingSeconds, share }) => {
        const used = quantity * BigInt(share)
        const order = { price, quantity, billingSeconds, used, held: price * quantity } as Order
        const bill = billOf(order)
        expect(bill <= order.held).toBe(true)
        expect(bill * 3_600n >= price * used).toBe(true)
        // At most the billing unit that was begun, and the base unit that was begun, are more than was used.
        expect((bill - 1n) * 3_600n < price * (used + BigInt(billingSeconds))).toBe(true)
      }),
    )
  })

  it('is all that is held where all was used', () => {
    fc.assert(
      fc.property(usages, ({ price, quantity, billingSeconds }) => {
        const held = price * quantity
        const order = { price, quantity, billingSeconds, used: quantity * 3_600n, held } as Order
        expect(billOf(order)).toBe(held)
      }),
    )
  })
})
