import { randomUUID } from 'node:crypto'
import type { OnEvent } from '../host-event.ts'
import { type Access, functionArn } from '../iam/access.ts'
import type { LambdaFunction } from '../lambda/functions.ts'
import type { Pool } from '../lambda/pool.ts'
import { ServiceError } from '../service-error.ts'
import type { Resource, Stack } from '../stack/stack.ts'
import { isRecord, StartupError, textOf } from '../stack/values.ts'
import { asDefinition, asJson, type EventLog, type StateMachine } from './engine-types.ts'
import { guardDefinition, type TaskState } from './guard.ts'

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED'

/** One run of a state machine. Input and output are JSON text. */
export type Execution = {
  readonly arn: string
  readonly name: string
  readonly machineArn: string
  readonly input: string
  readonly startMs: number
  status: ExecutionStatus
  stopMs?: number
  output?: string
  error?: string
  cause?: string
}

export type Machines = {
  readonly arns: readonly string[]
  /** @throws ServiceError StateMachineDoesNotExist, InvalidExecutionInput, InvalidName, ExecutionAlreadyExists. */
  readonly start: (machineArn: string, input: string, name?: string) => Execution
  /** @throws ServiceError ExecutionDoesNotExist. */
  readonly describe: (executionArn: string) => Execution
  readonly stop: (executionArn: string, error?: string, cause?: string) => Execution
  /** Newest first. */
  readonly list: (machineArn?: string) => readonly Execution[]
  readonly history: (executionArn: string) => readonly EventLog[]
  readonly close: () => void
}

type MachineContext = {
  readonly stack: Stack
  readonly functions: readonly LambdaFunction[]
  readonly access: Access
  readonly pool: Pool
  readonly onEvent: OnEvent
}
type Machine = {
  readonly arn: string
  readonly name: string
  readonly engine: StateMachine
  readonly tasks: readonly Task[]
}
type Task = TaskState & { readonly fn: LambdaFunction }
type Run = {
  readonly execution: Execution
  readonly history: EventLog[]
  readonly stop: (as: Ending) => void
}
type Ending = {
  readonly status: ExecutionStatus
  readonly error?: string | undefined
  readonly cause?: string | undefined
}

/** Step Functions' limit for what passes between states, in bytes. */
export const MAX_STATE_BYTES = 256 * 1024
/** Executions whose steps are kept; of older ones only the result is. */
const KEPT_HISTORIES = 100
const NAME_PATTERN = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/]{1,80}$/

/**
 * Builds the template's state machines on the local engine.
 * @throws StartupError on what the engine would not run as AWS does, and on a role that may not invoke its functions.
 */
export async function createMachines(context: MachineContext): Promise<Machines> {
  const { stack, pool, onEvent } = context
  const resources = stack.resources('AWS::StepFunctions::StateMachine')
  // Loading the engine takes a third of a second: only where there is something to run.
  const machines =
    resources.length === 0 ? [] : await Promise.all(resources.map((raw) => buildMachine(raw, context)))
  const runs = new Map<string, Run>()
  const byArn = new Map(machines.map((machine) => [machine.arn, machine]))

  const runOf = (arn: string): Run => {
    const run = runs.get(arn)
    if (run === undefined)
      throw new ServiceError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`)
    return run
  }
  const start: Machines['start'] = (machineArn, input, name = randomUUID()) => {
    const machine = byArn.get(machineArn)
    if (machine === undefined) {
      throw new ServiceError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${machineArn}'`)
    }
    if (!NAME_PATTERN.test(name)) throw new ServiceError('InvalidName', `Invalid Name: '${name}'`)
    const arn = `${machineArn.replace(':stateMachine:', ':execution:')}:${name}`
    const before = runs.get(arn)?.execution
    if (before !== undefined) {
      if (before.status === 'RUNNING' && before.input === input) return before
      throw new ServiceError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`)
    }
    const parsed = parseInput(input)
    const execution: Execution = { arn, name, machineArn, input, startMs: Date.now(), status: 'RUNNING' }
    const run = runExecution(machine, execution, parsed, pool, onEvent)
    runs.set(arn, run)
    const old = [...runs.values()].at(-KEPT_HISTORIES - 1)
    if (old !== undefined && old.execution.status !== 'RUNNING') old.history.length = 0
    return execution
  }

  return {
    arns: machines.map(({ arn }) => arn),
    start,
    describe: (arn) => runOf(arn).execution,
    history: (arn) => runOf(arn).history,
    stop: (arn, error, cause) => {
      const run = runOf(arn)
      run.stop({ status: 'ABORTED', error, cause })
      return run.execution
    },
    list: (machineArn) =>
      [...runs.values()]
        .map(({ execution }) => execution)
        .filter((execution) => machineArn === undefined || execution.machineArn === machineArn)
        .reverse(),
    close: () => {
      for (const { execution, stop } of runs.values()) {
        if (execution.status === 'RUNNING') stop({ status: 'ABORTED', cause: 'The local host was closed' })
      }
    },
  }
}

async function buildMachine(resource: Resource, context: MachineContext): Promise<Machine> {
  const { stack, functions, access } = context
  const { logicalId, name, properties } = resource
  const arn = stack.arn(resource)
  const roleArn = textOf(properties, 'RoleArn', logicalId)
  access.requireTrust(roleArn, 'states.amazonaws.com', arn)
  if (properties.StateMachineType === 'EXPRESS')
    throw new StartupError(`${logicalId}: only STANDARD runs here`)
  const given: unknown =
    properties.Definition ?? JSON.parse(textOf(properties, 'DefinitionString', logicalId))
  if (!isRecord(given)) throw new StartupError(`${logicalId}: its definition is not an object`)
  const { definition, tasks } = guardDefinition(given, logicalId)
  const resolved = tasks.map((task) => {
    const target = functionArn(task.functionRef, stack)
    const fn = functions.find((item) => item.arn === target)
    if (fn === undefined)
      throw new StartupError(`${logicalId} state ${task.stateName}: no function ${target}`)
    access.requireGrant(roleArn, 'lambda:InvokeFunction', target, `${logicalId} state ${task.stateName}`)
    return { ...task, fn }
  })
  const { StateMachine } = await import('aws-local-stepfunctions')
  try {
    return { arn, name, engine: new StateMachine(asDefinition(definition)), tasks: resolved }
  } catch (error) {
    throw new StartupError(`${logicalId}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function runExecution(
  machine: Machine,
  execution: Execution,
  input: unknown,
  pool: Pool,
  onEvent: OnEvent,
): Run {
  const history: EventLog[] = []
  let forced: Ending | undefined
  const handlers = machine.tasks.map((task) => {
    const handler = async (payload: unknown) => {
      if (execution.status !== 'RUNNING') throw named('States.Aborted', 'The execution has ended')
      return runTask(task, payload, pool)
    }
    return [task.stateName, handler] as const
  })
  const running = machine.engine.run(asJson(input), {
    overrides: { taskResourceLocalHandlers: Object.fromEntries(handlers) },
    context: {
      Execution: { Id: execution.arn, Name: execution.name },
      StateMachine: { Id: machine.arn, Name: machine.name },
    },
  })
  const finish = (ending: Ending, output?: unknown) => {
    if (execution.status !== 'RUNNING') return
    execution.status = ending.status
    execution.stopMs = Date.now()
    if (ending.error !== undefined) execution.error = ending.error
    if (ending.cause !== undefined) execution.cause = ending.cause
    if (output !== undefined) execution.output = JSON.stringify(output)
    const cause = [ending.error, ending.cause].filter((text) => text !== undefined).join(': ')
    onEvent({
      type: 'execution',
      name: execution.name,
      status: ending.status,
      ...(cause === '' ? {} : { cause }),
    })
  }
  const stop = (ending: Ending) => {
    forced = ending
    finish(ending)
    running.abort()
  }
  running.result.then(
    (output) => finish({ status: 'SUCCEEDED' }, output),
    (error: unknown) => finish(forced ?? endingOf(error)),
  )
  void follow(running.eventLogs, history, stop)
  onEvent({ type: 'execution', name: execution.name, status: 'RUNNING' })
  return { execution, history, stop }
}

/** Keeps the steps, and holds what every state gives on to the limit that the engine does not know. */
async function follow(logs: AsyncIterable<EventLog>, history: EventLog[], stop: Run['stop']): Promise<void> {
  for await (const event of logs) {
    history.push(event)
    if (event.type !== 'StateExited' || !('state' in event)) continue
    const bytes = Buffer.byteLength(JSON.stringify(event.state.output ?? null))
    if (bytes > MAX_STATE_BYTES)
      stop({ status: 'FAILED', ...tooLarge(`The output of state ${event.state.name}`, bytes) })
  }
}

async function runTask({ fn, wrapped, stateName }: Task, input: unknown, pool: Pool) {
  const payload = JSON.stringify((wrapped && isRecord(input) ? input.Payload : input) ?? {})
  requireSize(`The input of state ${stateName}`, payload)
  let outcome: Awaited<ReturnType<Pool['invoke']>>
  try {
    outcome = await pool.invoke(fn, payload, { priority: 'background', whenReserved: 'throttle' })
  } catch (error) {
    if (error instanceof ServiceError) throw named(`Lambda.${error.code}`, error.message)
    throw error
  }
  if (outcome.error !== undefined) throw named(outcome.error.errorType, outcome.payload)
  requireSize(`The result of state ${stateName}`, outcome.payload)
  const result = JSON.parse(outcome.payload)
  return wrapped ? { ExecutedVersion: '$LATEST', Payload: result, StatusCode: 200 } : result
}

function requireSize(what: string, json: string): void {
  const bytes = Buffer.byteLength(json)
  if (bytes <= MAX_STATE_BYTES) return
  const { error, cause } = tooLarge(what, bytes)
  throw named(error, cause)
}

function tooLarge(what: string, bytes: number) {
  return {
    error: 'States.DataLimitExceeded',
    cause: `${what} has ${bytes} bytes; at most ${MAX_STATE_BYTES} pass`,
  }
}

/** An error as the engine's Retry and Catch read it: the name is the ASL error, the message the cause. */
function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name })
}

function endingOf(error: unknown): Ending {
  if (!(error instanceof Error)) return { status: 'FAILED', error: 'States.Runtime', cause: String(error) }
  if (error.name === 'ExecutionTimeoutError') return { status: 'TIMED_OUT', error: 'States.Timeout' }
  if (error.name === 'ExecutionAbortedError') return { status: 'ABORTED' }
  const reason = error.cause instanceof Error ? error.cause : error
  return { status: 'FAILED', error: reason.name, cause: reason.message }
}

function parseInput(input: string): unknown {
  if (Buffer.byteLength(input) > MAX_STATE_BYTES) {
    throw new ServiceError('InvalidExecutionInput', `The input is larger than ${MAX_STATE_BYTES} bytes`)
  }
  try {
    return JSON.parse(input)
  } catch (error) {
    throw new ServiceError(
      'InvalidExecutionInput',
      `Invalid State Machine Execution Input: '${String(error)}'`,
    )
  }
}
