import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { availableOf, type Offer, rankOf } from '../../../../shared/domain/market/offer.ts'
import { isEligible, MAX_OFFERS, notEnough, select } from '../../../../shared/domain/market/selection.ts'
import { sum } from '../../../../shared/domain/money.ts'
import { DAY_SECONDS, offer, terms, wanted } from '../../../support/market.ts'

const DAY_MS = DAY_SECONDS * 1_000
const lotsOf = (offers: Offer[], changes = {}) => {
  const { selected, missing } = select(offers, wanted(changes), terms(), 0)
  return { lots: Object.fromEntries(selected.map(({ offer, quantity }) => [offer.id, quantity])), missing }
}

describe('selecting offers', () => {
  it('takes the cheapest first, then the longer commitment, the trusted and the first id, and of the last a part', () => {
    const offers = [
      offer('z', { price: 4n, quantity: 1n }),
      offer('b', { quantity: 1n }),
      offer('a', { quantity: 1n }),
      offer('t', { quantity: 1n, trust: 1 }),
      offer('c', { quantity: 1n, committedUntil: 10 * DAY_MS, trust: 9 }),
      offer('last', { price: 6n, quantity: 9n }),
    ]
    expect(lotsOf(offers, { quantity: 7n })).toEqual({
      lots: { z: 1n, t: 1n, a: 1n, b: 1n, c: 1n, last: 2n },
      missing: 0n,
    })
  })

  it.each([
    ['of another resource', { resource: 'bandwidth' }],
    ['in another cluster', { cluster: 'us' }],
    ["of the buyer's own", { provider: 'buyer' }],
    ['above the cap', { price: 101n }],
    ['for nothing', { price: 0n }],
    ['for longer only', { minSeconds: DAY_SECONDS + 1 }],
    ['for shorter only', { maxSeconds: DAY_SECONDS - 1 }],
    ['whose commitment ends before the last booking could', { committedUntil: DAY_MS + 900_000 - 1 }],
    ['without units', { takings: [{ by: 'x', quantity: 10n }] }],
    ['that is suspended', { state: 'suspended' }],
  ] as const)('leaves out one %s', (_, changes) => {
    const other = offer('a', changes as Partial<Offer>)
    expect(isEligible(other, wanted(), terms(), 0)).toBe(false)
    expect(lotsOf([other])).toEqual({ lots: {}, missing: 10n })
  })

  it.each([
    ['at the cap', { price: 100n }],
    ['for just as long', { minSeconds: DAY_SECONDS, maxSeconds: DAY_SECONDS }],
    ['whose commitment ends with the last booking', { committedUntil: DAY_MS + 900_000 }],
  ])('takes one %s', (_, changes) => {
    expect(isEligible(offer('a', changes), wanted(), terms(), 0)).toBe(true)
  })

  it('passes over what is too small for ninety to be enough, so that nobody closes a cluster by crumbs', () => {
    const crumbs = Array.from({ length: 200 }, (_, n) => offer(`a${n}`, { quantity: 10n, price: 1n }))
    const large = offer('z', { quantity: 1_000n, price: 9n })
    const ninety = BigInt(MAX_OFFERS) * 10n
    expect(lotsOf([...crumbs, large], { quantity: ninety }).missing).toBe(0n)
    expect(select(crumbs, wanted({ quantity: ninety }), terms(), 0).selected).toHaveLength(MAX_OFFERS)
    expect(lotsOf([...crumbs, large], { quantity: ninety + 1n })).toEqual({
      lots: { z: ninety + 1n },
      missing: 0n,
    })
  })

  it('takes none that ranks after what was read', () => {
    const offers = Array.from({ length: 10 }, (_, n) => offer(`o${n}`, { price: BigInt(n + 1) }))
    const through = rankOf(offers[4] as Offer)
    expect(select(offers, wanted({ quantity: 100n }), terms(), 0, through).missing).toBe(50n)
  })

  it('says how much is missing', () => {
    expect(notEnough(wanted({ quantity: 1_000n }), 300n)).toMatchObject({
      code: 'NotEnoughCapacity',
      message: expect.stringContaining(
        'eu has 700 TB of storage for 86400 seconds, 300 TB of 1000 are missing',
      ),
    })
  })

  const offers = fc.uniqueArray(
    fc.record({
      id: fc.stringMatching(/^[a-z]{1,3}$/),
      price: fc.bigInt(1n, 5n),
      quantity: fc.bigInt(1n, 20n),
      taken: fc.bigInt(0n, 20n),
      trust: fc.integer({ min: 0, max: 2 }),
    }),
    { selector: ({ id }) => id, maxLength: 120 },
  )
  const made = offers.map((some) =>
    some.map(({ taken, ...rest }) =>
      offer(rest.id, {
        ...rest,
        takings: taken > 0n && taken <= rest.quantity ? [{ by: 'x', quantity: taken }] : [],
      }),
    ),
  )

  it('takes what is wanted or says what is missing, never more than an offer has, whatever order they come in', () => {
    fc.assert(
      fc.property(made, fc.bigInt(1n, 500n), fc.infiniteStream(fc.nat()), (some, quantity, chance) => {
        const { selected, missing } = select(some, wanted({ quantity }), terms(), 0)
        expect(sum(selected.map((one) => one.quantity)) + missing).toBe(quantity)
        for (const one of selected)
          expect(one.quantity > 0n && one.quantity <= availableOf(one.offer, 0)).toBe(true)
        const whole = selected.slice(0, -1)
        for (const one of whole) expect(one.quantity).toBe(availableOf(one.offer, 0))
        const shuffled = some
          .map((one) => ({ one, key: chance.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ one }) => one)
        expect(select(shuffled, wanted({ quantity }), terms(), 0)).toEqual({ selected, missing })
      }),
    )
  })

  it('leaves no cheaper unit behind', () => {
    fc.assert(
      fc.property(made, fc.bigInt(1n, 200n), (some, quantity) => {
        const { selected } = select(some, wanted({ quantity }), terms(), 0)
        const taken = new Set(selected.map((one) => one.offer.id))
        const dearest = selected.at(-1)?.offer
        for (const left of some.filter(({ id }) => !taken.has(id)))
          if (dearest && isEligible(left, wanted({ quantity }), terms(), 0))
            expect(rankOf(left) > rankOf(dearest)).toBe(true)
      }),
    )
  })
})
