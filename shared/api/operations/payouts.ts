import { accountPath } from '../contracts/accounts.ts'
import { nothing } from '../contracts/network.ts'
import * as payouts from '../contracts/payouts.ts'
import * as examples from '../examples/payouts.ts'
import { KEYED_PROBLEMS, type Operations, TOKEN_PROBLEMS } from '../operation.ts'

/** Routes about payouts, and the inventories they are paid out of. */
export const payoutOperations = {
  'POST /accounts/{account}/payouts': {
    id: 'requestPayout',
    summary: 'Asks for tokens to leave',
    description:
      "Holds what it charges until it has left or has not. The token is the account's own, or has the scope `payouts:write`. " +
      'In another asset it is at the rate published for the open era, out of the inventory of the asset: without a rate of that ' +
      'very era it is refused as `no-rate`. That rate is the price, whatever is published later, and the payout cannot be cancelled.',
    path: accountPath,
    query: nothing,
    body: { schema: payouts.payoutBody, example: examples.payoutRequest },
    response: payouts.payoutResponse,
    example: examples.payout,
    caching: 'never',
    problems: [
      ...KEYED_PROBLEMS,
      'NotEnough',
      'TooManyHolds',
      'BelowMinimum',
      'AssetNotOffered',
      'NoRate',
      'UnknownInventory',
      'NotEnoughInventory',
      'OwnInventory',
    ],
    token: true,
    keyed: true,
  },
  'GET /accounts/{account}/payouts': {
    id: 'listPayouts',
    summary: 'What an account was paid out, or will be',
    description: "The token is the account's own, or has the scope `payouts:read`.",
    path: accountPath,
    query: payouts.payoutsQuery,
    response: payouts.payoutsResponse,
    example: examples.payouts,
    caching: 'never',
    problems: [...TOKEN_PROBLEMS, 'InvalidCursor'],
    token: true,
  },
  'GET /payouts/{id}': {
    id: 'readPayout',
    summary: 'One payout',
    description: "The token is the account's own, or has the scope `payouts:read`.",
    path: payouts.payoutPath,
    query: nothing,
    response: payouts.payoutResponse,
    example: examples.payout,
    caching: 'never',
    problems: [...TOKEN_PROBLEMS, 'UnknownPayout'],
    token: true,
  },
  'POST /payouts/{id}/cancel': {
    id: 'cancelPayout',
    summary: 'Takes a payout back that was not released yet',
    description:
      'What it holds is available again. A payout in another asset has its price from the request on and is refused as ' +
      '`payout-fixed`, unless it waits because the policy pays that asset out no more (`waitsFor`). The token is the ' +
      "account's own, or has the scope `payouts:write`.",
    path: payouts.payoutPath,
    query: nothing,
    response: payouts.payoutResponse,
    example: examples.cancelledPayout,
    caching: 'never',
    problems: [...KEYED_PROBLEMS, 'UnknownPayout', 'PayoutState', 'PayoutFixed'],
    token: true,
    keyed: true,
  },
  'PUT /accounts/{account}/payout-preference': {
    id: 'putPayoutPreference',
    summary: 'Says when and how an account is paid out by itself',
    description:
      'All that is available when a period begins, if it is not less than the minimum. A missing rate or too small an inventory ' +
      "stops that period's payout: `lastOutcome` says why, and the next period tries again. The token is the account's own, or has the " +
      'scope `payouts:write`.',
    path: accountPath,
    query: nothing,
    body: { schema: payouts.preferenceBody, example: examples.preferenceRequest },
    response: payouts.preferenceResponse,
    example: examples.preference,
    caching: 'never',
    problems: [...KEYED_PROBLEMS, 'AssetNotOffered'],
    token: true,
    mayBeKeyed: true,
  },
  'GET /accounts/{account}/payout-preference': {
    id: 'readPayoutPreference',
    summary: 'When and how an account is paid out by itself',
    description: "The token is the account's own, or has the scope `payouts:read`.",
    path: accountPath,
    query: nothing,
    response: payouts.preferenceResponse,
    example: examples.preference,
    caching: 'never',
    problems: TOKEN_PROBLEMS,
    token: true,
  },
  'PUT /inventories/{asset}': {
    id: 'putInventory',
    summary: 'Makes the inventory of another asset, or says who gets what its payouts are charged',
    description:
      'Payouts that were asked for before keep whom they pay. The decimals of an asset never change.',
    path: payouts.inventoryPath,
    query: nothing,
    body: { schema: payouts.inventoryBody, example: examples.inventoryRequest },
    response: payouts.inventoryResponse,
    example: examples.inventory,
    caching: 'never',
    problems: [...KEYED_PROBLEMS, 'MissingScope', 'InventoryDecimals'],
    scope: 'payouts:operate',
    mayBeKeyed: true,
  },
  'POST /inventories/{asset}/deposits': {
    id: 'depositInventory',
    summary: 'Puts more of another asset into its inventory',
    path: payouts.inventoryPath,
    query: nothing,
    body: { schema: payouts.inventoryDepositBody, example: examples.inventoryDepositRequest },
    response: payouts.inventoryResponse,
    example: examples.inventory,
    caching: 'never',
    problems: [...KEYED_PROBLEMS, 'MissingScope', 'UnknownInventory', 'TooMuchInventory'],
    scope: 'payouts:operate',
    keyed: true,
  },
  'GET /inventories/{asset}': {
    id: 'readInventory',
    summary: 'What there is of another asset to be paid out of',
    path: payouts.inventoryPath,
    query: nothing,
    response: payouts.inventoryResponse,
    example: examples.inventory,
    caching: 'never',
    problems: ['InvalidParameter', 'UnknownInventory'],
  },
} as const satisfies Operations
