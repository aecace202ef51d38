import type * as z from 'zod'
import type {
  bookingResponse,
  bookingsResponse,
  offerBody,
  offerResponse,
  offersResponse,
  quoteBody,
  quoteResponse,
} from '../contracts/market.ts'

/** One answer of each route about offers, quotes and bookings: 1,000 TB for 30 days at 2.8 and a margin of 25%. */

const of = (amount: string) => ({ amount, asset: 'INFINITE', decimals: 18 })
const tokens = (amount: string) => of(`${amount}${'0'.repeat(17)}`)

export const offerRequest: z.output<typeof offerBody> = {
  resource: 'storage',
  cluster: 'eu-west',
  quantity: '4000',
  price: '2800000000000000000',
  minSeconds: 86_400,
  committedUntil: '2027-01-01T00:00:00Z',
  state: 'open',
}

export const offer: z.output<typeof offerResponse> = {
  id: 'hp-17-storage',
  provider: 'hp-17',
  resource: 'storage',
  unit: 'TB',
  cluster: 'eu-west',
  quantity: '4000',
  taken: '1000',
  available: '3000',
  price: tokens('28'),
  minSeconds: 86_400,
  committedUntil: '2027-01-01T00:00:00Z',
  trust: 0,
  state: 'open',
}

export const offers: z.output<typeof offersResponse> = { offers: [offer] }

export const quoteRequest: z.output<typeof quoteBody> = {
  resource: 'storage',
  cluster: 'eu-west',
  quantity: '1000',
  seconds: 2_592_000,
}

const id = '4f6c0b1f7d8e2a3b5c9d0e1f2a'
const sold = {
  buyer: 'archive-3',
  ...quoteRequest,
  unit: 'TB' as const,
  offers: [
    {
      offer: 'hp-17-storage',
      provider: 'hp-17',
      quantity: '1000',
      price: tokens('28'),
      entitlement: tokens('28000'),
    },
  ],
  base: tokens('28000'),
  requirement: tokens('35000'),
}

export const quote: z.output<typeof quoteResponse> = {
  id,
  state: 'open',
  ...sold,
  at: '2026-01-15T09:30:00Z',
  expiresAt: '2026-01-15T09:45:00Z',
  policyVersion: 1,
  pricing: {
    clusterPrice: 'uniform-clearing',
    periodSeconds: 2_592_000,
    scaling: '100%',
    margin: '25%',
    maxClusterPrice: tokens('30'),
  },
  clusterPrice: tokens('28'),
  margin: tokens('7000'),
  formulas: {
    value: 'highest price x quantity = 2800000000000000000 x 1000 = 2800000000000000000000',
    base: 'ceil(value x seconds x scaling / period) = ceil(2800000000000000000000 x 2592000 x 100% / 2592000) = 2800000000000000000000',
    requirement: 'ceil(base x (1 + margin)) = ceil(2800000000000000000000 x 125%) = 3500000000000000000000',
  },
}

export const booking: z.output<typeof bookingResponse> = {
  id,
  quote: id,
  state: 'active',
  ...sold,
  from: '2026-01-15T09:40:00Z',
  to: '2026-02-14T09:40:00Z',
}

/** Half of the time is over, and the policy has no fee. */
export const endedBooking: z.output<typeof bookingResponse> = {
  ...booking,
  state: 'ended',
  ended: {
    at: '2026-01-30T09:40:00Z',
    unearned: tokens('17500'),
    fee: of('0'),
    refund: tokens('17500'),
  },
}

export const bookings: z.output<typeof bookingsResponse> = { bookings: [booking] }
