import { ExchequerError } from '../domain/errors.ts'
import { sealQuietRange } from '../domain/quiet.ts'
import { range, stateOf } from './network.ts'
import type { SettlementStore } from './ports.ts'
import { isUntouched } from './untouched.ts'
import { beginsVersion, policyOf } from './versions.ts'

export interface CloseDeps {
  store: SettlementStore
  /** Wall clock, ms. */
  now: () => number
  /** How long ingest may still be writing what it read before the era closed. Only makes lateness rare. */
  fenceSeconds: number
}

/** What the state machine goes on with. */
export interface ClosedEra {
  era: number
  /** Another execution has sealed it already: it is only announced. */
  sealed: boolean
  /** It counted nothing and nothing moves: it is sealed at once, with those after it that are the same. */
  empty: boolean
  waitSeconds: number
  shards: { era: number; shard: number }[]
  partitions: { era: number; partition: number }[]
}

/** Looks at an era that tick has closed, and says how it is to be settled. Eras are settled in order, one at a time. */
export async function closeEra(
  { store, now, fenceSeconds }: CloseDeps,
  { era }: { era: number },
): Promise<ClosedEra> {
  const state = await stateOf(store)
  if (era > state.closedThrough) {
    throw new ExchequerError(
      'EraNotClosed',
      `era ${era} is not closed: eras are closed through ${state.closedThrough}`,
    )
  }
  if (era > state.sealedThrough + 1) {
    throw new ExchequerError(
      'EraOutOfOrder',
      `era ${era} waits for era ${state.sealedThrough + 1}, which is not sealed`,
    )
  }
  const sealed = era <= state.sealedThrough
  // Another machine's clock said when it closed, and may have been ahead: a wait is never longer than the fence.
  const waitedMs = Math.max(0, now() - state.closedAt)
  return {
    era,
    sealed,
    empty: !sealed && (await isQuiet(store, era, state.shards)),
    waitSeconds: Math.max(0, Math.ceil((fenceSeconds * 1000 - waitedMs) / 1000)),
    shards: range(state.shards).map((shard) => ({ era, shard })),
    partitions: range(state.partitions).map((partition) => ({ era, partition })),
  }
}

async function isQuiet(store: SettlementStore, era: number, shards: number): Promise<boolean> {
  if (!(await isUntouched(store, era, shards))) return false
  const ruling = await policyOf(store, era)
  if (beginsVersion(ruling, era)) return false
  const { policy, version, hash } = ruling
  const system = await store.system.read()
  return sealQuietRange({ policy, policyVersion: version, policyHash: hash, system }, era, era) !== undefined
}
