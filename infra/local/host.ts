import { join } from 'node:path'
import { createDispatch } from './api/dispatch.ts'
import { createHttpApi } from './api/http-api.ts'
import { createIssuer, type TokenClaims } from './api/issuer.ts'
import { listen } from './api/server.ts'
import { claimDataDir } from './engine/data-dir.ts'
import { startEngine } from './engine/engine.ts'
import { createProxy } from './engine/proxy.ts'
import { createTables } from './engine/tables.ts'
import { createBuses } from './events/bus.ts'
import type { HostEvent } from './host-event.ts'
import { readAccess, type Use } from './iam/access.ts'
import { createInvokeApi } from './lambda/api.ts'
import { environmentOf, readFunctions } from './lambda/functions.ts'
import { createLater } from './lambda/later.ts'
import { createLogSink } from './lambda/logs.ts'
import { createPool } from './lambda/pool.ts'
import type { FunctionError } from './lambda/protocol.ts'
import { createQueueApi } from './queues/api.ts'
import type { Depth } from './queues/queue.ts'
import { createQueues } from './queues/queues.ts'
import { type SourceMapping, startMappings } from './queues/source-mapping.ts'
import { createSchedules } from './schedules/schedules.ts'
import { readAssembly } from './stack/assembly.ts'
import { openStack } from './stack/stack.ts'
import { StartupError } from './stack/values.ts'
import { createStatesApi } from './states/api.ts'
import { createMachines, type Execution } from './states/machines.ts'

export type HostOptions = {
  /** Cloud assembly of one stack (cdk.out). */
  readonly outdir: string
  /** Port on 127.0.0.1; PORT of the environment or 4610 by default, 0 for any free one. */
  readonly port?: number | undefined
  /** Folder for the database file and the issuer's key; without it both are in memory. */
  readonly dataDir?: string | undefined
  /** Whether the template's schedules fire; they do by default. */
  readonly schedules?: boolean | undefined
  /** Values of template parameters, over their defaults. JwtIssuer is the host's own unless given. */
  readonly parameters?: Readonly<Record<string, string>> | undefined
  /** Prints everything functions print, not only errors. */
  readonly verbose?: boolean | undefined
  /** Where log lines go; stderr by default. */
  readonly print?: ((line: string) => void) | undefined
  readonly onEvent?: ((event: HostEvent) => void) | undefined
}

export type Host = {
  /** http://127.0.0.1:<port>, without a slash at the end: the HTTP API, and the endpoint of every AWS service. */
  readonly url: string
  readonly stackName: string
  readonly region: string
  readonly outputs: Readonly<Record<string, string>>
  /** Process id of the database engine, when the host started it. */
  readonly enginePid: number | undefined
  /** Messages visible, in flight or delayed in all queues that are no dead-letter queue. */
  readonly queueDepth: () => number
  /** Depth of each queue by name, dead-letter queues as well. */
  readonly queues: () => Readonly<Record<string, Depth>>
  /** Resolves when queueDepth is 0 and no batch is being worked on. */
  readonly drained: () => Promise<void>
  /**
   * Invokes a function and gives what it returned.
   * @throws InvocationError with the function's own error.
   */
  readonly invoke: (functionNameOrId: string, payload?: unknown) => Promise<unknown>
  /** Executions of the state machines, newest first. */
  readonly executions: () => readonly Execution[]
  /** A token of the local issuer with these claims; `expiresInS` 3600 by default. */
  readonly signToken: (claims: TokenClaims, expiresInS?: number) => Promise<string>
  /** What the template's roles were let do so far: what they are granted beyond that, nothing has needed. */
  readonly uses: () => readonly Use[]
  /** The last lines functions printed. */
  readonly recentLogs: () => readonly string[]
  /** Stops intake, gives running invocations three seconds, and ends workers and engine. */
  readonly close: () => Promise<void>
}

/** A function's error, as `host.invoke` throws it. */
export class InvocationError extends Error {
  override readonly name = 'InvocationError'
  readonly errorType: string

  constructor(functionName: string, { errorType, errorMessage }: FunctionError) {
    super(`${functionName}: ${errorType}: ${errorMessage}`)
    this.errorType = errorType
  }
}

export const DEFAULT_PORT = 4610
const PLACE = { region: 'us-east-1', account: '000000000000', partition: 'aws' }
const GRACE_MS = 3_000
const ISSUER_PARAMETER = 'JwtIssuer'

/**
 * Runs a synthesized template on this machine. Sets the process's time zone to UTC, as on Lambda.
 * @throws StartupError on anything in the template the host cannot honour; PortTakenError.
 */
export async function startHost(options: HostOptions): Promise<Host> {
  process.env.TZ = 'UTC'
  const undo: (() => Promise<void> | void)[] = []
  try {
    return await start(options, undo)
  } catch (error) {
    for (const step of undo.reverse()) await step()
    throw error
  }
}

async function start(options: HostOptions, undo: (() => Promise<void> | void)[]): Promise<Host> {
  const { dataDir } = options
  const print = options.print ?? ((line: string) => void process.stderr.write(`${line}\n`))
  const onEvent = (event: HostEvent) => {
    if (event.type === 'problem') print(`local host: ${event.message}`)
    options.onEvent?.(event)
  }
  const onProblem = (message: string) => onEvent({ type: 'problem', message })
  const assembly = readAssembly(options.outdir)
  const releaseDataDir = dataDir === undefined ? () => {} : claimDataDir(dataDir)
  undo.push(releaseDataDir)

  const server = await listen(options.port ?? Number(process.env.PORT ?? DEFAULT_PORT), onProblem)
  undo.push(server.close)
  const url = `http://127.0.0.1:${server.port}`
  const engineStarting = startEngine({
    file: dataDir === undefined ? undefined : join(dataDir, 'dynamodb.sqlite'),
    onExit: (reason) => onProblem(`the database engine ended: ${reason}`),
  })
  undo.push(() => engineStarting.then((engine) => engine.close()).catch(() => {}))

  const stack = openStack(assembly, {
    hostUrl: url,
    place: PLACE,
    parameters: { [ISSUER_PARAMETER]: `${url}/issuer`, ...options.parameters },
  })
  const access = readAccess(stack)
  const functions = readFunctions(assembly, stack)
  for (const fn of functions) access.requireTrust(fn.roleArn, 'lambda.amazonaws.com', fn.arn)
  const logs = createLogSink({ verbose: options.verbose ?? false, print, onEvent })
  const pool = createPool((fn) => environmentOf(fn, stack), logs, onEvent)
  undo.push(() => pool.close(0))
  const queues = createQueues(stack, onEvent)
  const later = createLater(stack, queues, pool, onEvent)
  const buses = createBuses({ stack, queues, functions, access, invokeLater: later.invoke, onEvent })
  const machines = await createMachines({ stack, functions, access, pool, onEvent })
  const schedules = createSchedules({ stack, functions, machines, access, later, onEvent })
  const issuer = await createIssuer(
    `${url}/issuer`,
    () => http.audiences[0] ?? stack.name,
    dataDir === undefined ? undefined : join(dataDir, 'issuer-key.json'),
  )
  const http = createHttpApi({ stack, functions, access, pool, issuer })
  const outputs = stack.outputs()

  const engine = await engineStarting
  await createTables(stack, engine)
  const dynamo = createProxy(engine, access, stack.place)
  undo.push(dynamo.close)
  const callers = new Map(
    functions.map(
      ({ accessKeyId, name, roleArn }) => [accessKeyId, { functionName: name, roleArn }] as const,
    ),
  )
  server.serve(
    createDispatch({
      stack,
      access,
      dynamo,
      buses,
      queues: createQueueApi(queues, access),
      states: createStatesApi(machines, access),
      invoke: createInvokeApi(stack, functions, access, pool, later),
      http,
      issuer,
      callerOf: (accessKeyId) => callers.get(accessKeyId),
      onDenied: (functionName, message) => {
        logs.write(functionName, 'stderr', message)
        onEvent({ type: 'denied', functionName, message })
      },
    }),
  )
  const mappings = startMappings({ stack, queues, functions, access, pool, onEvent })
  if (options.schedules ?? true) schedules.start()

  let closing: Promise<void> | undefined
  const close = async () => {
    schedules.stop()
    later.close()
    for (const mapping of mappings) mapping.stop()
    machines.close()
    await pool.close(GRACE_MS)
    queues.close()
    await server.close()
    dynamo.close()
    await engine.close()
    releaseDataDir()
  }
  const queueDepth = () => {
    const depths = queues.sources.map((queue) => queue.depth())
    return depths.reduce((sum, { visible, inFlight, delayed }) => sum + visible + inFlight + delayed, 0)
  }

  return {
    url,
    stackName: stack.name,
    region: stack.place.region,
    outputs,
    enginePid: engine.pid,
    queueDepth,
    queues: () => Object.fromEntries(queues.all.map((queue) => [queue.settings.name, queue.depth()])),
    drained: () => untilDrained(queueDepth, mappings),
    invoke: async (functionNameOrId, payload = {}) => {
      const fn = functions.find(({ name, logicalId }) => [name, logicalId].includes(functionNameOrId))
      if (fn === undefined) throw new StartupError(`No function ${functionNameOrId} in the template`)
      const event = JSON.stringify(payload)
      const outcome = await pool.invoke(fn, event, { priority: 'urgent', whenReserved: 'wait' })
      if (outcome.error !== undefined) throw new InvocationError(fn.name, outcome.error)
      return JSON.parse(outcome.payload)
    },
    executions: () => machines.list(),
    signToken: issuer.sign,
    uses: access.uses,
    recentLogs: logs.recent,
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

const DRAIN_POLL_MS = 10

async function untilDrained(depth: () => number, mappings: readonly SourceMapping[]): Promise<void> {
  while (depth() > 0 || mappings.some((mapping) => mapping.running() > 0)) {
    await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS))
  }
}
