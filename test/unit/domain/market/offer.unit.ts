import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  availableOf,
  listingsOf,
  MAX_MOMENT,
  MAX_TAKINGS,
  MAX_TRUST,
  type Offer,
  type OfferTerms,
  placesIn,
  rankOf,
  retake,
  revise,
  take,
  takenOf,
} from '../../../../shared/domain/market/offer.ts'
import { MAX_AMOUNT } from '../../../../shared/domain/money.ts'
import { offer } from '../../../support/market.ts'

const coded = (code: string, message = '') =>
  expect.objectContaining({ code, message: expect.stringContaining(message) })
const termsOf = ({ takings: _, ...terms }: Offer): OfferTerms => terms

describe('units of an offer', () => {
  it('are available until they are taken, and again when that is over by itself', () => {
    const taken = take(offer('a'), { by: 'order#1', quantity: 4n, until: 100 }, 0)
    expect([availableOf(taken, 0), availableOf(taken, 99), availableOf(taken, 100)]).toEqual([6n, 6n, 10n])
  })

  it('stay taken without an end, until they are given back', () => {
    const taken = take(offer('a'), { by: 'quote#1', quantity: 4n }, 0)
    expect(takenOf(taken, Number.MAX_SAFE_INTEGER)).toBe(4n)
    expect(takenOf(retake(taken, 'quote#1', undefined, 0), 0)).toBe(0n)
    expect(takenOf(retake(taken, 'quote#2', undefined, 0), 0)).toBe(4n)
    expect(takenOf(retake(taken, 'quote#1', { by: 'quote#1', quantity: 1n }, 0), 0)).toBe(1n)
  })

  it.each(['suspended', 'withdrawn'] as const)('are not for sale while it is %s', (state) => {
    expect(availableOf(offer('a', { state }), 0)).toBe(0n)
    expect(() => take(offer('a', { state }), { by: 'x', quantity: 1n }, 0)).toThrow(
      coded('OfferNotOpen', state),
    )
  })

  it('are never more than it has', () => {
    const taken = take(offer('a'), { by: 'x', quantity: 10n }, 0)
    expect(() => take(taken, { by: 'y', quantity: 1n }, 0)).toThrow(
      coded('NotEnoughCapacity', 'a has 0 left, 1 of 1 are missing'),
    )
  })

  it('are taken by so many at a time, and by others once some are over', () => {
    const takings = Array.from({ length: MAX_TAKINGS }, (_, n) => ({
      by: `q${n}`,
      quantity: 1n,
      until: 100 + n,
    }))
    const full = offer('a', { quantity: 1_000n, takings })
    expect(availableOf(full, 99)).toBe(0n)
    expect(() => take(full, { by: 'x', quantity: 1n }, 99)).toThrow(coded('OfferFull', 'a serves 500'))
    expect(take(full, { by: 'x', quantity: 1n }, 100).takings).toHaveLength(MAX_TAKINGS)
  })

  it('whatever is taken and given back: never below nothing, never above the quantity', () => {
    const step = fc.record({
      by: fc.constantFrom('a', 'b', 'c', 'd'),
      quantity: fc.bigInt(1n, 15n),
      until: fc.option(fc.integer({ min: 0, max: 50 }), { nil: undefined }),
      gives: fc.boolean(),
      at: fc.integer({ min: 0, max: 50 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let state = offer('o')
        for (const { by, quantity, until, gives, at } of steps.sort((a, b) => a.at - b.at)) {
          const before = availableOf(state, at)
          if (gives) state = retake(state, by, undefined, at)
          else if (quantity <= before) state = take(state, { by, quantity, ...(until && { until }) }, at)
          else expect(() => take(state, { by, quantity }, at)).toThrow(coded('NotEnoughCapacity'))
          expect(takenOf(state, at) + availableOf(state, at)).toBe(10n)
          expect(availableOf(state, at) >= 0n).toBe(true)
        }
      }),
    )
  })
})

describe('an offer that is put again', () => {
  const before = offer('a', {
    takings: [
      { by: 'x', quantity: 4n },
      { by: 'old', quantity: 1n, until: 5 },
    ],
  })
  const terms = termsOf(before)

  it('has what was taken of it, and all else as it is said', () => {
    expect(revise(before, { ...terms, price: 9n, quantity: 4n, state: 'suspended' }, 5)).toEqual({
      ...terms,
      price: 9n,
      quantity: 4n,
      state: 'suspended',
      takings: [{ by: 'x', quantity: 4n }],
    })
  })

  it.each([
    ['NotYours', { provider: 'somebody' }, "a is not somebody's"],
    ['OfferFixed', { resource: 'bandwidth' }, 'a is storage in eu, not bandwidth in eu'],
    ['OfferFixed', { cluster: 'us' }, 'not storage in us'],
    ['OfferTaken', { quantity: 4n }, '5 of a are taken, more than 4'],
  ] as const)('%s', (code, changes, why) => {
    expect(() => revise(before, { ...terms, ...changes }, 4)).toThrow(coded(code, why))
  })

  it('is withdrawn for ever', () => {
    const withdrawn = revise(before, { ...terms, state: 'withdrawn' }, 0)
    expect(() => revise(withdrawn, terms, 0)).toThrow(coded('OfferWithdrawn'))
  })

  it('is new where there was none', () => {
    expect(revise(undefined, terms, 0)).toEqual({ ...terms, takings: [] })
  })
})

describe('the order of offers', () => {
  const terms = fc.record({
    id: fc.stringMatching(/^[A-Za-z0-9:._-]{1,8}$/),
    price: fc.oneof(fc.bigInt(1n, 3n), fc.bigInt(1n, MAX_AMOUNT)),
    committedUntil: fc.oneof(fc.constantFrom(undefined, 1, 2), fc.integer({ min: 0, max: MAX_MOMENT })),
    trust: fc.oneof(fc.constantFrom(0, 1), fc.integer({ min: 0, max: MAX_TRUST })),
  })

  it('is price, then longer commitment (none ends last), then trust, then id', () => {
    fc.assert(
      fc.property(terms, terms, (a, b) => {
        const [x, y] = [a, b].map(({ committedUntil, ...rest }) =>
          offer('o', { ...rest, ...(committedUntil !== undefined && { committedUntil }) }),
        ) as [Offer, Offer]
        const commitment = (o: Offer) => o.committedUntil ?? Number.POSITIVE_INFINITY
        const expected =
          x.price !== y.price
            ? x.price < y.price
            : commitment(x) !== commitment(y) && !(commitment(x) >= MAX_MOMENT && commitment(y) >= MAX_MOMENT)
              ? commitment(x) > commitment(y)
              : x.trust !== y.trust
                ? x.trust > y.trust
                : x.id < y.id
        expect(rankOf(x) < rankOf(y)).toBe(expected)
      }),
    )
  })

  it('is that of their places, of those that have units to sell for a price or less', () => {
    fc.assert(
      fc.property(terms, fc.bigInt(0n, 5n), fc.boolean(), (some, most, isTaken) => {
        const { committedUntil: _, ...rest } = some
        const takings = isTaken ? [{ by: 'x', quantity: 10n }] : []
        const { place } = listingsOf(offer('o', { ...rest, takings }), 0)
        const inside = ({ from, through }: { from: string; through: string }) =>
          (place?.place ?? '') >= from && (place?.place ?? '') <= through
        expect(inside(placesIn('eu', most))).toBe(!isTaken && some.price <= most)
        expect(inside(placesIn('eu'))).toBe(true)
        expect(inside(placesIn('e'))).toBe(false)
        expect(inside(placesIn('eu-west'))).toBe(false)
      }),
    )
  })

  it('has a place for open ones only, and always one with their provider', () => {
    const owner = { list: 'offers#of-a', place: 'a' }
    expect(listingsOf(offer('a', { state: 'suspended' }), 0)).toEqual({ owner })
    expect(listingsOf(offer('a'), 0)).toMatchObject({ owner, place: { list: 'market#storage' } })
  })
})
