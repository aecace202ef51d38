import { decide } from '../domain/decide.ts'
import type { Plan } from '../domain/plan.ts'
import { heldDecisions } from './held.ts'
import { range, required, stateOf } from './network.ts'
import type { SettlementStore } from './ports.ts'
import { policyOf } from './versions.ts'

/** Decides an era from what every shard counted and every partition weighs, and freezes the plan. */
export async function decideEra(
  { store }: { store: SettlementStore },
  { era }: { era: number },
): Promise<Plan> {
  // In this order: what is read of SYSTEM is from before the era's seal as long as the era has no plan after it.
  const system = await store.system.read()
  const frozen = await store.plans.read(era)
  if (frozen) return frozen
  const state = await stateOf(store)
  const { policy, version, hash } = await policyOf(store, era)
  const [folds, weights, decisions] = await Promise.all([
    Promise.all(
      range(state.shards).map(async (shard) =>
        required(await store.folds.read(era, shard), `the fold of shard ${shard} of era ${era}`),
      ),
    ),
    Promise.all(
      range(state.partitions).map(async (partition) =>
        required(
          await store.weights.read(era, partition),
          `the weights of partition ${partition} of era ${era}`,
        ),
      ),
    ),
    heldDecisions(store, era),
  ])
  return store.plans.commit(
    decide({
      policy,
      policyVersion: version,
      policyHash: hash,
      era,
      system,
      shards: folds.map(({ totals }) => totals),
      partitions: weights.map(({ totals }) => totals),
      decisions,
    }),
  )
}
