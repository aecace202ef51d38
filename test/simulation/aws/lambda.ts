import { type FaultKind, type Faults, INVOCATION_FAULTS } from '../world/faults.ts'
import type { Coming, World } from '../world/world.ts'
import type { Code, Handler, Realm } from './code.ts'
import type { DeployedFunction } from './deployment.ts'

/** How an invocation ended, as whoever asked for it sees it. Payloads are JSON. */
export type Outcome = { payload: unknown; clockOffMs: number } | { error: { name: string; message: string } }

/** One run of a function. */
export interface Invocation {
  /** Where in the run: what was asked, and the how manieth time. */
  place: string
  entry: string
  event: unknown
  /** Requests to the outside so far. */
  calls: number
  /** Whether there was nothing to do for it when it began. */
  isIdle: boolean
}

/** Errors that say that the product is wrong, wherever they occur. */
const NEVER = new Set([
  'InvariantBroken',
  'TypeError',
  'ReferenceError',
  'RangeError',
  'SyntaxError',
  'NotSimulated',
])

/** Ms; what nobody promises, and so every run draws. */
const START: Record<'warm' | 'cold', readonly [number, number]> = { warm: [1, 5], cold: [100, 400] }
const WAY_BACK = [1, 10] as const

/** How wrong a clock is, ms. */
const SKEWS = [900, 90_000, 7_200_000]

/**
 * Functions that do commands, whose machines tell the time: the journal knows the order of an account's commands by
 * their clocks alone, and so does the audit, which would put an end before its beginning.
 */
const TELLS_TIME = /^(payouts\/|api\/(transfers|stakes|payouts|offers|bookings|orders|decisions)$)/
const WRONG_CLOCKS: readonly FaultKind[] = ['skewed', 'jump']
const ANY = Object.keys(INVOCATION_FAULTS) as FaultKind[]
const ANY_IN_TIME = ANY.filter((kind) => !WRONG_CLOCKS.includes(kind))

/** How long a machine that has stood still for a fault goes on doing so, beyond the time its function has, ms. */
const FROZEN = [0, 1_800_000] as const

/**
 * A machine that runs one function, one invocation at a time. Between invocations it stands still: what it waits for
 * reaches it when it is woken. It may stand still at other times too, and it may be gone.
 */
export class Instance {
  readonly function: DeployedFunction
  readonly deployedAs: number
  invocation: Invocation | undefined
  isGone = false
  isFrozen = false
  /** How wrong its clock is, ms. */
  clockOffMs: number
  /** Told when the machine is stopped in the middle of an invocation. */
  onGone: () => void = () => undefined
  readonly #world: World
  readonly #waiting: (() => void)[] = []
  readonly #handler: Handler

  constructor(
    world: World,
    fn: DeployedFunction,
    deployedAs: number,
    clockOffMs: number,
    instantiate: (self: Instance) => Handler,
  ) {
    this.clockOffMs = clockOffMs
    this.#world = world
    this.function = fn
    this.deployedAs = deployedAs
    this.#handler = instantiate(this)
  }

  /** Does something on this machine: now, when it is woken, or never. */
  deliver(run: () => void): void {
    if (this.isGone) return
    if (this.isFrozen || this.invocation === undefined) this.#waiting.push(run)
    else run()
  }

  after(delayMs: number, run: () => void): Coming {
    return this.#world.after(delayMs, () => this.deliver(run))
  }

  /** What waited is delivered, each by itself. */
  wake(): void {
    this.isFrozen = false
    for (const run of this.#waiting.splice(0)) this.#world.after(0, () => this.deliver(run))
  }

  freeze(forMs: number): void {
    this.isFrozen = true
    this.#world.afterLong(forMs, () => this.wake())
  }

  kill(): void {
    this.isGone = true
    this.#waiting.length = 0
    this.onGone()
  }

  run(invocation: Invocation, context: object): Promise<unknown> {
    this.invocation = invocation
    this.wake()
    return this.#handler(invocation.event, context)
  }
}

export interface LambdaOptions {
  world: World
  faults: Faults
  functions: Record<string, DeployedFunction>
  codes: ReadonlyMap<string, Code>
  /** What an instance finds around it, beside time, chance and its settings. */
  realm(instance: Instance): Pick<Realm, 'send' | 'readFile' | 'shards' | 'partitions' | 'limits'>
  /** Whether a function would find nothing to do just now. */
  findsNothing(entry: string, event: unknown): boolean
  /** Told of errors that must not be, by place. */
  onWrong(error: Error): void
}

/** Runs the real handlers on machines that come and go. */
export class Lambda {
  readonly #options: LambdaOptions
  readonly #idle = new Map<string, Instance[]>()
  readonly #counts = new Map<string, number>()
  #deployments = 0

  constructor(options: LambdaOptions) {
    this.#options = options
  }

  /** Runs a function for somebody who waits for its answer. `label` says what is asked, for the trace. */
  async invoke(entry: string, event: unknown, label: string): Promise<Outcome> {
    const { world, faults } = this.#options
    const place = `${label}#${this.#count(label)}`
    const isIdle = this.findsNothing(entry, event)
    const fault = faults.at(place, TELLS_TIME.test(entry) ? ANY_IN_TIME : ANY, isIdle)
    if (fault === 'refused') {
      await world.sleep(world.chance(`refused ${place}`).int(...WAY_BACK))
      return failure('Lambda.TooManyRequestsException', 'Rate Exceeded.')
    }
    if (fault === 'twice') void this.again(entry, event, place)
    const outcome = await this.#runOnce(entry, event, place, fault)
    const name = 'error' in outcome ? outcome.error.name : 'done'
    world.say(`${place}: ${name}`)
    if (fault !== 'unheard') return outcome
    return failure('Lambda.Unknown', 'The connection was lost.')
  }

  /** Whether a function would find nothing to do just now. */
  findsNothing(entry: string, event: unknown): boolean {
    return this.#options.findsNothing(entry, event)
  }

  /** Runs an invocation a second time, beside the first; nobody hears how it ends. */
  again(entry: string, event: unknown, place: string): Promise<Outcome> {
    return this.#runOnce(entry, event, `${place}'${this.#count(`${place}'`)}`, undefined)
  }

  /**
   * From now on every invocation is on a machine of a new deployment, whose code may do another amount at a time; those
   * under way end on theirs.
   */
  deploy(): void {
    this.#deployments += 1
    this.#options.world.say('deployed')
  }

  async #runOnce(
    entry: string,
    event: unknown,
    place: string,
    fault: FaultKind | undefined,
  ): Promise<Outcome> {
    const { world } = this.#options
    const chance = world.chance(`run ${place}`)
    const { instance, isCold } = this.#acquire(entry, place, fault)
    const isIdle = this.findsNothing(entry, event)
    const invocation: Invocation = { place, entry, event: structuredClone(event), calls: 0, isIdle }
    if (fault === 'jump') {
      const jumpMs = chance.pick([-1, 1]) * chance.pick(SKEWS)
      world.after(chance.int(0, 500), () => {
        instance.clockOffMs += jumpMs
      })
    }
    world.say(`${place} on ${isCold ? 'a new machine' : 'a warm one'}`)
    await world.sleep(chance.int(...(isCold ? START.cold : START.warm)))
    const outcome = await this.#finish(instance, invocation)
    await world.sleep(chance.int(...WAY_BACK))
    return outcome
  }

  /** The answer, or what the service says in its place when the time is over or the machine is gone. */
  #finish(instance: Instance, invocation: Invocation): Promise<Outcome> {
    const { world } = this.#options
    const timeoutMs = instance.function.timeoutSeconds * 1000
    const deadline = world.now + timeoutMs
    const context = {
      functionName: invocation.entry,
      awsRequestId: invocation.place,
      getRemainingTimeInMillis: () => Math.max(0, Math.floor(deadline - world.now)),
    }
    return new Promise((resolve) => {
      let isHeard = false
      const end = (outcome: Outcome): void => {
        isHeard = true
        world.cancel(timer)
        resolve(outcome)
      }
      const timer = world.after(timeoutMs, () => {
        end(failure('Sandbox.Timedout', `Task timed out after ${timeoutMs / 1000} seconds`))
        // A machine that stands still goes on when it is woken, though nobody hears it; any other is stopped.
        if (!instance.isFrozen) instance.kill()
      })
      instance.onGone = () => {
        if (!isHeard) end(failure('Runtime.ExitError', 'RequestId: Error: Runtime exited'))
      }
      const answer = (outcome: Outcome): void => {
        if (isHeard || instance.isGone) return
        instance.invocation = undefined
        this.#release(instance)
        end(outcome)
      }
      instance.run(invocation, context).then(
        (value) => answer(answerOf(value, instance)),
        (error: unknown) => {
          this.#judge(error, invocation)
          answer({ error: nameOf(error) })
        },
      )
    })
  }

  #judge(error: unknown, { place, entry }: Invocation): void {
    const { name, message } = nameOf(error)
    if (!NEVER.has(name)) return
    this.#options.onWrong(new Error(`${place} (${entry}) failed with ${name}: ${message}`, { cause: error }))
  }

  #acquire(
    entry: string,
    place: string,
    fault: FaultKind | undefined,
  ): { instance: Instance; isCold: boolean } {
    const idle = this.#idle.get(entry) ?? []
    const isUsable = ({ isGone, deployedAs }: Instance) => !isGone && deployedAs === this.#deployments
    const at = fault === 'cold' || fault === 'skewed' ? -1 : idle.findIndex(isUsable)
    const [instance] = at < 0 ? [] : idle.splice(at, 1)
    return instance
      ? { instance, isCold: false }
      : { instance: this.#start(entry, place, fault), isCold: true }
  }

  #release(instance: Instance): void {
    const { entry } = instance.function
    this.#idle.set(entry, [...(this.#idle.get(entry) ?? []), instance])
  }

  #start(entry: string, place: string, fault: FaultKind | undefined): Instance {
    const { world, functions, codes } = this.#options
    const fn = functions[entry]
    const code = codes.get(entry)
    if (!fn || !code) throw new Error(`there is no function ${entry}`)
    const chance = world.chance(`machine of ${place}`)
    const clockOffMs = fault === 'skewed' ? chance.pick([-1, 1]) * chance.pick(SKEWS) : 0
    return new Instance(world, fn, this.#deployments, clockOffMs, (instance) =>
      code.instantiate({
        env: fn.env,
        now: () => Math.floor(world.now + instance.clockOffMs),
        random: chance.next,
        setTimeout: (run, ms) => instance.after(ms, run),
        clearTimeout: (timer) => timer && world.cancel(timer as Coming),
        log: (level, message, error) =>
          world.say(`${entry} logs ${level} ${message}${error instanceof Error ? `: ${error.message}` : ''}`),
        ...this.#options.realm(instance),
      }),
    )
  }

  #count(label: string): number {
    const count = (this.#counts.get(label) ?? 0) + 1
    this.#counts.set(label, count)
    return count
  }
}

/** How long a frozen machine stands still, ms: past its function's time. */
export function frozenMs(world: World, { function: { timeoutSeconds } }: Instance, place: string): number {
  return timeoutSeconds * 1000 + world.chance(`frozen ${place}`).int(...FROZEN)
}

/** As the runtime writes it down: what JSON cannot say fails there. */
function answerOf(value: unknown, { clockOffMs }: Instance): Outcome {
  try {
    const text = JSON.stringify(value)
    return { payload: text === undefined ? null : JSON.parse(text), clockOffMs }
  } catch (error) {
    return { error: nameOf(error) }
  }
}

function failure(name: string, message: string): Outcome {
  return { error: { name, message } }
}

function nameOf(error: unknown): { name: string; message: string } {
  return error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: 'Error', message: String(error) }
}
