import { eraStart } from '../../shared/domain/calendar.ts'
import type { BusEvent } from '../../shared/domain/event.ts'
import { parsePolicy } from '../../shared/domain/policy/policy.ts'
import type { Network, SettledEra } from '../../shared/domain/settle.ts'
import { type EraResult, eraResult, simulate } from '../../shared/domain/simulate.ts'
import type { Json } from './policies.ts'

export interface Settled {
  network: Network
  eras: SettledEra[]
  /** The same eras as people compare them. */
  results: EraResult[]
}

/** Settles the first eras of a network in memory. */
export async function settle(
  json: Json,
  events: readonly BusEvent[],
  eras = 1,
  options: { shards?: number; partitions?: number } = {},
): Promise<Settled> {
  const policy = parsePolicy(json)
  const settled = await simulate(policy, json, events, eraStart(policy.era.calendar, eras), options)
  return { ...settled, results: settled.eras.map(eraResult) }
}

/** One era's result, for tests of a single era. */
export async function settleOne(json: Json, events: readonly BusEvent[]): Promise<EraResult> {
  const { results } = await settle(json, events)
  return results[0] as EraResult
}
