/** Runs inside a worker thread: one function's bundle, one invocation at a time. */
import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import type { FunctionError, Job, WorkerMessage, WorkerStart } from './protocol.ts'

/** Lambda's limit for an answer, in bytes. */
const MAX_RESPONSE_BYTES = 6 * 1024 * 1024 + 100

type Handler = (event: unknown, context: unknown) => unknown

const start: WorkerStart = workerData
const port = parentPort
if (port === null) throw new Error('worker.ts runs in a worker thread only')
const post = (message: WorkerMessage) => port.postMessage(message)

// As on Lambda, a warning is not an error: stderr is left to errors.
console.warn = console.log
process.setSourceMapsEnabled(true)

process.on('unhandledRejection', (reason) => {
  const error = describe(reason)
  throw Object.assign(new Error(error.errorMessage), { name: 'Runtime.UnhandledPromiseRejection' })
})

try {
  const handler = await load()
  port.on('message', (job: Job) => void run(handler, job))
  post({ kind: 'ready' })
} catch (reason) {
  post({ kind: 'initFailed', error: describe(reason) })
}

async function load(): Promise<Handler> {
  const bundle: unknown = await import(pathToFileURL(start.modulePath).href)
  const named = member(bundle, start.exportName) ?? member(member(bundle, 'default'), start.exportName)
  if (typeof named !== 'function') {
    throw Object.assign(new Error(`${start.exportName} is undefined or not exported`), {
      name: 'Runtime.HandlerNotFound',
    })
  }
  return (event, context) => named(event, context)
}

function member(holder: unknown, name: string): unknown {
  return typeof holder === 'object' && holder !== null ? Reflect.get(holder, name) : undefined
}

async function run(handler: Handler, job: Job): Promise<void> {
  try {
    const result = await handler(JSON.parse(job.event), contextOf(job))
    post({ kind: 'result', requestId: job.requestId, payload: serialize(result) })
  } catch (reason) {
    post({ kind: 'error', requestId: job.requestId, error: describe(reason) })
  }
}

function serialize(result: unknown): string {
  let payload: string
  try {
    payload = JSON.stringify(result === undefined ? null : result) ?? 'null'
  } catch (reason) {
    throw new Error(`Unable to stringify response body: ${describe(reason).errorMessage}`)
  }
  const bytes = Buffer.byteLength(payload)
  if (bytes > MAX_RESPONSE_BYTES) {
    const message = `Response payload size (${bytes} bytes) exceeded maximum allowed payload size (6291556 bytes).`
    throw Object.assign(new Error(message), { name: 'Function.ResponseSizeTooLarge' })
  }
  return payload
}

function contextOf(job: Job) {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: start.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: start.functionArn,
    memoryLimitInMB: String(start.memoryMb),
    awsRequestId: job.requestId,
    logGroupName: start.logGroupName,
    logStreamName: 'local',
    getRemainingTimeInMillis: () => Math.max(0, job.deadlineMs - Date.now()),
  }
}

function describe(reason: unknown): FunctionError {
  if (reason instanceof Error) {
    return {
      errorType: reason.name,
      errorMessage: reason.message,
      trace: (reason.stack ?? '').split('\n'),
    }
  }
  return { errorType: typeof reason, errorMessage: String(reason), trace: [] }
}
