import { accountOrder, PARTITIONS, partitionOfPage } from './account.ts'
import { applyStatement } from './apply.ts'
import { decide } from './decide.ts'
import { type Event, eventKey, keyHash } from './event.ts'
import { contentDigest } from './event-line.ts'
import { fold } from './fold.ts'
import { openingBooks } from './genesis.ts'
import { type CountedEra, mayComeAgain } from './lateness.ts'
import { type AccountState, emptyPage, type Page } from './page.ts'
import type { Plan, SystemState } from './plan.ts'
import { metricsUsed } from './policy/columns.ts'
import type { Policy } from './policy/schema.ts'
import type { Seal } from './seal.ts'
import { makeSeal } from './sealing.ts'
import { logged, shardLog } from './shard-log.ts'
import { share } from './share.ts'
import type { Statement } from './statement.ts'
import { weigh } from './weigh.ts'
import { type Carried, nothingCarried } from './weights.ts'

/** A whole network in memory, between eras. */
export interface Network {
  policy: Policy
  policyHash: string
  shards: number
  partitions: number
  system: SystemState
  pages: Map<number, Page>
  /** By partition. */
  carried: Carried[]
  /** What eras have counted, newest first, as far back as it may come again. */
  counted: (CountedEra & { digests: Map<string, string> })[]
}

export interface SettledEra {
  plan: Plan
  statements: Statement[]
  seal: Seal
}

/** Number of shards of the log, where nothing else is said. */
export const SHARDS = 4

export function openNetwork(
  policy: Policy,
  policyHash: string,
  shards = SHARDS,
  partitions = PARTITIONS,
): Network {
  const { system, pages } = openingBooks(policy)
  return {
    policy,
    policyHash,
    shards,
    partitions,
    system,
    pages: new Map(pages.map((page) => [page.page, page])),
    carried: Array.from({ length: partitions }, nothingCarried),
    counted: [],
  }
}

/** The shard an event is logged and counted in: by the first 8 bytes of sha-256 of its key. */
export function shardOf(event: { name: string; id: string }, shards: number): number {
  return shardOfHash(keyHash(eventKey(event)), shards)
}

/** The same, of an event whose key hash is known. */
export function shardOfHash(hash: bigint, shards: number): number {
  return Number(hash % BigInt(shards))
}

/**
 * Settles one era of a network in memory: fold, weigh, decide, share, seal, as the service does step by step.
 * `events` are those of the era, in the order of the log. Changes `network`.
 */
export async function settleEra(
  network: Network,
  era: number,
  events: readonly Event[],
): Promise<SettledEra> {
  const { policy, policyHash, shards, partitions, system } = network
  const counted = countedBefore(network, era)
  const folds = Array.from({ length: shards }, (_, shard) => {
    const own = events.filter((event) => shardOf(event, shards) === shard)
    return fold({ policy, era, partitions, log: shardLog([logged(own)]), counted })
  })
  const weighed = network.carried.map((carried, partition) => {
    const facts = folds.flatMap((shard) => shard.facts.get(partition) ?? [])
    const accounts = accountsOf(network, partition)
    return weigh({ policy, era, partition, partitions, facts, accounts, carried, latest: system.latest })
  })
  const plan = decide({
    policy,
    policyVersion: policy.version,
    policyHash,
    era,
    system,
    shards: folds.map(({ totals }) => totals),
    partitions: weighed.map(({ totals }) => totals),
  })
  const statements: Statement[] = []
  const credits = weighed.map(({ rows }, partition) => {
    const sharing = share(policy, plan, partition, partitions)
    for (const row of rows) statements.push(...sharing.next(row))
    statements.push(...sharing.next(undefined))
    return sharing.totals()
  })
  const freezes = metricsUsed(policy).has('balance')
  for (const statement of statements) {
    const page = network.pages.get(statement.page) ?? emptyPage(statement.page)
    network.pages.set(statement.page, applyStatement(page, statement, freezes))
  }
  const { seal, system: after } = makeSeal(plan, credits)
  network.system = after
  network.carried = weighed.map(({ carried }) => carried)
  const digests = new Map<string, string>()
  for (const event of events) {
    const key = eventKey(event)
    if (!counted.has(key) && !digests.has(key)) digests.set(key, contentDigest(event))
  }
  if (digests.size > 0) network.counted.unshift({ era, latest: plan.latest, digests })
  return { plan, statements, seal }
}

/** What this era may hold again; of several eras the first to count an event has the last word. */
function countedBefore(network: Network, era: number): Map<string, string> {
  const [newest] = network.counted
  if (!newest) return new Map()
  network.counted = network.counted.filter((earlier) => mayComeAgain(network.policy, era, earlier, newest))
  return new Map(network.counted.flatMap(({ digests }) => [...digests]))
}

/** Accounts of a partition as they stand. */
function accountsOf({ pages, partitions }: Network, partition: number): AccountState[] {
  return [...pages.values()]
    .filter(({ page }) => partitionOfPage(page, partitions) === partition)
    .flatMap(({ accounts }) => accounts)
}

/** Every account in the order of the cascade. */
export function allAccounts(network: Network): AccountState[] {
  return [...network.pages.values()]
    .flatMap(({ accounts }) => accounts)
    .sort((a, b) => (accountOrder(a.account) < accountOrder(b.account) ? -1 : 1))
}
