import type * as z from 'zod'
import type {
  balanceResponse,
  entriesResponse,
  receiptResponse,
  statementResponse,
  transferResponse,
} from '../contracts/accounts.ts'
import type { slashResponse, stakeResponse, stakesResponse, unstakeResponse } from '../contracts/stakes.ts'
import { hashes, of } from './books.ts'

/** One request and one answer of each route about an account. */

const CREDITED = '146666666666666667'

export const balance: z.output<typeof balanceResponse> = {
  account: 'collator-007',
  available: of('500'),
  pending: of(CREDITED),
  pendingCredits: [{ era: 2, amount: of(CREDITED), releaseAt: '2026-01-16T00:00:00Z' }],
  held: of('100'),
  holds: [{ id: 'order#9f86d081884c7d659a2feaa0c5', amount: of('100'), until: '2026-01-17T12:00:00Z' }],
  staked: of('900'),
  returning: [{ lot: 'node-1', amount: of('400'), returnsAt: '2026-01-24T08:30:00Z' }],
  total: of('146666666666668167'),
  owed: of('0'),
  dues: {},
  earned: of(CREDITED),
  deposited: of('5000'),
  received: of('0'),
  paid: of('3500'),
  asOf: { sealedThrough: 2 },
}

const done = {
  command: '9a3f5c1e7b2d4860f1c2a9b3d4',
  era: 2,
  at: '2026-01-15T08:30:00Z',
}

const entry = {
  ...done,
  moves: [
    {
      move: 'transfer' as const,
      amount: of('3500'),
      change: of('-3500'),
      other: 'collator-008',
      why: { code: 'transfer', words: 'a transfer from account to account' },
      memo: 'shared line, January',
    },
  ],
}

export const entries: z.output<typeof entriesResponse> = { account: 'collator-007', entries: [entry] }

const collators = { code: 'stages.profit.collators', words: 'line "collators" of stage "profit"' }

export const statement: z.output<typeof statementResponse> = {
  account: 'collator-007',
  rows: [
    {
      era: 2,
      state: 'pending',
      releaseAt: '2026-01-16T00:00:00Z',
      lines: [{ why: collators, amount: of(CREDITED) }],
      capped: [],
      credited: of(CREDITED),
      owed: of('0'),
      dues: {},
      entries: [entry],
      more: false,
    },
  ],
  next: 'MS4wMTIzNDU2Nzg5YWJjZGVmLjI',
}

export const receipt: z.output<typeof receiptResponse> = {
  account: 'collator-007',
  era: 2,
  formula: 'floor(T*C/W) - floor(T*(C-w)/W)',
  how: 'Every share follows from its four numbers by the formula, in whole numbers: multiply first, then divide.',
  shares: [
    {
      why: collators,
      by: 'weight {"metric":"costPaid"} of group "collators"',
      line: of('2200000000000000000'),
      numbers: { T: '2200000000000000000', W: '300000', C: '120000', w: '20000' },
      amount: of(CREDITED),
    },
  ],
  direct: [],
  capped: [],
  credited: of(CREDITED),
  releaseAt: '2026-01-16T00:00:00Z',
  policy: { version: 1, hash: hashes.policy },
  seal: { hash: hashes.seal, previousHash: hashes.previous, statementsDigest: hashes.statements },
}

export const transferRequest = { to: 'collator-008', amount: '3500', memo: 'shared line, January' }

export const transfer: z.output<typeof transferResponse> = {
  ...done,
  from: 'collator-007',
  to: 'collator-008',
  amount: of('3500'),
  memo: 'shared line, January',
}

export const stakeRequest = { amount: '900', lot: 'node-1', lockSeconds: 7_776_000 }

const ofStake = (command: string, at: string) => ({
  command,
  era: 2,
  at,
  account: 'collator-007',
  lot: 'node-1',
})

export const stake: z.output<typeof stakeResponse> = {
  ...ofStake('0c64e1b58d27f39a46b1e8d2c7', '2026-01-15T08:30:00Z'),
  amount: of('900'),
  lockSeconds: 7_776_000,
  lockedUntil: '2026-04-15T08:30:00Z',
}

export const unstakeRequest = { amount: '400' }

export const unstake: z.output<typeof unstakeResponse> = {
  ...ofStake('5b0d92e7c4813fa6de17b95c20', '2026-04-15T08:30:00Z'),
  amount: of('400'),
  returnsAt: '2026-04-22T08:30:00Z',
}

export const slashRequest = {
  lot: 'node-1',
  amount: '50',
  to: '@burn',
  reason: 'signed two blocks of one height',
}

export const slash: z.output<typeof slashResponse> = {
  ...done,
  command: 'e81f06a3d5c97b2440ad6e13f8',
  account: 'collator-007',
  lot: 'node-1',
  amount: of('50'),
  to: '@burn',
  reason: 'signed two blocks of one height',
  by: 'council',
}

export const stakes: z.output<typeof stakesResponse> = {
  account: 'collator-007',
  stakes: [
    {
      origin: 'held',
      lot: 'node-1',
      amount: of('500'),
      lockSeconds: 7_776_000,
      from: '2026-01-15T08:30:00Z',
      lockedUntil: '2026-04-15T08:30:00Z',
    },
    {
      origin: 'held',
      lot: 'node-1',
      amount: of('400'),
      lockSeconds: 7_776_000,
      from: '2026-01-15T08:30:00Z',
      lockedUntil: '2026-04-15T08:30:00Z',
      until: '2026-04-15T08:30:00Z',
      returnsAt: '2026-04-22T08:30:00Z',
    },
    {
      origin: 'reported',
      lot: 'default',
      amount: of('120000'),
      lockSeconds: 0,
      reportedAt: '2026-01-02T00:00:00Z',
    },
  ],
}
