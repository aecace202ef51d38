import { ExchequerError } from '../domain/errors.ts'
import { sealQuietRange } from '../domain/quiet.ts'
import type { Seal } from '../domain/seal.ts'
import { makeSeal } from '../domain/sealing.ts'
import { range, required, stateOf } from './network.ts'
import type { NetworkState, SettlementStore } from './ports.ts'
import { isUntouched } from './untouched.ts'
import { beginsVersion, policyOf } from './versions.ts'

/** The most eras that are looked at for one seal. Each is a read of every shard, and one for what commands left. */
const MAX_RANGE = 1_000

/** Eras looked at side by side. */
const LOOK_AHEAD = 32

/** Seals an era once everything adds up; from then on its credits may be spent. A quiet era takes those after it along. */
export async function sealEra(
  { store }: { store: SettlementStore },
  { era }: { era: number },
): Promise<Seal> {
  const state = await stateOf(store)
  if (era <= state.sealedThrough) return required(await store.seals.read(era), `the seal of era ${era}`)
  const plan = await store.plans.read(era)
  if (!plan) return sealQuiet(store, state, era)
  const credits = await Promise.all(
    range(state.partitions).map(async (partition) =>
      required(
        await store.statements.readCredit(era, partition),
        `the credit of partition ${partition} of era ${era}`,
      ),
    ),
  )
  const { seal, system } = makeSeal(plan, credits)
  return store.seals.commit(seal, system)
}

async function sealQuiet(store: SettlementStore, state: NetworkState, first: number): Promise<Seal> {
  const ruling = await policyOf(store, first)
  const { policy, version, hash, through } = ruling
  const system = await store.system.read()
  const last = beginsVersion(ruling, first) ? first - 1 : await lastUntouched(store, state, first, through)
  const network = { policy, policyVersion: version, policyHash: hash, system }
  const quiet = last >= first ? sealQuietRange(network, first, last) : undefined
  if (!quiet)
    throw new ExchequerError(
      'StepMissing',
      `era ${first} has no plan, and it is not one in which nothing moves`,
    )
  return store.seals.commit(quiet.seal, quiet.system)
}

/**
 * Last era of the run from `first` that nobody touched, up to the last that its policy version rules. Closed eras
 * only: nothing can come to them any more.
 */
async function lastUntouched(
  store: SettlementStore,
  { closedThrough, shards }: NetworkState,
  first: number,
  through: number,
): Promise<number> {
  const end = Math.min(closedThrough, through, first + MAX_RANGE - 1)
  for (let from = first; from <= end; from += LOOK_AHEAD) {
    const eras = range(Math.min(LOOK_AHEAD, end - from + 1)).map((offset) => from + offset)
    const untouched = await Promise.all(eras.map((era) => isUntouched(store, era, shards)))
    const busy = untouched.indexOf(false)
    if (busy >= 0) return from + busy - 1
  }
  return end
}
