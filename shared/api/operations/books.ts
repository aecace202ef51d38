import * as eras from '../contracts/eras.ts'
import * as network from '../contracts/network.ts'
import * as purchases from '../contracts/purchases.ts'
import * as quarantine from '../contracts/quarantine.ts'
import * as simulations from '../contracts/simulations.ts'
import * as examples from '../examples/books.ts'
import type { Operations } from '../operation.ts'

const { nothing } = network

/** Routes about the books of the network as a whole, and those that steer it. */
export const bookOperations = {
  'GET /eras': {
    id: 'listEras',
    summary: 'Sealed eras, newest first',
    path: nothing,
    query: eras.erasQuery,
    response: eras.erasResponse,
    example: examples.eras,
    caching: 'briefly',
    problems: ['InvalidParameter', 'InvalidCursor', 'NetworkNotOpen'],
  },
  'GET /eras/current': {
    id: 'readCurrentEra',
    summary: 'Running totals of the open era',
    description:
      'Provisional, and kept for a few seconds. Also says which eras have ended and are not sealed yet.',
    path: nothing,
    query: nothing,
    response: eras.currentEraResponse,
    example: examples.currentEra,
    caching: 'never',
    problems: ['InvalidParameter', 'NetworkNotOpen'],
  },
  'GET /eras/{n}': {
    id: 'readEra',
    summary: 'The whole record of a sealed era',
    description:
      'An era inside a range in which nothing moved answers as that era; `seal` says what covers it.',
    path: eras.eraPath,
    query: nothing,
    response: eras.eraResponse,
    example: examples.era,
    caching: 'forever',
    problems: ['InvalidParameter', 'UnknownEra', 'NetworkNotOpen'],
  },
  'POST /eras/{n}/decision': {
    id: 'decideEra',
    summary: 'Pays a held era, or returns it to the pool',
    description:
      'Done once, in the era that is open now, when that is settled: paid by the plan and the weights that were frozen ' +
      'when it was held. The same decision again answers with the first.',
    path: eras.eraPath,
    query: nothing,
    body: { schema: eras.decisionBody, example: examples.decisionRequest },
    response: eras.decisionResponse,
    example: examples.decision,
    caching: 'never',
    problems: [
      'Unauthenticated',
      'MissingScope',
      'InvalidParameter',
      'InvalidBody',
      'BodyTooLarge',
      'EraNotHeld',
      'AlreadyDecided',
      'NetworkNotOpen',
      'StoreBusy',
    ],
    scope: 'network:operate',
  },
  'GET /purchases': {
    id: 'listPurchases',
    summary: 'Computing resources bought for the network',
    description:
      'By `buyer`, or by `id` as a list of at most one: the gateway decodes a path before it matches it, so an id with ' +
      '`/`, `?`, `#` or `%` is asked for here.',
    path: nothing,
    query: purchases.purchasesQuery,
    response: purchases.purchasesResponse,
    example: examples.purchases,
    caching: 'briefly',
    problems: ['InvalidParameter', 'InvalidCursor', 'NetworkNotOpen'],
  },
  'GET /purchases/{id}': {
    id: 'readPurchase',
    summary: 'One purchase',
    path: purchases.purchasePath,
    query: nothing,
    response: purchases.purchaseResponse,
    example: examples.purchase,
    caching: 'forever',
    problems: ['InvalidParameter', 'UnknownPurchase', 'NetworkNotOpen'],
  },
  'GET /policy': {
    id: 'readPolicy',
    summary: 'The policy that rules the open era, and what will follow it',
    path: nothing,
    query: nothing,
    response: network.policyInForceResponse,
    example: examples.policyInForce,
    caching: 'briefly',
    problems: ['InvalidParameter', 'NetworkNotOpen'],
  },
  'PUT /policy': {
    id: 'putPolicy',
    summary: 'Stores the next policy version, effective from an era that is still to come',
    description:
      'The same version again answers with what is stored. An era that has started keeps its policy, so that is refused ' +
      'as `era-started`; so are changes of network, asset, calendar, clock and genesis, as `invalid-policy`.',
    path: nothing,
    query: nothing,
    body: { schema: network.policyPutBody, example: examples.policyPut },
    response: network.policyResponse,
    example: examples.nextPolicy,
    caching: 'never',
    problems: [
      'Unauthenticated',
      'MissingScope',
      'InvalidParameter',
      'InvalidBody',
      'BodyTooLarge',
      'InvalidPolicy',
      'EraStarted',
      'TooManyPending',
      'NetworkNotOpen',
      'StoreBusy',
    ],
    scope: 'policy:write',
  },
  'POST /policy/simulations': {
    id: 'simulatePolicy',
    summary: 'Who would have gained and who lost by a policy, in the last sealed era',
    description:
      'Settles the last sealed era that counted anything twice in memory, by its own policy and by this one, and stores ' +
      'nothing. `approximations` says what is not as it was; `isReproduced` whether that mattered to the era as it was ' +
      'sealed. An era of more than 100,000 events, or a network of more than 100,000 accounts, is refused as ' +
      '`too-much-to-simulate`.',
    path: nothing,
    query: nothing,
    body: { schema: simulations.simulationBody, example: { policy: examples.nextPolicy.policy } },
    response: simulations.simulationResponse,
    example: examples.simulation,
    caching: 'never',
    problems: [
      'Unauthenticated',
      'MissingScope',
      'InvalidParameter',
      'InvalidBody',
      'BodyTooLarge',
      'InvalidPolicy',
      'NothingToSimulate',
      'TooMuchToSimulate',
      'NetworkNotOpen',
    ],
    scope: 'policy:write',
  },
  'GET /policy/versions/{n}': {
    id: 'readPolicyVersion',
    summary: 'One policy version as it was written',
    path: network.versionPath,
    query: nothing,
    response: network.policyResponse,
    example: examples.policy,
    caching: 'forever',
    problems: ['InvalidParameter', 'UnknownPolicyVersion'],
  },
  'GET /quarantine': {
    id: 'listQuarantine',
    summary: 'Events that were not booked, newest first',
    path: nothing,
    query: quarantine.quarantineQuery,
    response: quarantine.quarantineResponse,
    example: examples.quarantine,
    caching: 'never',
    problems: ['Unauthenticated', 'MissingScope', 'InvalidParameter', 'InvalidCursor'],
    scope: 'quarantine:read',
  },
  'GET /openapi.json': {
    id: 'readOpenApi',
    summary: 'This document',
    path: nothing,
    query: nothing,
    response: network.openApiResponse,
    example: { openapi: '3.1.1', info: {}, paths: {} },
    caching: 'briefly',
    problems: ['InvalidParameter'],
  },
} as const satisfies Operations
