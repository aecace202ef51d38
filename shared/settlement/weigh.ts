import type { AccountState } from '../domain/page.ts'
import { weigh } from '../domain/weigh.ts'
import { heldWeights } from './held.ts'
import { range, required, stateOf } from './network.ts'
import type { SettlementStore } from './ports.ts'
import { policyOf } from './versions.ts'

/** Weighs the accounts of one partition and freezes the weights: what commands do meanwhile does not move them. */
export async function weighPartition(
  { store }: { store: SettlementStore },
  { era, partition }: { era: number; partition: number },
): Promise<void> {
  if (await store.weights.read(era, partition)) return
  const { shards, partitions } = await stateOf(store)
  const { policy } = await policyOf(store, era)
  const folds = await Promise.all(
    range(shards).map(async (shard) =>
      required(await store.folds.read(era, shard), `the fold of shard ${shard} of era ${era}`),
    ),
  )
  const [facts, carried, { latest }] = await Promise.all([
    store.folds.facts(era, partition, folds),
    store.weights.carried(era, partition),
    store.system.read(),
  ])
  const accounts: AccountState[] = []
  for await (const page of store.pages.list(partition)) accounts.push(...page.accounts)
  await store.weights.commit(
    era,
    partition,
    weigh({
      policy,
      era,
      partition,
      partitions,
      facts,
      accounts,
      carried,
      latest,
      ...(await heldWeights(store, era, partition)),
    }),
  )
}
