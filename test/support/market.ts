import type { Offer } from '../../shared/domain/market/offer.ts'
import type { Terms } from '../../shared/domain/market/pricing.ts'
import type { Wanted } from '../../shared/domain/market/selection.ts'
import { WHOLE } from '../../shared/domain/percent.ts'
import { type Json, policyJson, split } from './policies.ts'

/** Builders of what a market is made of; a test states what is different. */

export const DAY_SECONDS = 86_400

export function offer(id: string, changes: Partial<Offer> = {}): Offer {
  return {
    id,
    provider: `of-${id}`,
    resource: 'storage',
    cluster: 'eu',
    quantity: 10n,
    price: 5n,
    trust: 0,
    state: 'open',
    takings: [],
    ...changes,
  }
}

export function wanted(changes: Partial<Wanted> = {}): Wanted {
  return {
    buyer: 'buyer',
    resource: 'storage',
    cluster: 'eu',
    quantity: 10n,
    seconds: DAY_SECONDS,
    ...changes,
  }
}

export function terms(changes: Partial<Terms> = {}): Terms {
  return {
    mode: 'uniform-clearing',
    periodSeconds: DAY_SECONDS,
    scaling: WHOLE,
    margin: WHOLE / 4n,
    maxClusterPrice: 100n,
    validitySeconds: 900,
    ...changes,
  }
}

/** Sells storage by the day at a margin of 25%, and pays providers out of the pool; hour-long eras. */
export function marketPolicyJson(changes: Json = {}, pricing: Json = {}): Json {
  return policyJson({
    income: { access_requirement: { recognise: 'ratable' }, transaction_fee: {} },
    stages: [
      split({ reserve: '@reserve 90%' }),
      {
        id: 'rewards',
        from: '@reserve',
        take: [{ id: 'providers', to: 'group:providers', obligation: 'utilisation' }],
        rest: '@reserve',
      },
    ],
    groups: { providers: { weight: { metric: 'used' }, ifEmpty: '@nobody' } },
    pricing: {
      unit: 'TB',
      period: 'P1D',
      clusterPrice: 'uniform-clearing',
      maxClusterPrice: '1000000',
      margin: '25%',
      quoteValidity: 'PT15M',
      ...pricing,
    },
    ...changes,
  })
}
