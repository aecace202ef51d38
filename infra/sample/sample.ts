import { eraEnd } from '../../shared/domain/calendar.ts'
import type { Policy } from '../../shared/domain/policy/schema.ts'
import { SampleEra } from './era.ts'
import { spoil } from './flaws.ts'
import { needsOf } from './needs.ts'
import { Random } from './random.ts'

/** One event of the sample, as a producer would send it. */
export interface SampleEvent {
  name: string
  data: Record<string, unknown> & { id: string }
  /** What is wrong with it on purpose: the very same event again, or one that must end in quarantine. */
  flaw?: 'duplicate' | 'invalid'
}

export interface SampleSize {
  eras: number
  feesPerEra: number
  participants: number
}

export interface Sample {
  /** In the order they happened, but for the duplicates. */
  events: SampleEvent[]
  /** Everybody who earns. */
  participants: string[]
  /** First position after the last era. */
  until: number
}

export const SAMPLE_SEED = 20_260_101
export const SAMPLE_SIZE: SampleSize = { eras: 3, feesPerEra: 7_000, participants: 200 }

/**
 * Makes up a network that lives by `policy`: fees of every kind of income, costs of every kind, what its groups are
 * weighed by. In every second era of three the costs are above the income, so that a policy with base net shows a loss.
 * The same policy, seed and size give the same events to the byte.
 */
export function sampleNetwork(policy: Policy, seed = SAMPLE_SEED, size: SampleSize = SAMPLE_SIZE): Sample {
  const { calendar } = policy.era
  const random = new Random(seed)
  const participants = sampleParticipants(seed, size.participants)
  const needs = needsOf(policy)
  const events: SampleEvent[] = []
  for (let era = 0; era < size.eras; era += 1) {
    const made = new SampleEra({ policy, needs, participants, random, era, fees: size.feesPerEra }).events()
    events.push(...spoil(made, policy, era, random))
  }
  return { events, participants, until: eraEnd(calendar, size.eras - 1) }
}

/** The sample's accounts: addresses as an EVM chain writes them, the same for every policy. */
export function sampleParticipants(seed = SAMPLE_SEED, count = SAMPLE_SIZE.participants): string[] {
  const random = new Random(seed ^ 0x5eed)
  return Array.from({ length: count }, () => `0x${random.hex(40)}`)
}
