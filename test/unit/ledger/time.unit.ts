import { describe, expect, it } from 'vitest'
import { parsePolicy } from '../../../shared/domain/policy/policy.ts'
import { timeOf } from '../../../shared/ledger/time.ts'
import { blockPolicyJson, HOUR_MS, type Json, policyJson, START_MS } from '../../support/policies.ts'

const state = {
  openEra: 3,
  closedThrough: 2,
  sealedThrough: 1,
  policyVersion: 2,
  shards: 1,
  partitions: 1,
  closedAt: 0,
}
const clock = { watermark: -1, latest: 5_000, advancedTo: 37, passed: [] }

function timeBy(json: Json, effectiveFrom = 0, at = clock) {
  const policy = { version: 2, effectiveFrom, hash: '', json, policy: parsePolicy(json) }
  return timeOf({ state, policy, clock: at }, 0)
}

describe('the time of a network by block', () => {
  it('has the moment of the greatest event, the position of the clock, and the end of what is settled', () => {
    expect(timeBy(blockPolicyJson())).toMatchObject({ at: 5_000, position: 37, settledTo: 20 })
  })

  it('stands at the beginning of the open era where the clock is behind', () => {
    expect(timeBy(blockPolicyJson(), 0, { ...clock, advancedTo: -1 })).toMatchObject({ position: 30 })
  })

  it('has credits wait for their seal only, from the era on that the version without a timelock rules', () => {
    expect(timeBy(blockPolicyJson(), 2).sealIsEnoughFrom).toBe(2)
  })

  it('has them wait for their time where there is a timelock', () => {
    expect(timeBy(blockPolicyJson({ payout: { timelock: 'PT1H' } }))).not.toHaveProperty('sealIsEnoughFrom')
  })
})

describe('the time of a network by moments', () => {
  it('has credits wait for their time also where there is no timelock', () => {
    const reached = { ...clock, advancedTo: START_MS + 3 * HOUR_MS + 1 }
    const time = timeBy(policyJson(), 0, reached)
    expect(time).toEqual({
      at: reached.advancedTo,
      position: reached.advancedTo,
      sealedThrough: 1,
      settledTo: START_MS + 2 * HOUR_MS,
    })
  })
})
