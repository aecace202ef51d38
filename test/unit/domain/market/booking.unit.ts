import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accept, type Booking, bookingState, end } from '../../../../shared/domain/market/booking.ts'
import { takenOf } from '../../../../shared/domain/market/offer.ts'
import { isDue, quote, released, releaseListing, stateOf } from '../../../../shared/domain/market/quote.ts'
import { sum } from '../../../../shared/domain/money.ts'
import { parsePolicy } from '../../../../shared/domain/policy/policy.ts'
import { recognisedThrough } from '../../../../shared/domain/spread.ts'
import { DAY_SECONDS, marketPolicyJson, offer, terms, wanted } from '../../../support/market.ts'
import { type Json, policyJson } from '../../../support/policies.ts'

const DAY_MS = DAY_SECONDS * 1_000
const policy = (changes: Json = {}) => parsePolicy(marketPolicyJson(changes))
const now = (at: number) => ({ at, position: at })
const coded = (code: string) => expect.objectContaining({ code })

const selected = [
  { offer: offer('a', { provider: 'ann' }), quantity: 10n },
  { offer: offer('b', { provider: 'bob', price: 6n }), quantity: 5n },
  { offer: offer('c', { provider: 'ann', price: 7n }), quantity: 1n },
]
const made = (at = 0) =>
  quote('q', wanted({ quantity: 16n }), selected, { terms: terms(), policyVersion: 3, at })

describe('a quote', () => {
  it('takes its units of every offer, and says what each is due', () => {
    const { quote, offers } = made()
    expect(offers.map((one) => takenOf(one, 0))).toEqual([10n, 5n, 1n])
    expect(offers[0]?.takings).toEqual([{ by: 'quote#q', quantity: 10n }])
    expect(quote).toMatchObject({ base: 112n, requirement: 140n, clusterPrice: 7n, policyVersion: 3 })
    expect(quote.lots.map(({ entitlement }) => entitlement)).toEqual([70n, 35n, 7n])
  })

  it('is open until it expires, waits for its release from then on, and is released once', () => {
    const { quote: q } = made()
    expect(q.expiresAt).toBe(900_000)
    expect([stateOf(q, 899_999), stateOf(q, 900_000)]).toEqual(['open', 'expired'])
    expect([isDue(q, 899_999), isDue(q, 900_000)]).toEqual([false, true])
    expect(isDue(released(q), 900_000)).toBe(false)
    expect(stateOf(released(q), 0)).toBe('expired')
  })

  it('stands where its release is looked for until that is done', () => {
    const { quote: q } = made()
    expect(releaseListing(q)).toEqual({ place: { list: 'releases#storage#eu', place: '0000000000900000#q' } })
    expect(releaseListing(released(q))).toEqual({})
  })
})

describe('accepting a quote', () => {
  it('holds and charges the requirement over the booking, and dues each provider its entitlements', () => {
    const { booking, quote: q, moves } = accept(made().quote, now(5), policy())
    const spread = { from: 5, to: 5 + DAY_MS }
    expect(moves).toEqual([
      { move: 'hold', account: 'buyer', id: 'booking#q', amount: 140n },
      {
        move: 'charge',
        account: 'buyer',
        hold: 'booking#q',
        id: 'booking#q',
        kind: 'access_requirement',
        amount: 140n,
        spread,
        refundTo: 'buyer',
      },
      { move: 'due', account: 'ann', id: 'booking#q#ann', obligation: 'utilisation', amount: 77n, spread },
      { move: 'due', account: 'bob', id: 'booking#q#bob', obligation: 'utilisation', amount: 35n, spread },
    ])
    expect(booking).toMatchObject({ id: 'q', ...spread, deferred: 140n })
    expect(q).toMatchObject({ state: 'accepted', until: spread.to })
    expect([isDue(q, spread.to - 1), isDue(q, spread.to)]).toEqual([false, true])
  })

  it('defers what the policy admits of what is earned over time, and nothing of what is earned at once', () => {
    const part = policy({
      income: { access_requirement: { recognise: 'ratable', admit: '95.5%' } },
      pricing: undefined,
    })
    expect(accept(made().quote, now(0), part).booking.deferred).toBe(133n)
    const atOnce = policy({ income: { access_requirement: {} } })
    expect(accept(made().quote, now(0), atOnce).booking.deferred).toBe(0n)
  })

  it('is refused when it has expired, was released or was accepted', () => {
    const { quote: q } = made()
    expect(() => accept(q, now(900_000), policy())).toThrow(coded('QuoteExpired'))
    expect(() => accept(q, now(901_000), policy())).toThrow(
      'q did at 1970-01-01T00:15:00Z, now is 1970-01-01T00:15:01Z',
    )
    expect(() => accept(released(q), now(0), policy())).toThrow(coded('QuoteExpired'))
    expect(() => accept(accept(q, now(0), policy()).quote, now(0), policy())).toThrow(coded('QuoteAccepted'))
  })

  it('is refused where the policy does not pay providers any more', () => {
    expect(() => accept(made().quote, now(0), parsePolicy(policyJson()))).toThrow(coded('NotPriced'))
  })
})

describe('ending a booking early', () => {
  const begun = (changes: Json = {}) => accept(made().quote, now(0), policy(changes))

  it('stops the charge and every due, and says what of the rest is kept and what goes back', () => {
    const { booking, quote: q } = begun()
    const ended = end(booking, q, DAY_MS / 4, policy({ orderFee: '2.5%' }))
    expect(ended.moves).toEqual([
      {
        move: 'end',
        account: 'buyer',
        of: 'Charge',
        id: 'booking#q',
        at: DAY_MS / 4,
        refundTo: 'buyer',
        keep: 25_000_000n,
      },
      { move: 'end', account: 'ann', of: 'Due', id: 'booking#q#ann', at: DAY_MS / 4 },
      { move: 'end', account: 'bob', of: 'Due', id: 'booking#q#bob', at: DAY_MS / 4 },
    ])
    expect(ended.booking.ended).toEqual({ at: DAY_MS / 4, unearned: 105n, fee: 3n, refund: 102n })
    expect(isDue(ended.quote, DAY_MS / 4)).toBe(true)
    expect(bookingState(ended.booking, DAY_MS / 4)).toBe('ended')
  })

  it('keeps nothing where the policy has no fee', () => {
    const { booking, quote: q } = begun()
    expect(end(booking, q, 0, policy()).booking.ended).toEqual({
      at: 0,
      unearned: 140n,
      fee: 0n,
      refund: 140n,
    })
  })

  it('is done once, and before the booking is over', () => {
    const { booking, quote: q } = begun()
    const once = end(booking, q, 1, policy())
    expect(() => end(once.booking, once.quote, 1, policy())).toThrow(coded('BookingEnded'))
    expect(() => end(booking, q, DAY_MS, policy())).toThrow(coded('BookingEnded'))
    expect(() => end(booking, q, DAY_MS + 500, policy())).toThrow(
      'q did at 1970-01-02T00:00:00Z, now is 1970-01-02T00:00:00.500Z',
    )
    const byBlock = policy({ era: { blocks: 10, from: 0, clock: 'manual' } })
    expect(() => end(booking, q, DAY_MS + 5, byBlock)).toThrow(`q did at ${DAY_MS}, now is ${DAY_MS + 5}`)
    expect(end(booking, q, DAY_MS - 1, policy()).booking.ended).toMatchObject({ unearned: 1n })
  })

  it('earned, fee and refund sum to what was paid', () => {
    fc.assert(
      fc.property(
        fc.bigInt(1n, 10n ** 30n),
        fc.integer({ min: 0, max: DAY_MS - 1 }),
        fc.integer({ min: 0, max: 150 }),
        (requirement, at, percent) => {
          const { booking, quote: q } = begun()
          const paid: Booking = { ...booking, requirement, deferred: requirement }
          const { booking: after } = end(paid, q, at, {
            ...policy(),
            orderFee: BigInt(percent) * 10_000_000n,
          })
          const { unearned = 0n, fee = 0n, refund = 0n } = after.ended ?? {}
          const earned = recognisedThrough({ ...paid, amount: requirement }, at)
          expect(sum([earned, fee, refund])).toBe(requirement)
          expect(refund >= 0n && fee * 100n >= unearned * BigInt(Math.min(percent, 100))).toBe(true)
        },
      ),
    )
  })
})
