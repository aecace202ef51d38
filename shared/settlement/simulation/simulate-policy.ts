import { compareEra, type EraComparison } from '../../domain/compare.ts'
import { ExchequerError } from '../../domain/errors.ts'
import { type Event, eventKey } from '../../domain/event.ts'
import type { Plan } from '../../domain/plan.ts'
import { metricsUsed } from '../../domain/policy/columns.ts'
import { canonicalJson, InvalidPolicyError, parsePolicy, policyHash } from '../../domain/policy/policy.ts'
import type { Policy } from '../../domain/policy/schema.ts'
import { checkSuccession } from '../../domain/policy/succession.ts'
import type { Seal } from '../../domain/seal.ts'
import { type Network, type SettledEra, settleEra } from '../../domain/settle.ts'
import type { Rejection } from '../../events/contracts.ts'
import { namesOf, unknownName } from '../../ingest/admission.ts'
import { findCounted, readLog } from '../fold.ts'
import { range, required, stateOf } from '../network.ts'
import type { SettlementStore, StoredPolicy } from '../ports.ts'
import { networkBefore } from './before.ts'

/**
 * The most events of an era that are settled while a caller waits. 100,000 of them, over 50,000 accounts, take 5 s and
 * 0.8 GB with their reads on one processor; the function has 29 s and 1,769 MB.
 */
export const MAX_EVENTS = 100_000

/** Seals looked at, newest first, for the last era that counted anything. */
const MAX_LOOK_BACK = 100

/** How many of the events that the proposed policy does not know are told one by one. */
const MAX_TOLD = 10

type Reads = Pick<
  SettlementStore,
  'state' | 'policies' | 'log' | 'folds' | 'weights' | 'plans' | 'statements' | 'pages' | 'seals'
>

/** What the last sealed era would have come to by another policy. */
export interface SimulatedPolicy {
  seal: Seal
  hash: string
  comparison: EraComparison
  events: number
  leftOut: { count: number; first: ({ name: string; id: string } & Rejection)[] }
  /** Whether settling the era again in memory, by its own policy, gives what its seal says. */
  isReproduced: boolean
  /** What is not as it was when the era was settled, in sentences. */
  approximations: string[]
}

/**
 * Settles the last sealed era that counted anything twice in memory: by the version it was settled by, and by a
 * proposed policy, from the same opening and the same log. Changes nothing. Events that the proposed policy does not
 * know are left out, as ingest would leave them out. Throws `InvalidPolicy`, `NothingToSimulate`, `TooMuchToSimulate`.
 */
export async function simulatePolicy(store: Reads, json: unknown): Promise<SimulatedPolicy> {
  const policy = parsePolicy(json)
  const hash = policyHash(json)
  await stateOf(store)
  const issues = checkSuccession((await store.policies.read(1)).policy, policy)
  if (issues.length > 0) throw new InvalidPolicyError(issues)
  const seal = await lastBusySeal(store)
  const plan = required(await store.plans.read(seal.era), `the plan of era ${seal.era}`)
  const ruling = await store.policies.read(seal.policyVersion)
  const weighsBalances = [ruling.policy, policy].some((rules) => metricsUsed(rules).has('balance'))

  const events = await eventsCounted(store, plan, ruling)
  const known = admittedBy(policy, events)
  const network = await networkBefore(store, plan, ruling, weighsBalances)
  const before = await settleEra(copyOf(network), seal.era, events)
  const after = await settleEra({ ...copyOf(network), policy, policyHash: hash }, seal.era, known.events)
  return {
    seal,
    hash,
    comparison: compareEra(before, after),
    events: events.length,
    leftOut: known.leftOut,
    isReproduced: isAsSealed(before, seal),
    approximations: approximationsOf(plan, weighsBalances),
  }
}

/** Throws `NothingToSimulate`. */
async function lastBusySeal({ seals }: Pick<Reads, 'seals'>): Promise<Seal> {
  let seal = await seals.last()
  for (let looked = 0; seal && looked < MAX_LOOK_BACK; looked += 1) {
    if (countOf(seal) > 0) return seal
    seal = seal.era > 0 ? await seals.read(seal.era - 1) : undefined
  }
  throw new ExchequerError(
    'NothingToSimulate',
    `a policy is simulated on the last sealed era that counted anything: none of the last ${MAX_LOOK_BACK} seals did`,
  )
}

function countOf({ counted }: Pick<Seal, 'counted'>): number {
  return Object.values(counted).reduce((sum, count) => sum + count, 0)
}

/** What the era counted, in the order of its log. Throws `TooMuchToSimulate` before anything large is read. */
async function eventsCounted(store: Reads, plan: Plan, { policy }: StoredPolicy): Promise<Event[]> {
  const { era, deliveries } = plan
  const { shards } = await stateOf(store)
  assertFew(countOf(plan) + deliveries.duplicates + deliveries.conflictCount, era)
  // Only an era that was told something twice can hold what an earlier one has counted.
  const repeats = deliveries.duplicates + deliveries.conflictCount > 0
  const all: Event[] = []
  for (const shard of range(shards)) {
    const read = await readLog(store.log, era, shard, (count) => assertFew(all.length + count, era))
    const events = read.log.segments.flatMap((segment) => segment.events())
    const { counted } = repeats
      ? await findCounted(store, policy, { era, shard }, read)
      : { counted: new Map<string, string>() }
    all.push(...events.filter((event) => !counted.has(eventKey(event))))
  }
  return all
}

function assertFew(events: number, era: number): void {
  if (events <= MAX_EVENTS) return
  throw new ExchequerError(
    'TooMuchToSimulate',
    `a simulation takes at most ${MAX_EVENTS} events, and era ${era} has more: use npm run simulate with its events`,
  )
}

function admittedBy(
  policy: Policy,
  events: readonly Event[],
): { events: Event[]; leftOut: SimulatedPolicy['leftOut'] } {
  const names = namesOf(policy)
  const leftOut: SimulatedPolicy['leftOut'] = { count: 0, first: [] }
  const admitted = events.filter((event) => {
    const rejection = unknownName(names, event)
    if (!rejection) return true
    leftOut.count += 1
    if (leftOut.count <= MAX_TOLD) leftOut.first.push({ name: event.name, id: event.id, ...rejection })
    return false
  })
  return { events: admitted, leftOut }
}

/** Settling an era puts other pages into the network, and changes none. */
function copyOf(network: Network): Network {
  return { ...network, pages: new Map(network.pages), counted: [...network.counted] }
}

function isAsSealed({ seal: again }: SettledEra, seal: Seal): boolean {
  const figures = ({ state, income, cost, net, lines, credits, system }: Seal) =>
    canonicalJson({ state, income, cost, net, lines, credits, system })
  return figures(again) === figures(seal)
}

function approximationsOf(plan: Plan, weighsBalances: boolean): string[] {
  return [
    'Roles and stakes are as they stand now: what the era itself reported of a stake counts from its beginning.',
    ...(weighsBalances
      ? [
          'Balances are those of now without the credits of this era and the one before: what accounts did since is in them.',
        ]
      : []),
    ...(plan.decided ? ['What was decided of held eras, and done in this one, is left out.'] : []),
    ...(plan.facts > 0
      ? ['What commands told the era (charges, dues, refunds, slashes) is not in its log, and is left out.']
      : []),
  ]
}
