import { availableParallelism } from 'node:os'
import type { OnEvent } from '../host-event.ts'
import { ServiceError } from '../service-error.ts'
import type { LambdaFunction } from './functions.ts'
import { type Instance, type Outcome, startInstance } from './instance.ts'
import type { LogSink } from './logs.ts'

export type InvokeMode = {
  /**
   * `urgent`: a caller waits (API, SDK). `background`: queues, schedules, the state machine.
   * `nested`: the caller is itself a function that holds a place, so it must not wait for another.
   */
  readonly priority: 'urgent' | 'background' | 'nested'
  /** At the function's reserved concurrency: answer 429 as Lambda does, or wait for a free place. */
  readonly whenReserved: 'throttle' | 'wait'
}

/** Runs invocations on worker threads, reusing idle ones. */
export type Pool = {
  /**
   * Errors of the function come as `Outcome.error`.
   * @throws ServiceError TooManyRequestsException at the reserved concurrency, when asked to throttle.
   */
  readonly invoke: (fn: LambdaFunction, event: string, mode: InvokeMode) => Promise<Outcome>
  readonly running: () => number
  /** Refuses new work, gives running invocations the grace to finish, then ends all threads. */
  readonly close: (graceMs: number) => Promise<void>
}

type Waiting = {
  readonly fn: LambdaFunction
  readonly event: string
  readonly mode: InvokeMode
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (reason: ServiceError) => void
}
type Place = { running: number; readonly idle: { readonly instance: Instance; sinceMs: number }[] }

/** Invocations at a time over all functions, besides nested ones. */
const MAX_RUNNING = Math.max(4, availableParallelism() * 2)
/** A worker costs about 30 MB: those unused so long go, but each function keeps one. */
const IDLE_MS = 60_000

export function createPool(
  environment: (fn: LambdaFunction) => Record<string, string>,
  logs: LogSink,
  onEvent: OnEvent,
): Pool {
  const places = new Map<string, Place>()
  const urgent: Waiting[] = []
  const background: Waiting[] = []
  const live = new Set<Instance>()
  let counted = 0
  let total = 0
  let closed = false
  let onQuiet: (() => void) | undefined

  const placeOf = (fn: LambdaFunction): Place => {
    const known = places.get(fn.name)
    if (known !== undefined) return known
    const place: Place = { running: 0, idle: [] }
    places.set(fn.name, place)
    return place
  }
  const mayStart = ({ fn, mode }: Waiting) =>
    (mode.priority === 'nested' || counted < MAX_RUNNING) &&
    (fn.reserved === undefined || placeOf(fn).running < fn.reserved)

  const start = async (job: Waiting): Promise<void> => {
    const place = placeOf(job.fn)
    const takesPlace = job.mode.priority !== 'nested'
    place.running++
    total++
    if (takesPlace) counted++
    let instance = place.idle.pop()?.instance
    if (instance === undefined || !instance.alive()) {
      instance = startInstance(job.fn, environment(job.fn), logs)
      live.add(instance)
    }
    const outcome = await instance.run(job.event)
    place.running--
    total--
    if (takesPlace) counted--
    if (instance.alive()) place.idle.push({ instance, sinceMs: Date.now() })
    else live.delete(instance)
    report(job.fn, outcome)
    job.resolve(outcome)
    drain()
    if (total === 0) onQuiet?.()
  }

  const report = (fn: LambdaFunction, { durationMs, error }: Outcome) => {
    if (error === undefined) {
      onEvent({ type: 'invocation', functionName: fn.name, durationMs })
      return
    }
    logs.write(fn.name, 'stderr', `${error.errorType}: ${error.errorMessage}`)
    onEvent({ type: 'invocation', functionName: fn.name, durationMs, errorType: error.errorType })
  }

  const drain = () => {
    for (const queue of [urgent, background]) {
      for (let at = 0; at < queue.length; ) {
        const job = queue[at]
        if (job === undefined) break
        if (mayStart(job)) {
          queue.splice(at, 1)
          void start(job)
        } else at++
      }
    }
  }

  const reaper = setInterval(() => {
    for (const { idle } of places.values()) {
      while (idle.length > 1 && (idle[0]?.sinceMs ?? 0) < Date.now() - IDLE_MS) {
        const old = idle.shift()
        if (old === undefined) break
        live.delete(old.instance)
        void old.instance.close()
      }
    }
  }, IDLE_MS / 4)
  reaper.unref()

  return {
    running: () => total,
    invoke: (fn, event, mode) =>
      new Promise((resolve, reject) => {
        if (closed) {
          reject(new ServiceError('ServiceException', 'The local host is closing', 503))
          return
        }
        const job: Waiting = { fn, event, mode, resolve, reject }
        if (mayStart(job)) {
          void start(job)
          return
        }
        const full = fn.reserved !== undefined && placeOf(fn).running >= fn.reserved
        if (full && mode.whenReserved === 'throttle') {
          reject(
            new ServiceError('TooManyRequestsException', `Rate Exceeded: ${fn.name} is at its limit`, 429),
          )
          return
        }
        const queue = mode.priority === 'background' ? background : urgent
        queue.push(job)
      }),
    close: async (graceMs) => {
      closed = true
      clearInterval(reaper)
      for (const job of [...urgent.splice(0), ...background.splice(0)]) {
        job.reject(new ServiceError('ServiceException', 'The local host is closing', 503))
      }
      if (total > 0) {
        await new Promise<void>((resolve) => {
          onQuiet = resolve
          setTimeout(resolve, graceMs).unref()
        })
      }
      await Promise.all([...live].map((instance) => instance.close()))
    },
  }
}
