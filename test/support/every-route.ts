import type { operations, RouteKey } from '../../shared/api/operations.ts'

/** Every route that needs a token, with a request that its rightful caller may make. A new route does not compile without. */

type Operations = typeof operations
export type TokenRoute = {
  [Key in RouteKey]: Operations[Key] extends { token: true } | { scope: string } ? Key : never
}[RouteKey]

/** Ids of what was made before. */
export interface Made {
  order: string
  quote: string
  booking: string
  payout: string
}

export interface TokenRequest {
  path?: Record<string, string>
  body?: unknown
  /** Accounts whose own token is enough; for oneself any account is, and nothing is done for another. */
  rightful: readonly string[] | 'oneself'
  /** The scope that is enough without the account. */
  scope?: string
}

export const BUYER = 'ann'
export const SELLER = 'bob'
/** Whoever has nothing to do with any of it. */
export const STRANGER = 'cec'
export const GPU = 'bob-gpu'
export const DISK = 'bob-disk'
export const STORAGE = { resource: 'storage', cluster: 'eu', quantity: '90', price: '3' }
export const COMPUTE = { resource: 'gpu-hour', cluster: 'eu', quantity: '90', price: '3' }
export const WANTED = { resource: 'storage', cluster: 'eu', quantity: '1', seconds: 3_600 }

const ofBuyer = { path: { account: BUYER }, rightful: [BUYER] }
const bySeller = (order: string, body?: unknown): TokenRequest => ({
  path: { id: order },
  rightful: [SELLER],
  ...(body !== undefined && { body }),
})
const byBuyer = (id: string, more: Partial<TokenRequest> = {}): TokenRequest => ({
  path: { id },
  rightful: [BUYER],
  ...more,
})

export function everyTokenRequest(made: Made, policy: object): Record<TokenRoute, TokenRequest> {
  const { order, quote, booking, payout } = made
  return {
    'POST /accounts/{account}/transfers': {
      ...ofBuyer,
      body: { to: STRANGER, amount: '1' },
      scope: 'accounts:write',
    },
    'POST /accounts/{account}/stakes': {
      ...ofBuyer,
      body: { amount: '1', lot: 'more' },
      scope: 'accounts:write',
    },
    'POST /accounts/{account}/stakes/{lot}/unstake': {
      path: { account: BUYER, lot: 'mine' },
      body: { amount: '1' },
      rightful: [BUYER],
      scope: 'accounts:write',
    },
    'POST /accounts/{account}/slashes': {
      path: { account: BUYER },
      body: { lot: 'mine', amount: '1', reason: 'was away' },
      rightful: [],
      scope: 'stakes:slash',
    },
    'POST /accounts/{account}/payouts': { ...ofBuyer, body: { amount: '7' }, scope: 'payouts:write' },
    'GET /accounts/{account}/payouts': { ...ofBuyer, scope: 'payouts:read' },
    'GET /payouts/{id}': byBuyer(payout, { scope: 'payouts:read' }),
    'POST /payouts/{id}/cancel': byBuyer(payout, { scope: 'payouts:write' }),
    'PUT /accounts/{account}/payout-preference': {
      ...ofBuyer,
      body: { schedule: 'weekly', minimum: '900000' },
      scope: 'payouts:write',
    },
    'GET /accounts/{account}/payout-preference': { ...ofBuyer, scope: 'payouts:read' },
    'PUT /inventories/{asset}': {
      path: { asset: 'USDC' },
      body: { decimals: 2, account: 'desk' },
      rightful: [],
      scope: 'payouts:operate',
    },
    'POST /inventories/{asset}/deposits': {
      path: { asset: 'USDC' },
      body: { amount: '5' },
      rightful: [],
      scope: 'payouts:operate',
    },
    'PUT /offers/{id}': {
      path: { id: DISK },
      body: { ...STORAGE, provider: SELLER },
      rightful: [SELLER],
      scope: 'offers:write',
    },
    'POST /quotes': { body: WANTED, rightful: 'oneself' },
    'GET /quotes/{id}': byBuyer(quote, { scope: 'quotes:read' }),
    'POST /quotes/{id}/accept': byBuyer(quote, { scope: 'bookings:write' }),
    'POST /bookings/{id}/end': byBuyer(booking, { scope: 'bookings:write' }),
    'POST /orders': { body: { offer: GPU, quantity: '1' }, rightful: 'oneself' },
    'POST /orders/{id}/usage': { ...bySeller(order, { seconds: 60 }), scope: 'orders:meter' },
    'POST /orders/{id}/dispute': byBuyer(order, { body: { reason: 'not as ordered' } }),
    'POST /orders/{id}/resolve': {
      path: { id: order },
      body: { capture: '1' },
      rightful: [],
      scope: 'orders:resolve',
    },
    'POST /orders/{id}/fulfil': bySeller(order),
    'POST /orders/{id}/refund': bySeller(order, {}),
    'POST /orders/{id}/cancel': { path: { id: order }, rightful: [BUYER, SELLER] },
    'POST /orders/{id}/uses': byBuyer(order),
    'POST /eras/{n}/decision': {
      path: { n: '0' },
      body: { decision: 'pay' },
      rightful: [],
      scope: 'network:operate',
    },
    'PUT /policy': { body: { policy, effectiveFrom: 900 }, rightful: [], scope: 'policy:write' },
    'POST /policy/simulations': { body: { policy }, rightful: [], scope: 'policy:write' },
    'GET /quarantine': { rightful: [], scope: 'quarantine:read' },
  }
}
