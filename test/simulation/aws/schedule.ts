import type { Faults } from '../world/faults.ts'
import type { World } from '../world/world.ts'
import type { Deployment, Schedule } from './deployment.ts'
import type { Lambda } from './lambda.ts'
import type { Machines } from './machine.ts'

const MINUTE_MS = 60_000

/** How late a schedule may fire, ms. */
const LATEST_MS = 240_000

/** How often a function is called again that failed, as Lambda does with what nobody waits for. */
const RETRIES = 2

/** Fires the template's schedules, for ever. */
export class Schedules {
  readonly #world: World
  readonly #faults: Faults
  readonly #lambda: Lambda
  readonly #machines: Machines

  constructor(world: World, faults: Faults, lambda: Lambda, machines: Machines) {
    this.#world = world
    this.#faults = faults
    this.#lambda = lambda
    this.#machines = machines
  }

  start(schedules: Deployment['schedules']): void {
    for (const schedule of schedules) this.#fire(schedule, 0)
  }

  #isIdle({ target, input }: Schedule): boolean {
    return 'entry' in target && this.#lambda.findsNothing(target.entry, input)
  }

  #fire(schedule: Schedule, time: number): void {
    const place = `${schedule.name} ${time}`
    this.#world.after(schedule.everyMinutes * MINUTE_MS, () => {
      const fault = this.#faults.at(place, ['skip', 'again', 'lag', 'deploy'], this.#isIdle(schedule))
      const lateMs = this.#world.chance(`late ${place}`).int(1, LATEST_MS)
      if (fault === 'deploy') this.#lambda.deploy()
      if (fault !== 'skip') this.#world.after(fault === 'lag' ? lateMs : 0, () => this.#call(schedule, place))
      if (fault === 'again') this.#world.after(lateMs % 1_000, () => this.#call(schedule, `${place}'`))
      this.#fire(schedule, time + 1)
    })
  }

  async #call({ target, input, name }: Schedule, place: string): Promise<void> {
    if ('machine' in target) {
      this.#machines.start(target.machine, place.replaceAll(/[^\w-]/g, '-'), JSON.stringify(input))
      return
    }
    for (let time = 0; time <= RETRIES; time += 1) {
      const outcome = await this.#lambda.invoke(target.entry, input, `schedule ${name}`)
      if ('payload' in outcome) return
      await this.#world.sleep(MINUTE_MS * (time + 1))
    }
  }
}
