import { type Outcome, type RunOptions, runOne } from './one.ts'
import { drawScenario, type Scenario } from './scenario.ts'
import type { Product } from './simulation.ts'
import type { Fault } from './world/faults.ts'

/** The most runs on the way to a small one. */
const MAX_TRIES = 600

/** A run that fails: its faults by name, so that each can be left out. */
export interface Case {
  seed: number
  scenario: Scenario
  faults: readonly Fault[]
}

/** Makes a failing run as small as it goes while it fails in the same way: fewer faults, messages and stories. */
export async function shrink(
  product: Product,
  seed: number,
  first: Outcome,
  options: RunOptions,
): Promise<Case> {
  const kind = kindOf(first)
  let tries = 0
  const fails = async ({ scenario, faults }: Case): Promise<boolean> => {
    tries += 1
    return kindOf(await runOne(product, seed, { scenario, plan: { faults } })) === kind
  }
  let smallest: Case = { seed, scenario: options.scenario ?? drawScenario(seed), faults: first.faults }
  // What is not reproduced by its faults alone is shown as it is.
  if (!(await fails(smallest))) return smallest
  for (let found = true; found && tries < MAX_TRIES; ) {
    found = false
    for (const smaller of smallerThan(smallest)) {
      if (tries >= MAX_TRIES) break
      if (!(await fails(smaller))) continue
      smallest = smaller
      found = true
      break
    }
  }
  return smallest
}

/** What kind of failure it is, without its figures and names. */
function kindOf({ wrong }: Outcome): string | undefined {
  return wrong[0]
    ?.replace(/[0-9a-f]{6,}|\d+/g, '#')
    .split(' ')
    .slice(0, 6)
    .join(' ')
}

function* smallerThan(large: Case): Generator<Case> {
  const { scenario, faults } = large
  for (const fewer of without(faults)) yield { ...large, faults: fewer }
  for (const stories of without(scenario.stories)) yield { ...large, scenario: { ...scenario, stories } }
  for (const [era, phase] of scenario.phases.entries())
    for (const messages of without(phase.messages))
      yield { ...large, scenario: { ...scenario, phases: scenario.phases.with(era, { ...phase, messages }) } }
  if (scenario.partitions > 1) yield { ...large, scenario: { ...scenario, partitions: 1 } }
  if (scenario.shards > 1) yield { ...large, scenario: { ...scenario, shards: 1 } }
}

/** A list without parts of it, large parts first. */
function* without<T>(list: readonly T[]): Generator<T[]> {
  for (let size = list.length; size >= 1; size >>= 1)
    for (let from = 0; from < list.length; from += size)
      yield [...list.slice(0, from), ...list.slice(from + size)]
}
