import {
  ProvisionedThroughputExceededException,
  TransactionCanceledException,
  TransactionConflictException,
} from '@aws-sdk/client-dynamodb'
import { REQUEST_LIMITS } from '../../../shared/store/limits.ts'
import type { Chance } from '../world/chance.ts'
import type { Delays, FaultKind, Faults } from '../world/faults.ts'
import type { World } from '../world/world.ts'
import type { Sdk } from './code.ts'
import { frozenMs, type Instance, type Invocation } from './lambda.ts'

/** A request as it reaches a service. */
export interface Sent {
  sdk: Sdk
  /** "GetItem". */
  operation: string
  // biome-ignore lint/suspicious/noExplicitAny: inputs of many operations.
  input: any
  /** Names the request, the same for each time it is sent. */
  token: string
  /** Where in the run it was sent, each time another. */
  place: string
  /** What goes wrong inside the service, of what only it can do. */
  fault: 'partial' | 'stale' | 'drag' | 'fail' | undefined
}

export type Serve = (sent: Sent) => Promise<unknown>

/** Sent at most so often, as the SDK does of itself. */
const SENDS = 3

/** Then the SDK sends again. */
const ANSWER_WITHIN_MS = REQUEST_LIMITS.requestTimeout

/** For how much of its time a function stalls at most, ms of a second. */
const STALLED = 700

/** How long a request may lie somewhere before it is done after all, ms: longer than the database remembers its token. */
const LATE = [1, 900_000] as const

const ALWAYS: FaultKind[] = [
  'fail',
  'throttle',
  'lost',
  'late',
  'slow',
  'kill',
  'killAfter',
  'stall',
  'freeze',
  'down',
  'deaf',
  'twin',
]
const MORE: Record<string, FaultKind[]> = {
  PutItem: ['conflict'],
  UpdateItem: ['conflict'],
  TransactWriteItems: ['conflict', 'drag'],
  BatchWriteItem: ['partial'],
  BatchGetItem: ['partial'],
  PutEvents: ['partial'],
}

/** What the SDK sends again by itself. */
const SENT_AGAIN = new Set([
  'TimeoutError',
  'InternalServerError',
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'TransactionInProgressException',
])

/** The way from a function to the services and back, where most things go wrong. */
export class Wire {
  /** Every call that was made, with what could have gone wrong there. */
  readonly calls: { place: string; kinds: FaultKind[] }[] = []
  readonly #world: World
  readonly #faults: Faults
  readonly #serve: Serve
  readonly #twin: (invocation: Invocation) => void

  constructor(
    world: World,
    faults: Faults,
    { serve, twin }: { serve: Serve; twin: (invocation: Invocation) => void },
  ) {
    this.#world = world
    this.#faults = faults
    this.#serve = serve
    this.#twin = twin
  }

  /** As the SDK's client: sends, waits, and sends again what may pass. */
  async send(instance: Instance, sdk: Sdk, operation: string, input: object): Promise<unknown> {
    const invocation = instance.invocation as Invocation
    invocation.calls += 1
    const token = `${invocation.place}/${invocation.calls} ${operation}`
    const kinds = possible(operation, input)
    this.calls.push({ place: token, kinds })
    let lasting: FaultKind | undefined
    for (let time = 1; ; time += 1) {
      const place = time === 1 ? token : `${token} (${time})`
      const fault = lasting ?? this.#faults.at(place, kinds, invocation.isIdle)
      if (fault === 'down' || fault === 'deaf') lasting = fault
      if (fault === 'twin') this.#twin(invocation)
      const sent: Sent = { sdk, operation, input, token, place, fault: undefined }
      try {
        return await this.#once(instance, sent, fault, time === 1)
      } catch (error) {
        if (time === SENDS || !SENT_AGAIN.has((error as Error).name)) throw error
        await new Promise<void>((resolve) => {
          instance.after(this.#world.chance(`again ${place}`).int(0, 100 * 2 ** time), resolve)
        })
      }
    }
  }

  #once(instance: Instance, sent: Sent, fault: FaultKind | undefined, isFirst: boolean): Promise<unknown> {
    const world = this.#world
    const chance = world.chance(`wire ${sent.place}`)
    const delays = this.#faults.delaysAt(sent.place)
    const [there, back] = [latency(chance, delays), latency(chance, delays)]
    return new Promise((resolve, reject) => {
      const answer = (delayMs: number, settle: () => void): void => {
        instance.after(delayMs, settle)
      }
      /** Reaches the service after a while, and is answered, if the answer is wanted. */
      const go = (delayMs: number, isAnswered = true): void => {
        world.afterLong(delayMs, () => {
          this.#serve(sent).then(
            (output) => isAnswered && answer(back, () => resolve(output)),
            (error: unknown) => isAnswered && answer(back, () => reject(error)),
          )
        })
      }
      const giveUp = (): void => {
        const delayMs = chance.is(0.5) ? ANSWER_WITHIN_MS : there + back
        answer(delayMs, () => reject(named('TimeoutError', 'socket hang up')))
      }
      const broken = () => named('InternalServerError', 'Internal server error')
      switch (fault) {
        case 'fail':
          if (sent.operation === 'BatchWriteItem') {
            sent.fault = 'fail'
            return go(there)
          }
          return answer(there + back, () => reject(broken()))
        case 'down':
          return answer(there + back, () => reject(broken()))
        case 'throttle':
          return answer(there + back, () => reject(throttled(sent)))
        case 'conflict':
          return answer(there + back, () => reject(conflict(sent, chance)))
        case 'lost':
          go(there, false)
          return giveUp()
        case 'deaf':
          // What is sent again finds the service gone.
          if (isFirst) go(there, false)
          return giveUp()
        case 'late':
          go(ANSWER_WITHIN_MS + chance.int(...LATE), false)
          return giveUp()
        case 'slow':
          return go(there + chance.int(500, ANSWER_WITHIN_MS - 1_000))
        case 'kill':
          return instance.kill()
        case 'killAfter':
          go(there, false)
          return instance.kill()
        case 'stall': {
          const stallMs = chance.int(1_000, instance.function.timeoutSeconds * STALLED)
          instance.freeze(stallMs)
          return go(there + stallMs)
        }
        case 'freeze':
          go(there)
          return instance.freeze(frozenMs(world, instance, sent.place))
        case 'drag':
          sent.fault = fault
          go(there, false)
          return answer(there + back, () => reject(named('TimeoutError', 'socket hang up')))
        case 'partial':
        case 'stale':
          sent.fault = fault
          return go(there)
        default:
          return go(there)
      }
    })
  }
}

function possible(operation: string, input: Reading): FaultKind[] {
  return [
    ...ALWAYS,
    ...(MORE[operation] ?? []),
    ...(isEventual(operation, input) ? (['stale'] as const) : []),
  ]
}

interface Reading {
  ConsistentRead?: boolean | undefined
  /** Of a batch, by table. */
  RequestItems?: Record<string, Reading>
}

/** Whether it reads what may be behind. */
function isEventual(operation: string, { ConsistentRead, RequestItems = {} }: Reading): boolean {
  if (operation === 'BatchGetItem')
    return Object.values(RequestItems).some((request) => !request.ConsistentRead)
  return (operation === 'GetItem' || operation === 'Query') && !ConsistentRead
}

/** Ms, one way: mostly a few, now and then many. */
function latency(chance: Chance, { probability, times }: Delays): number {
  const least = 1 + chance.next() * 9
  return chance.is(probability) ? least * times : least
}

function throttled({ sdk, operation, input }: Sent): Error {
  if (sdk !== '@aws-sdk/client-dynamodb') return named('ThrottlingException', 'Rate exceeded')
  if (operation === 'TransactWriteItems') return cancelled(input.TransactItems.length, 0, 'ThrottlingError')
  return new ProvisionedThroughputExceededException({ message: 'The level of ...', $metadata: {} })
}

function conflict({ operation, input }: Sent, chance: Chance): Error {
  if (operation !== 'TransactWriteItems')
    return new TransactionConflictException({ message: 'Transaction is ongoing', $metadata: {} })
  const { length } = input.TransactItems
  return cancelled(length, chance.int(0, length - 1), 'TransactionConflict')
}

function cancelled(items: number, at: number, code: string): Error {
  const CancellationReasons = Array.from({ length: items }, (_, i) => ({ Code: i === at ? code : 'None' }))
  return new TransactionCanceledException({ message: `[${code}]`, $metadata: {}, CancellationReasons })
}

export function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name })
}
