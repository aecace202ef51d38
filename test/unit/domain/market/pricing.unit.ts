import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formulasOf,
  priceOf,
  type Share,
  type Terms,
  termsOf,
} from '../../../../shared/domain/market/pricing.ts'
import { sum } from '../../../../shared/domain/money.ts'
import { WHOLE } from '../../../../shared/domain/percent.ts'
import { parsePolicy } from '../../../../shared/domain/policy/policy.ts'
import { DAY_SECONDS, marketPolicyJson, terms } from '../../../support/market.ts'
import { presetJson } from '../../../support/policies.ts'

const TOKEN = 10n ** 18n
const MONTH_SECONDS = 30 * DAY_SECONDS

const shares = fc.array(fc.record({ quantity: fc.bigInt(1n, 10n ** 6n), price: fc.bigInt(1n, 10n ** 20n) }), {
  minLength: 1,
  maxLength: 90,
})
const anyTerms: fc.Arbitrary<Terms> = fc.record({
  mode: fc.constantFrom('uniform-clearing', 'pay-as-bid', 'weighted-average'),
  periodSeconds: fc.integer({ min: 1, max: 400 * DAY_SECONDS }),
  scaling: fc.bigInt(1n, 3n * WHOLE),
  margin: fc.bigInt(0n, 2n * WHOLE),
  maxClusterPrice: fc.constant(10n ** 20n),
  validitySeconds: fc.constant(900),
})
const seconds = fc.integer({ min: 1, max: 4_000 * DAY_SECONDS })

describe('the price of a booking', () => {
  it('1,000 TB for 30 days at 2.8 and 25%: base 2,800, requirement 3,500', () => {
    const preset = termsOf(parsePolicy(presetJson('infinite')), 'storage', MONTH_SECONDS)
    const price = priceOf([{ quantity: 1_000n, price: (28n * TOKEN) / 10n }], MONTH_SECONDS, preset)
    expect(price).toMatchObject({
      clusterPrice: (28n * TOKEN) / 10n,
      base: 2_800n * TOKEN,
      requirement: 3_500n * TOKEN,
      entitlements: [2_800n * TOKEN],
    })
  })

  const two: Share[] = [
    { quantity: 1n, price: 4n },
    { quantity: 2n, price: 5n },
  ]
  it.each([
    ['uniform-clearing', 5n, 15n, [5n, 10n]],
    // 14 for three units: 4.66... each.
    ['weighted-average', 5n, 14n, [5n, 9n]],
    ['pay-as-bid', undefined, 14n, [4n, 10n]],
  ] as const)('%s', (mode, clusterPrice, base, entitlements) => {
    const price = priceOf(two, DAY_SECONDS, terms({ mode, margin: 0n }))
    expect(price).toEqual({
      ...(clusterPrice && { clusterPrice }),
      value: base,
      base,
      requirement: base,
      entitlements,
    })
  })

  it('rounds up what is owed for a part of a period, and once more with the margin', () => {
    const price = priceOf([{ quantity: 1n, price: 5n }], 1, terms())
    expect(price).toMatchObject({ base: 1n, requirement: 2n })
  })

  it('entitlements sum to the base, and the requirement covers it', () => {
    fc.assert(
      fc.property(shares, seconds, anyTerms, (some, time, by) => {
        const { base, requirement, entitlements } = priceOf(some, time, by)
        expect(sum(entitlements)).toBe(base)
        expect(requirement >= base).toBe(true)
      }),
    )
  })

  it('is the exact rational price rounded up, by less than one unit', () => {
    fc.assert(
      fc.property(shares, seconds, anyTerms, (some, time, by) => {
        const { base, requirement, value } = priceOf(some, time, by)
        const [exact, per] = [value * BigInt(time) * by.scaling, BigInt(by.periodSeconds) * WHOLE]
        expect(base * per >= exact && (base - 1n) * per < exact).toBe(true)
        const whole = base * (WHOLE + by.margin)
        expect(requirement * WHOLE >= whole && (requirement - 1n) * WHOLE < whole).toBe(true)
      }),
    )
  })

  it('costs no less by the clearing price than by the bids, and the average is between the lowest and the highest', () => {
    fc.assert(
      fc.property(shares, seconds, anyTerms, (some, time, by) => {
        const at = (mode: Terms['mode']) => priceOf(some, time, { ...by, mode })
        expect(at('uniform-clearing').base >= at('pay-as-bid').base).toBe(true)
        expect(at('weighted-average').base).toBe(at('pay-as-bid').base)
        const average = at('weighted-average').clusterPrice as bigint
        const prices = some.map(({ price }) => price)
        expect(prices.some((price) => price <= average) && prices.some((price) => price >= average)).toBe(
          true,
        )
      }),
    )
  })

  it('pays each provider no less than its reservation price by the clearing price, up to the rounding of a unit', () => {
    fc.assert(
      fc.property(shares, seconds, (some, time) => {
        const by = terms()
        const { entitlements } = priceOf(some, time, by)
        some.forEach(({ price, quantity }, index) => {
          const reserved = (price * quantity * BigInt(time)) / BigInt(by.periodSeconds)
          expect((entitlements[index] as bigint) >= reserved).toBe(true)
        })
      }),
    )
  })

  it.each([
    ['costs nothing', terms({ scaling: 0n }), 'a booking costs something: got 0 at a scaling of 0%'],
    ['costs more than there can be', terms({ margin: 10n ** 60n }), 'an amount is at most 10^38 - 1'],
  ])('is none where a booking %s', (_, by, why) => {
    expect(() => priceOf(two, DAY_SECONDS, by)).toThrow(
      expect.objectContaining({ code: 'NotPriced', message: expect.stringContaining(why) }),
    )
  })

  it('shows its formulas with the numbers', () => {
    const price = priceOf(two, DAY_SECONDS / 2, terms())
    expect(formulasOf(two, DAY_SECONDS / 2, terms(), price)).toEqual({
      value: 'highest price x quantity = 5 x 3 = 15',
      base: 'ceil(value x seconds x scaling / period) = ceil(15 x 43200 x 100% / 86400) = 8',
      requirement: 'ceil(base x (1 + margin)) = ceil(8 x 125%) = 10',
    })
    const bid = terms({ mode: 'pay-as-bid' })
    expect(formulasOf(two, DAY_SECONDS, bid, priceOf(two, DAY_SECONDS, bid)).value).toBe(
      'sum of price x quantity of the offers taken = 14',
    )
  })
})

describe('the terms of a policy', () => {
  it('are its pricing, in seconds', () => {
    const policy = parsePolicy(marketPolicyJson({}, { scaling: '50%' }))
    expect(termsOf(policy, 'storage', 1)).toEqual(
      terms({ scaling: WHOLE / 2n, maxClusterPrice: 1_000_000n, periodSeconds: DAY_SECONDS }),
    )
  })

  it.each([
    ['has no pricing', { pricing: undefined }, {}, 'the policy has no `pricing`'],
    [
      'counts eras in blocks',
      { era: { blocks: 10, from: 0, clock: 'manual' } },
      {},
      'eras are counted in blocks',
    ],
    [
      'prices another unit',
      {},
      { unit: 'GB' },
      'the policy prices GB: storage is counted in TB, and is ordered',
    ],
    ['has no period', {}, { period: 'PT0S' }, 'the period of a price is above 0'],
    ['needs longer bookings', {}, { minimumDuration: 'P2D' }, 'at least 172800 seconds: got 86400'],
    ['has no such income', { income: { fee: {} } }, {}, 'income of the kind access_requirement'],
    [
      'pays no provider',
      {
        stages: [{ id: 's', from: '@pool', take: [{ id: 'l', to: '@x', restShare: '100%' }], rest: '@x' }],
        groups: {},
      },
      {},
      'no line of the policy pays it',
    ],
  ])('are none where the policy %s', (_, changes, pricing, why) => {
    const { pricing: priced, ...json } = marketPolicyJson(changes, pricing)
    const policy = parsePolicy(priced === undefined ? json : { ...json, pricing: priced })
    expect(() => termsOf(policy, 'storage', DAY_SECONDS)).toThrow(
      expect.objectContaining({ code: 'NotPriced', message: expect.stringContaining(why) }),
    )
  })
})
