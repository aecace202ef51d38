import { randomUUID } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import type { LambdaFunction } from './functions.ts'
import { type LogSink, lineSplitter } from './logs.ts'
import type { FunctionError, Job, WorkerMessage, WorkerStart } from './protocol.ts'

/** What became of an invocation; `payload` is JSON text, the function's answer or its error. */
export type Outcome = {
  readonly payload: string
  readonly error?: FunctionError
  /** Time the function had the worker, ms. */
  readonly durationMs: number
}

/** One worker thread with one function's bundle. */
export type Instance = {
  /** Runs one invocation; the caller gives the next only after the last has settled. Never rejects. */
  readonly run: (event: string) => Promise<Outcome>
  /** False once the thread has ended; such an instance must not be used again. */
  readonly alive: () => boolean
  readonly close: () => Promise<void>
}

/** Time a bundle has to load, ms (Lambda's own limit). */
const INIT_TIMEOUT_MS = 10_000
const WORKER = new URL('./worker.ts', import.meta.url)

export function startInstance(fn: LambdaFunction, env: Record<string, string>, logs: LogSink): Instance {
  const workerData: WorkerStart = {
    modulePath: fn.modulePath,
    exportName: fn.exportName,
    functionName: fn.name,
    functionArn: fn.arn,
    memoryMb: fn.memoryMb,
    logGroupName: fn.logGroupName,
  }
  const worker = new Worker(WORKER, {
    workerData,
    env,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    resourceLimits: { maxOldGenerationSizeMb: fn.memoryMb },
    stdout: true,
    stderr: true,
  })
  for (const stream of ['stdout', 'stderr'] as const) {
    const split = lineSplitter((line) => logs.write(fn.name, stream, line))
    worker[stream].setEncoding('utf8').on('data', split)
  }

  let alive = true
  let ready = false
  let initError: FunctionError | undefined
  let settle: ((result: { payload: string; error?: FunctionError }) => void) | undefined
  let fatal: FunctionError | undefined
  let begin: (() => void) | undefined

  const end = (error: FunctionError) => {
    alive = false
    fatal ??= error
    settle?.({ payload: JSON.stringify(fatal), error: fatal })
  }
  worker.on('message', (message: WorkerMessage) => {
    switch (message.kind) {
      case 'ready':
        ready = true
        begin?.()
        break
      case 'initFailed':
        initError = message.error
        end(message.error)
        void worker.terminate()
        break
      case 'result':
        settle?.({ payload: message.payload })
        break
      case 'error':
        settle?.({ payload: JSON.stringify(message.error), error: message.error })
        break
    }
  })
  worker.on('error', (error) => end(crash(error)))
  worker.on('exit', (code) => {
    end({
      errorType: 'Runtime.ExitError',
      errorMessage: `Runtime exited without providing a reason: code ${code}`,
    })
  })

  const run = async (event: string): Promise<Outcome> => {
    const requestId = randomUUID()
    let startedMs = Date.now()
    let timer: NodeJS.Timeout | undefined
    const result = await new Promise<{ payload: string; error?: FunctionError }>((resolve) => {
      settle = resolve
      const expire = (ms: number, error: FunctionError) => {
        timer = setTimeout(() => {
          end(error)
          void worker.terminate()
        }, ms)
      }
      begin = () => {
        clearTimeout(timer)
        startedMs = Date.now()
        const job: Job = { requestId, event, deadlineMs: startedMs + fn.timeoutMs }
        const seconds = (fn.timeoutMs / 1000).toFixed(2)
        expire(fn.timeoutMs, {
          errorType: 'Sandbox.Timedout',
          errorMessage: `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`,
        })
        worker.postMessage(job)
      }
      if (fatal !== undefined) end(fatal)
      else if (ready) begin()
      else {
        const message = 'The bundle did not load in 10 s'
        expire(INIT_TIMEOUT_MS, { errorType: 'Sandbox.Timedout', errorMessage: message })
      }
    })
    clearTimeout(timer)
    settle = undefined
    begin = undefined
    if (initError !== undefined) logs.write(fn.name, 'stderr', (initError.trace ?? []).join(' | '))
    return { ...result, durationMs: Date.now() - startedMs }
  }

  return {
    run,
    alive: () => alive,
    close: async () => {
      alive = false
      await worker.terminate()
    },
  }
}

function crash(error: unknown): FunctionError {
  if (!(error instanceof Error)) return { errorType: 'Runtime.ExitError', errorMessage: String(error) }
  if ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return { errorType: 'Runtime.OutOfMemory', errorMessage: 'Runtime exited with error: signal: killed' }
  }
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') }
}
