import type * as z from 'zod'
import type { currentEraResponse, eraResponse, erasResponse } from '../contracts/eras.ts'
import type { policyInForceResponse, policyPutBody, policyResponse } from '../contracts/network.ts'
import type { purchaseResponse, purchasesResponse } from '../contracts/purchases.ts'
import type { quarantineResponse } from '../contracts/quarantine.ts'
import type { simulationResponse } from '../contracts/simulations.ts'

/** One answer of each route, as the OpenAPI document shows it. Together they are one small settled era. */

export const of = (amount: string) => ({ amount, asset: 'DOT18', decimals: 18 })

export const hashes = {
  policy: '5f1d0f6a4d5c3b2a19080706050403020100ffeeddccbbaa9988776655443322',
  next: 'a81f0c2d3e4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1',
  previous: '0b3c5d7e9f1122334455667788990011aabbccddeeff00112233445566778899',
  seal: '7d3a1c5e9b2f4860a1c3e5079b8d6f4e2a0c1b3d5f7e9a8c6b4d2f0e1a3c5b79',
  events: 'c2b1a0998877665544332211ffeeddccbbaa99887766554433221100f0e1d2c3',
  statements: '4e6f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d',
}

const credits = { total: of('2200000000000000000'), accounts: 12 }

export const eras: z.output<typeof erasResponse> = {
  eras: [
    {
      era: 2,
      through: 2,
      from: '2026-01-15T00:00:00Z',
      to: '2026-01-16T00:00:00Z',
      state: 'DISTRIBUTED',
      income: of('10500000000000000000'),
      cost: of('500000000000000000'),
      net: of('10000000000000000000'),
      credits,
      hash: hashes.seal,
    },
  ],
}

export const era: z.output<typeof eraResponse> = {
  era: 2,
  phase: 'SEALED',
  from: '2026-01-15T00:00:00Z',
  to: '2026-01-16T00:00:00Z',
  state: 'DISTRIBUTED',
  policy: { version: 1, hash: hashes.policy },
  income: {
    total: of('10500000000000000000'),
    kinds: {
      gas_fee: {
        count: 20_000,
        charged: of('10500000000000000000'),
        admitted: of('10500000000000000000'),
        deferred: of('0'),
        recognised: of('0'),
      },
    },
  },
  cost: {
    total: of('500000000000000000'),
    owedBefore: of('0'),
    kinds: { coretime_bulk: { count: 1, amount: of('500000000000000000') } },
  },
  net: of('10000000000000000000'),
  lines: { profit: { 'system-reserve': of('7800000000000000000'), collators: of('2200000000000000000') } },
  credits: { ...credits, largest: [{ account: 'collator-003', amount: of('733333333333333333') }] },
  opening: {},
  system: { '@system-reserve': of('7800000000000000000'), '@expenses': of('500000000000000000') },
  postings: [
    {
      from: '@pool',
      to: '@system-reserve',
      amount: of('7800000000000000000'),
      why: 'stages.profit.system-reserve',
    },
  ],
  releaseAt: '2026-01-16T00:00:00Z',
  counted: { FeeCharged: 20_000, CostIncurred: 1 },
  late: 3,
  duplicates: 2,
  conflicts: { count: 1, first: [{ name: 'FeeCharged', id: 'fee-1007' }] },
  streams: [{ stream: 'node-1', first: 1, last: 20_003, distinct: 20_001, gaps: [[17, 18]] }],
  eventsDigest: hashes.events,
  statementsDigest: hashes.statements,
  seal: { era: 2, through: 2, hash: hashes.seal, previousHash: hashes.previous },
}

export const currentEra: z.output<typeof currentEraResponse> = {
  era: 4,
  phase: 'OPEN',
  from: '2026-01-17T00:00:00Z',
  to: '2026-01-18T00:00:00Z',
  provisional: true,
  note: 'Provisional: counted as it came, so an event that came twice is in it twice.',
  income: {
    count: 412,
    charged: of('214000000000000000'),
    kinds: { gas_fee: { count: 412, amount: of('214000000000000000') } },
  },
  cost: { count: 0, total: of('0'), kinds: {} },
  unsealed: [{ era: 3, through: 3, phase: 'SETTLING' }],
  sealedThrough: 2,
}

export const purchase: z.output<typeof purchaseResponse> = {
  id: 'coretime-2026-01-15',
  buyer: 'collator-007',
  kind: 'coretime_bulk',
  amount: of('500000000000000000'),
  occurredAt: '2026-01-15T06:00:00Z',
  era: 2,
  details: { cores: 1, region: '0x00000001' },
}

export const purchases: z.output<typeof purchasesResponse> = { purchases: [purchase] }

export const policy: z.output<typeof policyResponse> = {
  version: 1,
  hash: hashes.policy,
  effectiveFromEra: 0,
  policy: { network: 'magnet', version: 1, asset: { symbol: 'DOT18', decimals: 18 } },
}

export const nextPolicy: z.output<typeof policyResponse> = {
  version: 2,
  hash: hashes.next,
  effectiveFromEra: 5,
  policy: { network: 'magnet', version: 2, asset: { symbol: 'DOT18', decimals: 18 } },
}

export const policyInForce: z.output<typeof policyInForceResponse> = { ...policy, pending: [nextPolicy] }

export const simulation: z.output<typeof simulationResponse> = {
  era: 2,
  policy: { version: 1, hash: hashes.policy },
  proposed: { version: 2, hash: hashes.next },
  state: { before: 'DISTRIBUTED', after: 'DISTRIBUTED' },
  events: 20_001,
  leftOut: { count: 0, first: [] },
  isReproduced: true,
  approximations: [
    'Roles and stakes are as they stand now: what the era itself reported of a stake counts from its beginning.',
  ],
  income: { before: of('10000'), after: of('10000'), difference: of('0'), percent: '0.00%' },
  cost: { before: of('0'), after: of('0'), difference: of('0') },
  net: { before: of('10000'), after: of('10000'), difference: of('0'), percent: '0.00%' },
  lines: [
    {
      stage: 'profit',
      line: 'system-reserve',
      before: of('2000'),
      after: of('1000'),
      difference: of('-1000'),
      percent: '-50.00%',
    },
  ],
  system: [{ account: '@treasury', before: of('0'), after: of('1000'), difference: of('1000') }],
  accounts: {
    gained: { count: 0, total: of('0') },
    lost: { count: 0, total: of('0') },
    unchanged: 12,
    largest: [],
  },
}

export const policyPut: z.output<typeof policyPutBody> = { policy: nextPolicy.policy, effectiveFrom: 5 }

export const quarantine: z.output<typeof quarantineResponse> = {
  events: [
    {
      id: '01KF0000000000000000000000',
      reason: {
        rule: 'amount',
        message:
          'an amount is a whole number from 0 to 10^38 - 1, without sign, point, exponent or leading zeros',
        value: '"1.5"',
      },
      source: 'exchequer.sample',
      detailType: 'FeeCharged',
      receivedAt: '2026-01-15T06:00:00Z',
      original: '{"id":"fee-9","kind":"gas_fee","amount":"1.5","occurredAt":"2026-01-15T05:59:58Z"}',
      status: 'waiting',
    },
  ],
}

export const decisionRequest = { decision: 'pay' as const }

export const decision = {
  era: 7,
  decision: 'pay' as const,
  doneIn: 9,
  by: 'council',
  at: '2026-01-01T09:12:00Z',
}
