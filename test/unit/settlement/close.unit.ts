import { describe, expect, it } from 'vitest'
import { type CloseDeps, closeEra } from '../../../shared/settlement/close.ts'

/** A sealed era, closed at `closedAt`: nothing but STATE is read of it. */
function waitOf({ closedAt, now }: { closedAt: number; now: number }): Promise<number> {
  const state = { openEra: 1, closedThrough: 0, sealedThrough: 0, policyVersion: 1, shards: 1, partitions: 1 }
  const store = { state: { read: async () => ({ ...state, closedAt }) } } as unknown as CloseDeps['store']
  return closeEra({ store, now: () => now, fenceSeconds: 20 }, { era: 0 }).then(
    ({ waitSeconds }) => waitSeconds,
  )
}

describe('the wait for those who may still be writing', () => {
  it.each([
    ['just closed', 1_000_000, 1_000_000, 20],
    ['closed some seconds ago', 1_000_000, 1_012_001, 8],
    ['closed long ago', 1_000_000, 9_000_000, 0],
    ['closed by a machine whose clock is hours ahead', 8_200_000, 1_000_000, 20],
  ])('of an era %s', async (_what, closedAt, now, seconds) => {
    expect(await waitOf({ closedAt, now })).toBe(seconds)
  })
})
