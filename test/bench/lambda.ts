import { type BatchWriteItemCommandOutput, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { Context } from 'aws-lambda'
import { connectStore, type Store } from '../../shared/store/table.ts'
import { type Engine, startEngine } from '../support/engine.ts'

/** The product's own handlers in this process, over the real local database. */

export interface World {
  engine: Engine
  store: Store
  /** A handler with adapters of its own, connected to this world's table at its first call. */
  handler<Input, Output>(entry: string): Promise<(input: Input) => Promise<Output>>
  stop(): Promise<void>
}

let instances = 0

export async function openWorld(environment: Record<string, string> = {}): Promise<World> {
  const engine = await startEngine()
  Object.assign(process.env, {
    TABLE_NAME: engine.tableName,
    AWS_ENDPOINT_URL: engine.endpoint,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    POWERTOOLS_METRICS_NAMESPACE: 'Exchequer',
    FENCE_SECONDS: '0',
    ...environment,
  })
  return {
    engine,
    store: connectStore({ tableName: engine.tableName, client: engine.client }),
    async handler(entry) {
      instances += 1
      // Handlers keep their adapters for good: another instance of the module makes its own.
      const { handler } = await import(`../../functions/${entry}.ts?${instances}`)
      return (input) => handler(input, contextOf(entry))
    },
    stop: () => engine.stop(),
  }
}

const LAMBDA_MS = 15 * 60_000

function contextOf(functionName: string): Context {
  const deadline = performance.now() + LAMBDA_MS
  return {
    functionName,
    awsRequestId: 'bench',
    getRemainingTimeInMillis: () => deadline - performance.now(),
  } as Context
}

/** What functions print goes nowhere as long as `work` runs: it is counted, for a log is paid by the byte. */
export async function silently<T>(work: () => Promise<T>): Promise<{ result: T; printedBytes: number }> {
  const { stdout } = process
  const write = stdout.write
  let printedBytes = 0
  stdout.write = ((chunk: string | Uint8Array) => {
    printedBytes += Buffer.byteLength(chunk)
    return true
  }) as typeof stdout.write
  try {
    return { result: await work(), printedBytes }
  } finally {
    stdout.write = write
  }
}

/** Units that requests took, as the database says it. */
export interface Units {
  read: number
  write: number
  requests: number
}

interface Capacity {
  CapacityUnits?: number
}

/** Counts what every request of this process takes while `work` runs. Not for timing: the answers are larger. */
export async function counting(work: () => Promise<unknown>): Promise<Units> {
  const units: Units = { read: 0, write: 0, requests: 0 }
  const prototype = DynamoDBClient.prototype
  const send = prototype.send as (command: object, ...rest: unknown[]) => Promise<unknown>
  prototype.send = async function (this: DynamoDBClient, command: object, ...rest: unknown[]) {
    const { input } = command as { input: { ReturnConsumedCapacity?: string } }
    input.ReturnConsumedCapacity = 'TOTAL'
    const answer = (await send.call(this, command, ...rest)) as BatchWriteItemCommandOutput
    const all = [(answer.ConsumedCapacity ?? []) as Capacity | Capacity[]].flat()
    const taken = all.reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0)
    units[/Get|Query|Scan/.test(command.constructor.name) ? 'read' : 'write'] += taken
    units.requests += 1
    return answer
  } as typeof prototype.send
  try {
    await work()
    return units
  } finally {
    prototype.send = send as typeof prototype.send
  }
}
