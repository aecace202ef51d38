import { ExecutionAlreadyExists, ExecutionDoesNotExist } from '@aws-sdk/client-sfn'
import type { Faults } from '../world/faults.ts'
import type { World } from '../world/world.ts'
import type { Definition, State } from './deployment.ts'
import type { Lambda } from './lambda.ts'
import { named, type Sent } from './sdk.ts'

type Json = Record<string, unknown>

export interface Execution {
  name: string
  machine: string
  input: string
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED' | 'TIMED_OUT'
  error?: string
}

/** Step Functions' limit for what passes between states, bytes. */
const MOST_BYTES = 256 * 1024

/** Fields of states that are understood; any other would be something that the simulation leaves out. */
const KNOWN: Record<string, string[]> = {
  Task: ['Resource', 'TimeoutSeconds', 'ResultPath', 'Retry', 'Catch'],
  Map: ['ItemsPath', 'ItemProcessor', 'MaxConcurrency', 'ResultPath', 'Catch'],
  Wait: ['SecondsPath'],
  Choice: ['Choices', 'Default'],
  Pass: ['Result', 'ResultPath'],
  Succeed: [],
  Fail: ['Error', 'Cause', 'ErrorPath', 'CausePath'],
}

/** An error as Retry and Catch see it. */
class StateError extends Error {
  readonly error: string
  constructor(error: string, cause: string) {
    super(cause)
    this.error = error
  }
}

/** Ends an iteration or an execution that is no longer wanted. */
class Cancelled extends Error {}

/** Whether what runs is still wanted. */
interface Scope {
  execution: Execution
  isCancelled: () => boolean
}

/** Runs the template's own state machines: exactly the states they are made of, and nothing else. */
export class Machines {
  readonly executions = new Map<string, Execution>()
  readonly #world: World
  readonly #faults: Faults
  readonly #lambda: Lambda
  readonly #definitions: Record<string, Definition>
  readonly #counts = new Map<string, number>()

  constructor(world: World, faults: Faults, lambda: Lambda, definitions: Record<string, Definition>) {
    this.#world = world
    this.#faults = faults
    this.#lambda = lambda
    this.#definitions = definitions
  }

  /** StartExecution and DescribeExecution. */
  async serve({ operation, input, place }: Sent): Promise<unknown> {
    this.#world.say(`${place} ${input.name ?? input.executionArn}`)
    const startDate = new Date(this.#world.now)
    if (operation === 'StartExecution') {
      this.start(input.stateMachineArn, input.name, input.input)
      return { executionArn: executionArn(input.stateMachineArn, input.name), startDate }
    }
    if (operation !== 'DescribeExecution') throw named('NotSimulated', `the operation ${operation}`)
    const execution = this.executions.get(input.executionArn)
    if (!execution) throw new ExecutionDoesNotExist({ message: input.executionArn, $metadata: {} })
    return { ...execution, startDate }
  }

  start(machine: string, name: string, input: string): Execution {
    const definition = this.#definitions[machine]
    if (!definition) throw named('StateMachineDoesNotExist', machine)
    const arn = executionArn(machine, name)
    const known = this.executions.get(arn)
    if (known?.status === 'RUNNING' && known.input === input) return known
    if (known)
      throw new ExecutionAlreadyExists({ message: `Execution Already Exists: '${arn}'`, $metadata: {} })
    const execution: Execution = { name, machine, input, status: 'RUNNING' }
    this.executions.set(arn, execution)
    void this.#run(definition, execution)
    return execution
  }

  async #run(definition: Definition, execution: Execution): Promise<void> {
    const { name } = execution
    const end = (status: Execution['status'], error?: string): void => {
      if (execution.status !== 'RUNNING') return
      Object.assign(execution, { status, ...(error && { error }) })
      this.#world.say(`execution ${name} ${status}${error ? `: ${error}` : ''}`)
    }
    if (definition.TimeoutSeconds)
      this.#world.after(definition.TimeoutSeconds * 1000, () => end('TIMED_OUT', 'States.Timeout'))
    const scope: Scope = { execution, isCancelled: () => execution.status !== 'RUNNING' }
    try {
      await this.#states(definition, JSON.parse(execution.input), scope)
      end('SUCCEEDED')
    } catch (error) {
      if (error instanceof StateError) end('FAILED', `${error.error}: ${error.message}`)
      else if (error instanceof Cancelled) end('ABORTED')
      else this.#world.fail(error as Error)
    }
  }

  /** Runs states until one ends. */
  async #states({ StartAt, States }: Definition, input: unknown, scope: Scope): Promise<unknown> {
    let [name, value] = [StartAt, input]
    for (;;) {
      const state = States[name]
      if (!state) throw named('NotSimulated', `a state ${name}`)
      this.#meet(name, scope)
      const done = await this.#state(name, state, value, scope)
      if (scope.isCancelled()) throw new Cancelled()
      requireSize(name, done.value)
      if (done.next === undefined) return done.value
      name = done.next
      value = done.value
    }
  }

  /** Where an execution may be ended from outside. */
  #meet(name: string, { execution }: Scope): void {
    const label = `${execution.name} ${name}`
    const count = (this.#counts.get(label) ?? 0) + 1
    this.#counts.set(label, count)
    const place = `${label}#${count}`
    const fault = this.#faults.at(place, ['abort', 'deploy'], this.#isIdle(execution))
    if (fault === 'deploy') this.#lambda.deploy()
    if (fault === 'abort') throw new Cancelled()
  }

  /** What settles an era has been started for it; what pays out comes every minute, and mostly finds nothing. */
  #isIdle({ name }: Execution): boolean {
    if (name.startsWith('era-')) return false
    return ['payouts/request', 'payouts/release'].every((entry) => this.#lambda.findsNothing(entry, {}))
  }

  async #state(
    name: string,
    state: State,
    input: unknown,
    scope: Scope,
  ): Promise<{ value: unknown; next?: string | undefined }> {
    requireKnown(name, state)
    const next: string | undefined = state.Next
    switch (state.Type) {
      case 'Task':
      case 'Map':
        return this.#caught(state, input, async () => {
          const work = state.Type === 'Task' ? this.#task : this.#map
          return {
            value: placed(state.ResultPath, input, await work.call(this, name, state, input, scope)),
            next,
          }
        })
      case 'Wait':
        await this.#world.sleep(Number(at(state.SecondsPath, input)) * 1000)
        return { value: input, next }
      case 'Choice':
        return {
          value: input,
          next: state.Choices.find((choice: State) => isChosen(choice, input))?.Next ?? state.Default,
        }
      case 'Pass':
        return { value: placed(state.ResultPath, input, state.Result ?? input), next }
      case 'Succeed':
        return { value: input }
      default:
        throw new StateError(
          String(state.Error ?? at(state.ErrorPath, input)),
          String(state.Cause ?? at(state.CausePath, input)),
        )
    }
  }

  async #caught<T extends { value: unknown; next?: string | undefined }>(
    { Catch = [] }: State,
    input: unknown,
    work: () => Promise<T>,
  ): Promise<T | { value: unknown; next: string }> {
    try {
      return await work()
    } catch (thrown) {
      if (!(thrown instanceof StateError)) throw thrown
      const { error, message } = thrown
      const catcher = Catch.find(({ ErrorEquals }: State) => matches(ErrorEquals, error))
      if (!catcher) throw thrown
      return {
        value: placed(catcher.ResultPath, input, { Error: error, Cause: message }),
        next: catcher.Next,
      }
    }
  }

  async #task(_name: string, { Resource, Retry = [], TimeoutSeconds }: State, input: unknown, scope: Scope) {
    const entry = String(Resource)
    const tried = new Map<State, number>()
    for (;;) {
      if (scope.isCancelled()) throw new Cancelled()
      const outcome = await this.#inTime(
        this.#lambda.invoke(entry, input, labelOf(entry, input)),
        TimeoutSeconds * 1000,
      )
      if ('payload' in outcome) return outcome.payload
      const { error } = outcome
      const retrier = Retry.find(({ ErrorEquals }: State) => matches(ErrorEquals, error.name))
      const count = tried.get(retrier) ?? 0
      if (!retrier || count >= (retrier.MaxAttempts ?? 3)) throw new StateError(error.name, error.message)
      tried.set(retrier, count + 1)
      const seconds = Math.min(
        (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** count,
        retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY,
      )
      const part =
        retrier.JitterStrategy === 'FULL'
          ? this.#world.chance(`${scope.execution.name} ${labelOf(entry, input)} ${count}`).next()
          : 1
      await this.#world.sleep(seconds * part * 1000)
    }
  }

  async #inTime<T>(
    work: Promise<T>,
    timeoutMs: number,
  ): Promise<T | { error: { name: string; message: string } }> {
    return new Promise((resolve) => {
      const timer = this.#world.after(timeoutMs, () =>
        resolve({ error: { name: 'States.Timeout', message: 'the task took too long' } }),
      )
      void work.then((value) => {
        this.#world.cancel(timer)
        resolve(value)
      })
    })
  }

  async #map(
    name: string,
    { ItemsPath, ItemProcessor, MaxConcurrency }: State,
    input: unknown,
    scope: Scope,
  ) {
    if ((ItemProcessor.ProcessorConfig?.Mode ?? 'INLINE') !== 'INLINE')
      throw named('NotSimulated', `the Map ${name} is not inline`)
    const items = at(ItemsPath, input) as unknown[]
    const results = new Array(items.length)
    let hasFailed = false
    const own: Scope = { ...scope, isCancelled: () => hasFailed || scope.isCancelled() }
    let next = 0
    const worker = async (): Promise<void> => {
      while (next < items.length) {
        const index = next
        next += 1
        results[index] = await this.#states(ItemProcessor, items[index], own)
      }
    }
    try {
      await Promise.all(Array.from({ length: Math.min(MaxConcurrency, items.length) }, worker))
    } catch (error) {
      // The iterations beside it end, their functions go on.
      hasFailed = true
      throw error
    }
    return results
  }
}

function executionArn(machine: string, name: string): string {
  return `${machine.replace(':stateMachine:', ':execution:')}:${name}`
}

/** What a step is about: the same for each time that it is tried. */
function labelOf(entry: string, input: unknown): string {
  const about = ['era', 'shard', 'partition', 'after'].map((key) => (input as Json)[key])
  return [entry.split('/')[1], ...about.filter((value) => value !== undefined)].join(' ')
}

function matches(errors: string[], error: string): boolean {
  return errors.some(
    (name) =>
      name === error || name === 'States.ALL' || (name === 'States.TaskFailed' && error !== 'States.Timeout'),
  )
}

/** The value at `$.name`. */
function at(path: string, value: unknown): unknown {
  const found = path
    .split('.')
    .slice(1)
    .reduce<unknown>((part, key) => (part as Json | undefined)?.[key], value)
  if (found === undefined || !path.startsWith('$.'))
    throw new StateError('States.Runtime', `no ${path} in the input`)
  return found
}

/** What a state gives on: its result, its input, or its input with the result in it. */
function placed(path: string | null | undefined, input: unknown, result: unknown): unknown {
  if (path === null) return input
  if (path === undefined || path === '$') return result
  const [, key] = /^\$\.(\w+)$/.exec(path) ?? []
  if (key === undefined) throw named('NotSimulated', `the ResultPath ${path}`)
  return { ...(input as Json), [key]: result }
}

function isChosen({ Variable, Next: _, ...test }: State, input: unknown): boolean {
  const value = at(Variable, input)
  const [[operator, wanted] = []] = Object.entries(test)
  if (operator === 'BooleanEquals') return value === wanted
  if (operator === 'NumericGreaterThan') return (value as number) > (wanted as number)
  throw named('NotSimulated', `the choice ${operator}`)
}

function requireKnown(name: string, { Type, ...state }: State): void {
  const known = ['Next', 'End', 'Comment', ...(KNOWN[Type] ?? [])]
  const other = Object.keys(state).find((key) => !known.includes(key))
  if (!KNOWN[Type] || other) throw named('NotSimulated', `the state ${name}: ${Type} with ${other}`)
}

function requireSize(name: string, value: unknown): void {
  const bytes = Buffer.byteLength(JSON.stringify(value ?? null))
  if (bytes > MOST_BYTES) throw new StateError('States.DataLimitExceeded', `${name} gives on ${bytes} bytes`)
}
