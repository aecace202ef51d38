/** Examples of what is asked and answered about payouts. */

const own = (amount: string) => ({ amount, asset: 'INFINITE', decimals: 18 })
const usdc = (amount: string) => ({ amount, asset: 'USDC', decimals: 6 })
const DESTINATION = '0x52908400098527886e0f7030069857d2e4169ee7'

export const payoutRequest = { amount: '7001', asset: 'USDC', destination: DESTINATION }

export const payout = {
  id: '3f9a62d1c04b7e8812aa90c1de',
  account: 'collator-007',
  state: 'TIMELOCKED' as const,
  asked: own('7001'),
  amount: own('7000'),
  out: usdc('3500'),
  rate: { id: 'usdc-2026-01-15', era: 2, numerator: '1', denominator: '2' },
  destination: DESTINATION,
  requestedAt: '2026-01-15T09:30:00Z',
  releaseAt: '2026-01-15T10:30:00Z',
  history: [
    { state: 'REQUESTED' as const, at: '2026-01-15T09:30:00Z' },
    { state: 'TIMELOCKED' as const, at: '2026-01-15T09:30:00Z' },
  ],
}

export const cancelledPayout = {
  ...payout,
  state: 'CANCELLED' as const,
  history: [...payout.history, { state: 'CANCELLED' as const, at: '2026-01-15T09:45:00Z' }],
}

export const payouts = { account: 'collator-007', payouts: [payout] }

export const preferenceRequest = {
  schedule: 'weekly',
  minimum: '1000',
  asset: 'USDC',
  destination: DESTINATION,
}

export const preference = {
  account: 'collator-007',
  schedule: 'weekly' as const,
  minimum: own('1000'),
  asset: 'USDC',
  destination: DESTINATION,
  dueAt: '2026-01-19T00:00:00Z',
  lastOutcome: {
    at: '2026-01-12T00:01:10Z',
    outcome: 'STOPPED' as const,
    reason: {
      code: 'NoRate',
      words:
        'a payout in another asset is at the rate published for the open era: USDC has none for era 2, the last one is of era 1',
    },
  },
}

export const inventoryRequest = { decimals: 6, account: 'exchange-desk' }

export const inventoryDepositRequest = { amount: '1000000' }

export const inventory = {
  asset: 'USDC',
  account: 'exchange-desk',
  balance: usdc('996500'),
  reserved: usdc('3500'),
  deposited: usdc('1000000'),
  spent: usdc('0'),
}
