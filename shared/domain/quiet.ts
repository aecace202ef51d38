import { rolloverOf } from './account.ts'
import { decide } from './decide.ts'
import { noShardTotals } from './facts.ts'
import type { Plan, SystemState } from './plan.ts'
import { columnsOf, groupOf, linesOf } from './policy/columns.ts'
import type { Policy } from './policy/schema.ts'
import type { Seal } from './seal.ts'
import { makeSeal, sealHash, systemAfter } from './sealing.ts'
import { noPartitionTotals } from './weights.ts'

/** The most eras one seal stands for. */
const MAX_RANGE = 10_000

/**
 * Seals a run of eras that counted nothing and in which nothing moves, as one record; undefined when something
 * would move in the first of them, so that it has to be settled like any other. The eras are decided one by one by
 * the same rules, so the record says of each what settling it would have said.
 */
export function sealQuietRange(
  network: { policy: Policy; policyVersion: number; policyHash: string; system: SystemState },
  first: number,
  last: number,
): { seal: Seal; system: SystemState } | undefined {
  const { policy } = network
  if (network.system.unfinished || hasRollover(network)) return undefined
  let system = network.system
  let quiet: { seal: Seal; system: SystemState } | undefined
  for (let era = first; era <= last && era < first + MAX_RANGE; era += 1) {
    const plan = decide({
      ...network,
      era,
      system,
      shards: [noShardTotals()],
      partitions: [noPartitionTotals(columnsOf(policy).length)],
    })
    if (plan.postings.length > 0 || paysAGroup(policy, plan)) break
    if (quiet && plan.state !== quiet.seal.state) break
    const { seal } = makeSeal(
      { ...plan, systemVersion: network.system.version, previousHash: network.system.sealHash },
      [],
    )
    const { hash: _, ...body } = seal
    const range = { ...body, era: first, from: quiet?.seal.from ?? seal.from, through: era }
    const sealed = { ...range, hash: sealHash(range) }
    quiet = { seal: sealed, system: systemAfter({ ...plan, systemVersion: network.system.version }, sealed) }
    system = quiet.system
  }
  return quiet
}

/** Whoever is in the group was not weighed here, so an era that has anything for a group is settled in full. */
function paysAGroup(policy: Policy, { lines }: Plan): boolean {
  return policy.stages.some((stage) =>
    linesOf(stage).some(({ id, to }) => groupOf(to) !== undefined && (lines[stage.id]?.[id] ?? 0n) > 0n),
  )
}

/** A group that holds something back may pay it out in any era that runs its stage. */
function hasRollover({ policy, system }: { policy: Policy; system: SystemState }): boolean {
  return Object.keys(policy.groups).some((group) => (system.balances[rolloverOf(group)] ?? 0n) > 0n)
}
