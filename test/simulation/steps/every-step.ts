import { seeded } from '../../differential/random.ts'
import { wrongIn } from '../check.ts'
import { live } from '../live.ts'
import { type Product, Simulation } from '../simulation.ts'
import type { Fault, FaultKind } from '../world/faults.ts'
import { booksOf, firstDifference } from './final.ts'
import type { Workflow } from './workflows.ts'

/** How many of the cases are run. */
export type Count = number | 'all'

export interface Report {
  /** Calls to the outside that the workflow makes when nothing goes wrong. */
  calls: number
  cases: number
  failures: { faults: Fault[]; wrong: string[] }[]
}

/** What may go wrong at one call, and what of it is tried in pairs. */
const AT_ONE: readonly FaultKind[] = [
  'fail',
  'down',
  'throttle',
  'conflict',
  'partial',
  'drag',
  'stale',
  'lost',
  'deaf',
  'late',
  'kill',
  'killAfter',
  'stall',
  'freeze',
  'twin',
]
const AT_TWO: readonly FaultKind[] = ['down', 'deaf', 'killAfter', 'twin']

const SEED = 1

/**
 * Runs a workflow once for every call that it makes and everything that may go wrong there, or for every two calls. Each
 * run must end with the books of the undisturbed one, to the byte. Of a sample `shuffle` says which cases it is.
 */
export async function everyStep(
  product: Product,
  workflow: Workflow,
  { pairs = false, sample = 'all', shuffle = 1 }: { pairs?: boolean; sample?: Count; shuffle?: number } = {},
): Promise<Report> {
  const undisturbed = await runWith(product, workflow, [])
  if (undisturbed.wrong.length > 0) throw new Error(`the undisturbed run is wrong: ${undisturbed.wrong}`)
  const places = undisturbed.calls.map(({ place }) => place)
  const calls = undisturbed.calls.filter(({ place }) => workflow.isOwn(place, places))
  const all = [...(pairs ? twoFaults(calls) : oneFault(calls))]
  const cases = sample === 'all' ? all : seeded(shuffle).shuffle(all).slice(0, sample)
  const failures: Report['failures'] = []
  for (const faults of cases) {
    const { wrong, books, happened } = await runWith(product, workflow, faults)
    // The second of two may be at a call that is no longer made after the first.
    if (happened === 0) wrong.push('what was to go wrong never did')
    const difference =
      wrong.length > 0 || workflow.isShifting ? undefined : firstDifference(books, undisturbed.books)
    if (difference) wrong.push(`it ends otherwise than undisturbed: ${difference}`)
    if (wrong.length > 0) failures.push({ faults, wrong })
  }
  return { calls: calls.length, cases: cases.length, failures }
}

type Calls = Simulation['calls']

function* oneFault(calls: Calls, among = AT_ONE): Generator<Fault[]> {
  for (const { place, kinds } of calls)
    for (const kind of kinds) if (among.includes(kind)) yield [{ place, kind }]
}

function* twoFaults(calls: Calls): Generator<Fault[]> {
  for (const [at, first] of calls.entries())
    for (const second of calls.slice(at + 1))
      for (const [one] of oneFault([first], AT_TWO))
        for (const [two] of oneFault([second], AT_TWO)) yield [one as Fault, two as Fault]
}

async function runWith(product: Product, { scenario }: Workflow, faults: Fault[]) {
  const { policy, startMs, shards, partitions } = scenario
  const options = { product, seed: SEED, plan: { faults }, policyJson: policy, startMs, shards, partitions }
  const sim = new Simulation(options)
  try {
    await sim.world.run(() => live(sim, scenario))
    return {
      wrong: await wrongIn(sim),
      books: await booksOf(sim, scenario.phases.length),
      calls: sim.calls,
      happened: sim.faults.happened.length,
    }
  } catch (error) {
    return { wrong: [String(error)], books: {}, calls: sim.calls, happened: sim.faults.happened.length }
  }
}
