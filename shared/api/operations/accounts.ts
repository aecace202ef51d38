import * as accounts from '../contracts/accounts.ts'
import { nothing } from '../contracts/network.ts'
import * as stakes from '../contracts/stakes.ts'
import * as examples from '../examples/accounts.ts'
import { KEYED_PROBLEMS, type Operations } from '../operation.ts'

/** Routes about one account. */
export const accountOperations = {
  'GET /accounts/{account}/balance': {
    id: 'readBalance',
    summary: 'What an account has',
    description:
      'As of now: whatever time alone releases is available in it. `total` is available + pending + held + staked, ' +
      'and as much as earned + deposited + received - paid.',
    path: accounts.accountPath,
    query: nothing,
    response: accounts.balanceResponse,
    example: examples.balance,
    caching: 'never',
    problems: ['InvalidParameter', 'UnknownAccount', 'NetworkNotOpen'],
  },
  'GET /accounts/{account}/statement': {
    id: 'readStatement',
    summary: 'What sealed eras did to an account, and what commands did in them',
    description: 'Looks at no more than `limit` eras an answer; go on with `next`.',
    path: accounts.accountPath,
    query: accounts.statementQuery,
    response: accounts.statementResponse,
    example: examples.statement,
    caching: 'never',
    problems: ['InvalidParameter', 'InvalidCursor', 'UnknownAccount', 'UnknownEra', 'NetworkNotOpen'],
  },
  'GET /accounts/{account}/entries': {
    id: 'listEntries',
    summary: 'What commands did to an account, newest first, those of the open era included',
    path: accounts.accountPath,
    query: accounts.entriesQuery,
    response: accounts.entriesResponse,
    example: examples.entries,
    caching: 'never',
    problems: ['InvalidParameter', 'InvalidCursor', 'UnknownAccount', 'NetworkNotOpen'],
  },
  'GET /accounts/{account}/receipt': {
    id: 'readReceipt',
    summary: 'The four numbers that prove each share of an era',
    path: accounts.accountPath,
    query: accounts.receiptQuery,
    response: accounts.receiptResponse,
    example: examples.receipt,
    caching: 'forever',
    problems: ['InvalidParameter', 'UnknownAccount', 'UnknownEra', 'NoStatement', 'NetworkNotOpen'],
  },
  'POST /accounts/{account}/transfers': {
    id: 'transfer',
    summary: 'Pays another participant',
    description:
      "Out of what is available. The token is the account's own, or has the scope `accounts:write`.",
    path: accounts.accountPath,
    query: nothing,
    body: { schema: accounts.transferBody, example: examples.transferRequest },
    response: accounts.transferResponse,
    example: examples.transfer,
    caching: 'never',
    problems: [...KEYED_PROBLEMS, 'NotEnough'],
    token: true,
    keyed: true,
  },
  'GET /accounts/{account}/stakes': {
    id: 'listStakes',
    summary: 'What an account stakes: held here, and reported from outside',
    path: accounts.accountPath,
    query: nothing,
    response: stakes.stakesResponse,
    example: examples.stakes,
    caching: 'never',
    problems: ['InvalidParameter', 'UnknownAccount', 'NetworkNotOpen'],
  },
  'POST /accounts/{account}/stakes': {
    id: 'stake',
    summary: 'Stakes what is available',
    description:
      "It weighs from now on, under its lock from the first second. The token is the account's own, or has the scope " +
      '`accounts:write`.',
    path: accounts.accountPath,
    query: nothing,
    body: { schema: stakes.stakeBody, example: examples.stakeRequest },
    response: stakes.stakeResponse,
    example: examples.stake,
    caching: 'never',
    problems: [...KEYED_PROBLEMS, 'NotEnough', 'StakeExists', 'TooManyStakes'],
    token: true,
    keyed: true,
  },
  'POST /accounts/{account}/stakes/{lot}/unstake': {
    id: 'unstake',
    summary: 'Takes a stake back, or a part of it',
    description:
      "Not before its lock is over. It weighs no more from now on, and is available after the policy's " +
      "`staking.unbonding`. The token is the account's own, or has the scope `accounts:write`.",
    path: stakes.lotPath,
    query: nothing,
    body: { schema: stakes.unstakeBody, example: examples.unstakeRequest },
    response: stakes.unstakeResponse,
    example: examples.unstake,
    caching: 'never',
    problems: [...KEYED_PROBLEMS, 'StakeNotHeld', 'StakeLocked', 'StakeTooSmall', 'TooManyStakes'],
    token: true,
    keyed: true,
  },
  'POST /accounts/{account}/slashes': {
    id: 'slash',
    summary: 'Takes away what an account has staked here',
    description:
      'Of what stands first, then of what is on its way back. Who decided it and why are recorded for ever.',
    path: accounts.accountPath,
    query: nothing,
    body: { schema: stakes.slashBody, example: examples.slashRequest },
    response: stakes.slashResponse,
    example: examples.slash,
    caching: 'never',
    problems: [...KEYED_PROBLEMS, 'MissingScope', 'StakeNotHeld', 'StakeTooSmall', 'OutboxFull'],
    scope: 'stakes:slash',
    keyed: true,
  },
} as const satisfies Operations
