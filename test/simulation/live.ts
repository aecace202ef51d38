import { parsePolicy } from '../../shared/domain/policy/policy.ts'
import { Client } from './people/client.ts'
import { moveMoney } from './people/mover.ts'
import { Onlooker } from './people/onlooker.ts'
import { type Story, tell } from './people/stories.ts'
import type { Phase, Scenario } from './scenario.ts'
import type { Simulation } from './simulation.ts'
import type { Chance } from './world/chance.ts'
import { Stuck } from './world/world.ts'

const MINUTE_MS = 60_000

/** How long what is sent for an era is spread over, ms. */
const SENDING_MS = 30_000

/** Nothing goes wrong any more: how long it may take until everything is settled, ms. */
const HEALED_WITHIN_MS = 4 * 60 * MINUTE_MS

/** How long an operator waits for a drained queue while things go wrong, ms. */
const DRAINED_WITHIN_MS = 24 * 60 * MINUTE_MS

/**
 * Everything that people and producers do in a scenario: first while things go wrong, then until all is settled. Throws
 * `Stuck` where it never is. Answers with who looked on.
 */
export async function live(sim: Simulation, scenario: Scenario): Promise<Onlooker> {
  const { world, faults, queue } = sim
  const { clock, isStrict, phases } = scenario
  const stories = new Stories(sim, scenario)
  moveMoney(sim)
  sim.start()
  const beganAt = world.now
  await sim.operate('settlement/tick', {})
  if (scenario.replays) void replays(sim)
  for (const [era, phase] of phases.entries()) {
    const { messages, end } = phase
    const chance = world.chance(`phase ${era}`)
    if (!scenario.isStepwise) void stories.begin(era)
    const closesMs = closesIn(scenario, end, world.now - beganAt, chance)
    for (const { name, body, notBefore, afterCloseMs } of messages) {
      const moment = clock === 'wall' ? notBefore - world.now : 0
      const atMs = moment + chance.int(1, SENDING_MS)
      const nearMs = afterCloseMs === undefined ? atMs : Math.max(moment, closesMs + afterCloseMs)
      world.after(nearMs, () => queue.send(name, body))
    }
    if (clock === 'wall') {
      await world.sleep(Date.parse(String(end)) - world.now)
      continue
    }
    await world.sleep(SENDING_MS)
    if (isStrict) await drain(sim, DRAINED_WITHIN_MS)
    if (scenario.isStepwise) await stories.begin(era)
    // A clock that follows the events is only told the end of the last era: nothing comes after it.
    if (clock === 'manual') {
      if (phase.isPassedOver) continue
      if (!isStrict && chance.is(0.5)) rival(sim, `rival ${era}`)
      await sim.operate('settlement/tick', { advanceTo: end })
    } else await world.sleep(chance.int(1, 8) * MINUTE_MS)
  }
  await world.sleep(world.chance('the end').int(0, 10) * MINUTE_MS)
  faults.heal()
  world.say('healed')
  await stories.end()
  await settled(sim, scenario)
  if (scenario.replays) await replay(sim)
  await world.sleep(Math.max(scenario.patienceMs ?? MINUTE_MS, world.lingersUntil - world.now + MINUTE_MS))
  await settled(sim, scenario)
  return stories.onlooker
}

/** In how long the era of a phase may be closed, as far as that is known beforehand, ms. */
function closesIn(
  { clock, policy, startMs }: Scenario,
  end: Phase['end'],
  sinceMs: number,
  chance: Chance,
): number {
  if (clock === 'manual') return SENDING_MS
  // By the tick of a minute: on a wall clock the first after the grace, else one of the next.
  const dueMs =
    clock === 'wall'
      ? Date.parse(String(end)) + parsePolicy(policy).era.grace - startMs
      : sinceMs + chance.int(1, 5) * MINUTE_MS
  return Math.ceil(dueMs / MINUTE_MS) * MINUTE_MS - sinceMs
}

/** An operator looks after quarantine, as long as things go wrong. */
async function replays(sim: Simulation): Promise<void> {
  const { world, faults } = sim
  const chance = world.chance('replays')
  while (!faults.isOver) {
    await world.sleep(chance.int(5_000, 60_000))
    // An operator is told by an alarm that something waits there.
    if ((await sim.store.quarantine.waiting({ limit: 1 })).length > 0) await replay(sim)
    await world.sleep(chance.int(1, 10) * MINUTE_MS)
  }
}

/** Puts all that waits in quarantine through admission once more. */
async function replay(sim: Simulation): Promise<void> {
  let after: string | undefined
  do {
    const order = { admitLate: true, ...(after && { after }) }
    after = ((await sim.operate('ingest/replay', order)) as { next?: string }).next
  } while (after)
}

/** Others tick at the same time, beside whoever does. */
function rival({ world, lambda }: Simulation, place: string): void {
  const chance = world.chance(place)
  for (let others = chance.int(1, 3); others > 0; others -= 1)
    world.after(chance.int(0, 3_000), () => void lambda.invoke('settlement/tick', {}, place))
}

/** What people do beside it all. */
class Stories {
  readonly client: Client
  readonly onlooker: Onlooker
  readonly #sim: Simulation
  readonly #stories: readonly Story[]
  readonly #told: Promise<void>[] = []

  constructor(sim: Simulation, { stories }: Scenario) {
    this.#sim = sim
    this.#stories = stories
    this.client = new Client(sim)
    this.onlooker = new Onlooker(sim)
  }

  /** Those of a phase begin. Answers when they are over. */
  async begin(phase: number): Promise<void> {
    for (const story of this.#stories) {
      if (story.phase !== phase) continue
      const { client, onlooker } = this
      const told = this.#sim.world
        .sleep(story.afterMs)
        .then(() => tell(story, { client, onlooker, sim: this.#sim }))
      this.#told.push(told.catch((error: Error) => this.#sim.world.fail(error)))
    }
    await Promise.all(this.#told)
  }

  /** All have come to their end, and what they were promised stands. */
  async end(): Promise<void> {
    await Promise.all(this.#told)
    await this.client.holdToIt()
  }
}

/** Waits until everything sent is taken, and sends what was set aside once more. */
async function drain({ world, queue }: Simulation, withinMs: number): Promise<void> {
  const until = world.now + withinMs
  for (;;) {
    if (queue.isEmpty && queue.redrive() === 0) return
    if (world.now > until) throw new Stuck(`the queue is not empty after ${withinMs / MINUTE_MS} minutes`)
    await world.sleep(5_000)
  }
}

async function settled(sim: Simulation, { phases, clock }: Scenario): Promise<void> {
  const { world } = sim
  const until = world.now + HEALED_WITHIN_MS
  await drain(sim, HEALED_WITHIN_MS)
  if (clock !== 'wall') await sim.operate('settlement/tick', { advanceTo: phases.at(-1)?.end })
  for (;;) {
    const state = await sim.store.state.read()
    const isSealed = state !== undefined && state.sealedThrough >= phases.length - 1
    if (isSealed && state.sealedThrough === state.closedThrough && sim.queue.isEmpty) return
    if (world.now > until) {
      const last = [...sim.machines.executions.values()].at(-1)
      throw new Stuck(
        `not settled hours after the last fault: ${JSON.stringify(state)}, ${JSON.stringify(last)}`,
      )
    }
    await world.sleep(15_000)
  }
}
