import { wrongIn } from './check.ts'
import { live } from './live.ts'
import { drawScenario, type Scenario } from './scenario.ts'
import { type Product, Simulation } from './simulation.ts'
import type { Fault, FaultPlan } from './world/faults.ts'
import type { Trace } from './world/world.ts'

/** What came of one run. */
export interface Outcome {
  /** What is wrong, a line each; nothing where all is as it must be. */
  wrong: string[]
  /** What went wrong on the way, in order. */
  faults: readonly Fault[]
  trace: Trace
  steps: number
}

/** Runs a scenario with faults, then looks at what it left. The same arguments give the same outcome, to the byte. */
export async function runOne(
  product: Product,
  seed: number,
  plan: FaultPlan,
  { scenario = drawScenario(seed), keepsLines = false }: { scenario?: Scenario; keepsLines?: boolean } = {},
): Promise<Outcome> {
  const { policy, startMs, shards, partitions } = scenario
  const options = { product, seed, plan, policyJson: policy, startMs, shards, partitions, keepsLines }
  const sim = new Simulation(options)
  const { world, faults } = sim
  let wrong: string[]
  try {
    await world.run(() => live(sim, scenario))
    wrong = await wrongIn(sim)
  } catch (error) {
    wrong = [error instanceof Error ? `${error.name}: ${error.message}` : String(error)]
  }
  return { wrong, faults: faults.happened, trace: world.trace, steps: world.steps }
}
