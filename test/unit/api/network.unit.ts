import { describe, expect, it } from 'vitest'
import { type Known, mayHaveBeenReleased } from '../../../shared/api/network.ts'
import { parsePolicy } from '../../../shared/domain/policy/policy.ts'
import { isReleased as isReleasedAt } from '../../../shared/domain/release.ts'
import { timeOf } from '../../../shared/ledger/time.ts'
import { networkNow } from '../../../shared/settlement/clock.ts'
import type { NetworkClock } from '../../../shared/settlement/ports.ts'
import { HOUR, ORIGIN, policyJson, settled } from './settled-network.ts'

const byTime = (clock: string) => ({ ...policyJson, era: { ...policyJson.era, clock } })
const byBlock = (clock: string, timelock: string) => ({
  ...policyJson,
  era: { blocks: 10, from: 0, clock },
  payout: { timelock },
})
/** When the open era began. */
const T = ORIGIN + 6 * HOUR
const clock: NetworkClock = { watermark: T + 500, latest: T + 700, advancedTo: T + 300, passed: [] }

type Credit = Parameters<typeof isReleasedAt>[0]
const isReleased = (credit: Credit, known: Known, wallNow: number): boolean =>
  isReleasedAt(credit, timeOf(known, wallNow))

function knownOf(json: object, parts: Partial<NetworkClock> | undefined): Known {
  const policy = parsePolicy(json)
  return {
    state: {
      openEra: 6,
      closedThrough: 5,
      sealedThrough: 5,
      policyVersion: 1,
      shards: 4,
      partitions: 16,
      closedAt: 0,
    },
    policy: { version: 1, effectiveFrom: 0, hash: '', json, policy },
    pending: [],
    ...(parts && { clock: { ...clock, ...parts } }),
    readAt: 0,
  }
}

describe('network time', () => {
  it.each([
    ['wall', byTime('wall'), undefined, T + 900],
    ['manual', byTime('manual'), clock, T + 300],
    ['events, ahead of the operator', byTime('events'), clock, T + 500],
    ['events, behind the operator', byTime('events'), { ...clock, advancedTo: T + 600 }, T + 600],
    ['events in blocks', byBlock('events', 'PT1H'), clock, T + 700],
    ['manual in blocks', byBlock('manual', 'PT1H'), clock, T + 700],
  ])('%s', (_name, json, stored, now) => {
    expect(networkNow(parsePolicy(json), stored, T + 900)).toBe(now)
  })
})

describe('a pending credit', () => {
  it('waits for the beginning of the first era, where the clock was never moved', () => {
    const known = knownOf(byTime('manual'), { advancedTo: -1 })
    expect(timeOf(known, T + 900)).toMatchObject({ at: T, position: T, settledTo: T })
  })

  it.each([
    ['its era is not sealed', byTime('manual'), { era: 6, releaseAt: 0 }, {}, false],
    ['its time has not come', byTime('manual'), { era: 5, releaseAt: T + 301 }, {}, false],
    ['its time has come to the millisecond', byTime('manual'), { era: 5, releaseAt: T + 300 }, {}, true],
    ['blocks, timelock not over', byBlock('events', 'PT1H'), { era: 5, releaseAt: T + 701 }, {}, false],
    ['blocks, timelock over', byBlock('events', 'PT1H'), { era: 5, releaseAt: T + 700 }, {}, true],
    [
      'blocks, no timelock: released by the seal',
      byBlock('manual', 'PT0S'),
      { era: 5, releaseAt: T + 701 },
      { latest: -1 },
      true,
    ],
    ['blocks, no timelock, not sealed', byBlock('manual', 'PT0S'), { era: 6, releaseAt: 0 }, {}, false],
  ])('%s', (_name, json, credit, parts, released) => {
    const known = knownOf(json, parts)
    expect(isReleased(credit, known, T + 900)).toBe(released)
    expect(mayHaveBeenReleased(credit, known, T + 900)).toBe(!released)
  })

  it('of an era that another version ruled waits for its time, whatever timelock there is now', () => {
    const known = knownOf(byBlock('events', 'PT0S'), {})
    const later = { ...known, policy: { ...known.policy, effectiveFrom: 6 } }
    expect(isReleased({ era: 5, releaseAt: T + 701 }, later, T + 900)).toBe(false)
    expect(isReleased({ era: 5, releaseAt: T + 700 }, later, T + 900)).toBe(true)
    expect(isReleased({ era: 5, releaseAt: T + 701 }, known, T + 900)).toBe(true)
  })

  it('on a wall clock waits without reading again: time passes by itself', () => {
    const known = knownOf(byTime('wall'), undefined)
    expect(isReleased({ era: 5, releaseAt: T + 901 }, known, T + 900)).toBe(false)
    expect(mayHaveBeenReleased({ era: 5, releaseAt: T + 901 }, known, T + 900)).toBe(false)
    expect(mayHaveBeenReleased({ era: 6, releaseAt: 0 }, known, T + 900)).toBe(true)
    expect(isReleased({ era: 5, releaseAt: T + 901 }, known, T + 901)).toBe(true)
  })
})

describe('what an instance knows', () => {
  it('is believed for five seconds', async () => {
    const { reader, reads, wall } = await settled()
    await reader.network.known()
    wall.now += 4_999
    await reader.network.known()
    expect(reads.filter((read) => read === 'state')).toHaveLength(1)
    wall.now += 1
    await reader.network.known()
    expect(reads.filter((read) => read === 'state')).toHaveLength(2)
    expect(reads.filter((read) => read === 'policy')).toHaveLength(1)
  })

  it('is nothing before the network is opened', async () => {
    const { reader, store } = await settled()
    store.state = async () => undefined
    await expect(reader.network.known()).rejects.toMatchObject({ code: 'NetworkNotOpen' })
  })
})
