import { eraEnd, eraStart, isByBlock } from '../domain/calendar.ts'
import type { CommandTime } from '../domain/release.ts'
import { networkNow } from '../settlement/clock.ts'
import { stateOf } from '../settlement/network.ts'
import type { NetworkState, StoredPolicy } from '../settlement/ports.ts'
import { versionsFrom } from '../settlement/versions.ts'
import type { LedgerStore } from './ports.ts'

/** What a command sees of the network when it happens. */
export interface Moment extends Pick<CommandTime, 'at' | 'position' | 'settledTo' | 'sealIsEnoughFrom'> {
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
  const { calendar, clock: kind } = stored.policy.era
  const clock = kind === 'wall' ? undefined : await store.clock.read()
  const opened = eraStart(calendar, openEra)
  const now = networkNow(stored.policy, clock, wallNow)
  // A clock that was never moved stands at the beginning of the first era.
  const at = isByBlock(calendar) ? now : Math.max(now, opened)
  const reached = isByBlock(calendar) ? Math.max(clock?.watermark ?? 0, clock?.advancedTo ?? 0) : at
  const sealIsEnough = isByBlock(calendar) && stored.policy.payout.timelock === 0
  return {
    state,
    policy: stored,
    policies,
    at,
    position: Math.max(reached, opened),
    settledTo: sealedThrough < 0 ? 0 : eraEnd(calendar, sealedThrough),
    ...(sealIsEnough && { sealIsEnoughFrom: stored.effectiveFrom }),
  }
}
