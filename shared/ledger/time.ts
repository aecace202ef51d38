import { eraEnd, eraStart, isByBlock } from '../domain/calendar.ts'
import type { CommandTime } from '../domain/release.ts'
import { networkNow } from '../settlement/clock.ts'
import { stateOf } from '../settlement/network.ts'
import type { NetworkClock, NetworkState, StoredPolicy } from '../settlement/ports.ts'
import { versionsFrom } from '../settlement/versions.ts'
import type { LedgerStore } from './ports.ts'

/** What the clock and the state of a network say of the time, to commands and to whoever reads what time released. */
export type NetworkTime = Pick<
  CommandTime,
  'at' | 'position' | 'sealedThrough' | 'settledTo' | 'sealIsEnoughFrom'
>

/** What a command sees of the network when it happens. */
export interface Moment extends NetworkTime {
  state: NetworkState
  /** What rules the open era. */
  policy: StoredPolicy
  /** What rules the eras that are not settled yet and those still to come, ascending. */
  policies: StoredPolicy[]
}

/** Reads the moment, strongly consistent. Throws `NetworkNotOpen`. */
export async function momentOf(
  store: Pick<LedgerStore, 'state' | 'clock' | 'policies'>,
  wallNow: number,
): Promise<Moment> {
  const state = await stateOf(store)
  const { openEra, sealedThrough, policyVersion } = state
  const read = (version: number) => store.policies.read(version)
  const policies = await versionsFrom(read, policyVersion, sealedThrough + 1)
  const stored = policies.findLast(({ effectiveFrom }) => effectiveFrom <= openEra) ?? policies[0]
  const clock = stored.policy.era.clock === 'wall' ? undefined : await store.clock.read()
  return { state, policy: stored, policies, ...timeOf({ state, policy: stored, clock }, wallNow) }
}

/** The time by what was read of the network: `policy` rules the open era. */
export function timeOf(
  network: { state: NetworkState; policy: StoredPolicy; clock?: NetworkClock | undefined },
  wallNow: number,
): NetworkTime {
  const { state, policy: stored, clock } = network
  const { openEra, sealedThrough } = state
  const { calendar } = stored.policy.era
  const opened = eraStart(calendar, openEra)
  const now = networkNow(stored.policy, clock, wallNow)
  // A clock that was never moved stands at the beginning of the first era.
  const at = isByBlock(calendar) ? now : Math.max(now, opened)
  const reached = isByBlock(calendar) ? Math.max(clock?.watermark ?? 0, clock?.advancedTo ?? 0) : at
  const sealIsEnough = isByBlock(calendar) && stored.policy.payout.timelock === 0
  return {
    at,
    position: Math.max(reached, opened),
    sealedThrough,
    settledTo: sealedThrough < 0 ? 0 : eraEnd(calendar, sealedThrough),
    ...(sealIsEnough && { sealIsEnoughFrom: stored.effectiveFrom }),
  }
}
