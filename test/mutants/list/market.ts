import type { Mutant } from '../mutant.ts'

const QUOTES = 'test/int/market/quotes.int.ts'
const ORDERS = 'test/int/market/orders.int.ts'
const AT_ONCE = 'test/int/market/orders-at-once.int.ts'
const TRANSITIONS = 'test/unit/domain/order/transitions.unit.ts'
const PRICING = 'test/unit/domain/market/pricing.unit.ts'
const BOOKING = 'test/unit/domain/market/booking.unit.ts'
const LIFE = 'test/int/payouts/life.int.ts'
const PAYOUT = 'test/unit/domain/payout/payout.unit.ts'
const RATE = 'test/unit/domain/payout/rate.unit.ts'
const PAYOUTS_RELEASED = 'test/int/payouts/release.int.ts'
const SCHEDULE = 'test/int/payouts/schedule.int.ts'

/** Quotes, bookings and orders. */
export const MARKET: readonly Mutant[] = [
  {
    name: 'units-of-an-expired-quote-are-accepted',
    file: 'shared/domain/market/quote.ts',
    from: "return isReleased || expiresAt <= at ? 'expired' : 'open'",
    to: "return isReleased ? 'expired' : 'open'",
    tests: ['test/int/market/market-api.int.ts'],
  },
  {
    name: 'a-release-frees-what-was-accepted-meanwhile',
    file: 'shared/market/release.ts',
    from: 'const quotes = found.filter(({ id, version }) => version === versions.get(id))',
    to: 'const quotes = found.filter(({ id }) => versions.has(id))',
    tests: [QUOTES],
  },
  {
    name: 'what-a-list-says-is-taken-and-not-what-is-stored',
    file: 'shared/market/quotes.ts',
    from: '      candidates.set(record.id, record.value)\n',
    to: '',
    tests: [QUOTES],
  },
  {
    name: 'more-is-sold-of-an-offer-than-it-has',
    file: 'shared/domain/market/offer.ts',
    from: 'const available = quantity - takenOf(offer, at)\n  if (available < taking.quantity) {',
    to: 'const available = quantity - takenOf(offer, at)\n  if (quantity < taking.quantity) {',
    tests: ['test/unit/domain/market/offer.unit.ts', AT_ONCE],
  },
  {
    name: 'a-requirement-is-rounded-down',
    file: 'shared/domain/market/pricing.ts',
    from: 'const requirement = mulDivCeil(base, WHOLE + margin, WHOLE)',
    to: 'const requirement = (base * (WHOLE + margin)) / WHOLE',
    tests: [PRICING],
  },
  {
    name: 'providers-are-due-the-floor-of-their-share',
    file: 'shared/domain/market/pricing.ts',
    from: 'entitlements: largestRemainder(base, weights),',
    to: 'entitlements: weights.map((weight) => (base * weight) / sum(weights)),',
    tests: [PRICING],
  },
  {
    name: 'providers-are-due-the-margin-too',
    file: 'shared/domain/market/pricing.ts',
    from: 'entitlements: largestRemainder(base, weights),',
    to: 'entitlements: largestRemainder(requirement, weights),',
    tests: [PRICING],
  },
  {
    name: 'the-fee-on-an-early-end-is-rounded-down',
    file: 'shared/domain/market/booking.ts',
    from: 'const fee = mulDivCeil(unearned, keep, WHOLE)',
    to: 'const fee = (unearned * keep) / WHOLE',
    tests: [BOOKING],
  },
  {
    name: 'a-booking-that-ends-early-goes-on-owing-its-providers',
    file: 'shared/domain/market/booking.ts',
    from: "({ account, id }): Move => ({ move: 'end', account, of: 'Due', id, at: position }),",
    to: "({ account, id }): Move => ({ move: 'end', account, of: 'Due', id, at: booking.to }),",
    tests: [BOOKING],
  },
  {
    name: 'the-fee-on-an-order-is-rounded-down',
    file: 'shared/domain/order/capture.ts',
    from: 'min(captured, mulDivCeil(captured, orderFee, WHOLE))',
    to: 'min(captured, (captured * orderFee) / WHOLE)',
    tests: ['test/unit/domain/order/life.unit.ts', TRANSITIONS],
  },
  {
    name: 'the-fee-is-taken-beside-the-price',
    file: 'shared/domain/order/capture.ts',
    from: 'const paid = captured - fee\n',
    to: 'const paid = captured\n',
    tests: ['test/unit/domain/order/life.unit.ts', TRANSITIONS],
  },
  {
    name: 'a-begun-billing-unit-is-free',
    file: 'shared/domain/order/capture.ts',
    from: 'const billed = mulDivCeil(used, 1n, unit) * unit',
    to: 'const billed = (used / unit) * unit',
    tests: ['test/unit/domain/order/life.unit.ts', TRANSITIONS],
  },
  {
    name: 'a-seller-pays-back-more-than-it-was-paid',
    file: 'shared/domain/order/transitions.ts',
    from: 'return captured - fee - refunded',
    to: 'return captured - fee',
    tests: [TRANSITIONS, 'test/unit/domain/order/life.unit.ts'],
  },
  {
    name: 'an-order-is-fulfilled-after-it-expired',
    file: 'shared/domain/order/order.ts',
    from: "return (state === 'ACCEPTED' || state === 'DISPUTED') && until <= at ? 'EXPIRED' : state",
    to: "return state === 'ACCEPTED' && until + 1_000 <= at ? 'EXPIRED' : state",
    tests: [TRANSITIONS],
  },
  {
    name: 'a-buyer-fulfils-its-own-order',
    file: 'shared/api/orders.ts',
    from: `  requireParty([order.seller], caller)
  return transitions.fulfil(`,
    to: `  requireParty([order.buyer, order.seller], caller)
  return transitions.fulfil(`,
    tests: ['test/int/market/orders-bad-input.int.ts', 'test/int/api/authority.int.ts'],
  },
  {
    name: 'what-was-sold-is-on-offer-again',
    file: 'shared/domain/order/taking.ts',
    from: "const sold = state === 'CANCELLED' ? 0n : soldBy(order)",
    to: "const sold = state === 'CANCELLED' ? soldBy(order) : 0n",
    tests: ['test/unit/domain/order/taking.unit.ts', ORDERS],
  },
]

/** Tokens on their way out. */
export const PAYOUTS: readonly Mutant[] = [
  {
    name: 'the-rate-of-another-era-is-used',
    file: 'shared/payouts/request.ts',
    from: '  const published = (await readRate(store, asset, openEra))?.value\n',
    to: `  const last = (await lastRatedEra(store, asset, openEra)) ?? openEra
  const published = (await readRate(store, asset, last))?.value
`,
    tests: [LIFE],
  },
  {
    name: 'what-leaves-is-rounded-up',
    file: 'shared/domain/payout/rate.ts',
    from: 'const out = mulDivFloor(asked, numerator, denominator)',
    to: 'const out = mulDivCeil(asked, numerator, denominator)',
    tests: [RATE],
  },
  {
    name: 'what-is-charged-is-rounded-down',
    file: 'shared/domain/payout/rate.ts',
    from: 'amount: mulDivCeil(out, denominator, numerator)',
    to: 'amount: mulDivFloor(out, denominator, numerator)',
    tests: [RATE],
  },
  {
    name: 'the-rate-that-came-last-holds',
    file: 'shared/domain/payout/rate.ts',
    from: 'return next.id > held.id',
    to: 'return true',
    tests: [RATE],
  },
  {
    name: 'a-payout-is-confirmed-twice',
    file: 'shared/domain/payout/payout.ts',
    from: "if (how !== 'CANCELLED' && payout.state !== 'RELEASED')",
    to: "if (how !== 'CANCELLED' && isWaiting(payout))",
    tests: [PAYOUT, LIFE],
  },
  {
    name: 'a-payout-is-taken-back-after-it-left',
    file: 'shared/domain/payout/payout.ts',
    from: "if (how === 'CANCELLED' && !isWaiting(payout))",
    to: "if (how === 'CANCELLED' && hasEnded(payout))",
    tests: [PAYOUT],
  },
  {
    name: 'a-payout-is-released-before-its-time',
    file: 'shared/domain/payout/payout.ts',
    from: 'if (at < payout.releaseAt)',
    to: 'if (at < payout.requestedAt)',
    tests: [PAYOUT],
  },
  {
    name: 'a-payout-is-marked-as-told-before-the-bus-was-told',
    file: 'shared/payouts/release-due.ts',
    from: "  await bus.put('PayoutReleased', announcement(payout))\n",
    to: '',
    also: [
      {
        from: `    isUnannounced(value) ? announced(value, at) : value,
  )
}`,
        to: `    isUnannounced(value) ? announced(value, at) : value,
  )
  await bus.put('PayoutReleased', announcement(payout))
}`,
      },
    ],
    tests: [PAYOUTS_RELEASED],
  },
  {
    name: 'a-payout-is-postponed-once-for-ever',
    file: 'shared/payouts/release-due.ts',
    from: `\`postponed#\${version}\``,
    to: `\`postponed#\${Math.min(version, 1)}\``,
    tests: [PAYOUTS_RELEASED],
  },
  {
    name: 'a-payout-is-postponed-by-every-run-that-finds-it',
    file: 'shared/payouts/release-due.ts',
    from: `\`postponed#\${version}\``,
    to: `\`postponed#\${version}#\${process.hrtime.bigint()}\``,
    tests: [PAYOUTS_RELEASED],
  },
  {
    name: 'a-payout-that-was-taken-back-is-postponed',
    file: 'shared/payouts/release-due.ts',
    from: 'isWaiting(payout) ? postponed(payout, at, reason) : payout',
    to: 'postponed(payout, at, reason)',
    tests: [PAYOUTS_RELEASED],
  },
  {
    name: 'what-a-cancelled-payout-reserved-counts-as-spent',
    file: 'shared/payouts/end.ts',
    from: "(how === 'CONFIRMED' ? spent : givenBack)",
    to: "(how === 'FAILED' ? givenBack : spent)",
    tests: [LIFE, PAYOUTS_RELEASED],
  },
  {
    name: 'a-list-that-is-behind-pays-a-period-early',
    file: 'shared/payouts/request-due.ts',
    from: 'if (value.dueAt === undefined || value.dueAt !== dueAt) return { moves: [] }',
    to: 'if (value.dueAt === undefined) return { moves: [] }',
    tests: [SCHEDULE],
  },
  {
    name: 'one-payout-that-fails-hides-the-rest',
    file: 'shared/payouts/due.ts',
    from: 'last = placeOf(value)\n',
    to: 'if (failed > before) return { done: true, failed }\n    last = placeOf(value)\n',
    tests: [SCHEDULE, PAYOUTS_RELEASED],
  },
]
