import { wrongIn } from './check.ts'
import { live } from './live.ts'
import type { Onlooker } from './people/onlooker.ts'
import { drawScenario, type Scenario } from './scenario.ts'
import { type Product, Simulation } from './simulation.ts'
import { chanceAt } from './world/chance.ts'
import {
  type Delays,
  FAULTS,
  type Fault,
  type FaultKind,
  type FaultPlan,
  type Focus,
} from './world/faults.ts'
import type { Trace } from './world/world.ts'

/** What came of one run. */
export interface Outcome {
  /** What is wrong, a line each; nothing where all is as it must be. */
  wrong: string[]
  /** What went wrong on the way, in order. */
  faults: readonly Fault[]
  trace: Trace
  figures: Figures
}

/** How much happened. */
export interface Figures {
  steps: number
  faults: number
  eras: number
  commands: number
  /** Answers of the read API that were held against the table, and how many of them were not of that moment. */
  reads: number
  older: number
  /** Answers that were left alone, for the table may have been in too many ways; and that there were none. */
  leftAlone: number
  unanswered: number
}

export interface RunOptions {
  scenario?: Scenario
  plan?: FaultPlan
  keepsLines?: boolean
}

const NO_READS = { looked: 0, behind: 0, leftAlone: 0, failed: 0 }

/** Runs a seed, then looks at what it left. The same arguments give the same outcome, to the byte. */
export async function runOne(product: Product, seed: number, options: RunOptions = {}): Promise<Outcome> {
  const { scenario = drawScenario(seed), plan = drawPlan(seed), keepsLines = false } = options
  const { policy, startMs, shards, partitions, fenceSeconds, limits } = scenario
  const sim = new Simulation({
    product,
    seed,
    plan,
    policyJson: policy,
    startMs,
    shards,
    partitions,
    fenceSeconds,
    limits,
    keepsLines,
  })
  const { world, faults } = sim
  const fail = (error: unknown): void =>
    world.fail(new Error(`a rejection that nobody hears: ${error}`, { cause: error }))
  process.on('unhandledRejection', fail)
  let wrong: string[]
  let reads: Pick<Onlooker, 'looked' | 'behind' | 'leftAlone' | 'failed'> = NO_READS
  try {
    reads = await world.run(() => live(sim, scenario))
    wrong = await wrongIn(sim)
  } catch (error) {
    wrong = [error instanceof Error ? `${error.name}: ${error.message}` : String(error)]
  } finally {
    process.off('unhandledRejection', fail)
  }
  const state = await sim.store.state.read()
  const figures = {
    steps: world.steps,
    faults: faults.happened.length,
    eras: (state?.sealedThrough ?? -1) + 1,
    commands: sim.journal().length,
    reads: reads.looked,
    older: reads.behind,
    leftAlone: reads.leftAlone,
    unanswered: reads.failed,
  }
  return { wrong, faults: faults.happened, trace: world.trace, figures }
}

/** In what most of the faults of a run are: what runs seldom, and what bugs are most likely in, comes up more often. */
const FOCUSES: readonly Focus[] = [
  'nothing',
  'nothing',
  'ingest',
  'ingest',
  'ingest',
  'tick',
  'count',
  'credit',
  'seal',
  'commands',
  'commands',
  'payouts',
  'replay',
]

/** Short ways; many that are long; some that take seconds, in which an era may be closed and counted. */
const DELAYS: readonly Delays[] = [
  { probability: 0.05, times: 20 },
  { probability: 0.3, times: 20 },
  { probability: 0.2, times: 400 },
  { probability: 0.2, times: 400 },
]

/** Draws how often something goes wrong in a run, where most, and what can: now and then all of it, else some kinds. */
export function drawPlan(seed: number): FaultPlan {
  const chance = chanceAt(seed, 'plan')
  const probability = chance.pick([0.005, 0.02, 0.02, 0.05])
  const all = Object.keys(FAULTS) as FaultKind[]
  const kinds = chance.is(0.5) ? all : all.filter(() => chance.is(0.4))
  return { probability, kinds, focus: chance.pick(FOCUSES), delays: chance.pick(DELAYS) }
}
