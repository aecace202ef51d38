import type { FaultKind, Faults } from '../world/faults.ts'
import type { World } from '../world/world.ts'
import type { Deployment } from './deployment.ts'
import type { Lambda } from './lambda.ts'

interface Message {
  id: string
  body: string
  receives: number
  /** Hidden until then, because a function has it. */
  visibleAt: number
}

/** How long a batch waits for more at most, ms: as a run draws it. */
const WINDOWS_MS = [200, 5_000]

/** How late a message may come, ms. */
const LATEST_MS = 600_000

/** The most messages of a batch here: so that a few messages make several batches. */
const BATCH_MESSAGES = 12

const READER = 'ingest/ingest'

/**
 * The intake queue and the function that reads it: at least once, in any order. What a batch does not take comes
 * again when it is visible again, and so often at most; then it lies in the dead letters.
 */
export class Queue {
  readonly deadLetters: Message[] = []
  /** All that was ever sent. */
  readonly sent: { name: string; body: string }[] = []
  readonly #world: World
  readonly #faults: Faults
  readonly #lambda: Lambda
  readonly #limits: Deployment['queue']
  readonly #windowMs: number
  #messages: Message[] = []
  #onTheWay = 0
  #batches = 0
  #running = 0
  /** Batches whose messages stay although they were done with. */
  #isPolling = false

  constructor(world: World, faults: Faults, lambda: Lambda, limits: Deployment['queue']) {
    this.#world = world
    this.#faults = faults
    this.#lambda = lambda
    this.#limits = limits
    this.#windowMs = world.chance('window').pick(WINDOWS_MS)
  }

  /** Sends a message. `name` is its own. */
  send(name: string, body: string): void {
    this.sent.push({ name, body })
    const fault = this.#faults.at(`message ${name}`, ['duplicate', 'delay'])
    const chance = this.#world.chance(`message ${name}`)
    this.#arrive(
      { id: name, body, receives: 0, visibleAt: 0 },
      fault === 'delay' ? chance.int(1, LATEST_MS) : 1,
    )
    if (fault === 'duplicate')
      this.#arrive({ id: `${name}'`, body, receives: 0, visibleAt: 0 }, chance.int(1, LATEST_MS))
  }

  /** Whether everything that was sent has been taken or set aside. */
  get isEmpty(): boolean {
    return this.#messages.length === 0 && this.#onTheWay === 0
  }

  /** An operator sends the dead letters once more. */
  redrive(): number {
    const letters = this.deadLetters.splice(0)
    for (const letter of letters) this.#arrive({ ...letter, receives: 0, visibleAt: 0 }, 1)
    return letters.length
  }

  #arrive(message: Message, delayMs: number): void {
    this.#onTheWay += 1
    this.#world.afterLong(delayMs, () => {
      this.#onTheWay -= 1
      this.#messages.push(message)
      this.#pollSoon(0)
    })
  }

  #pollSoon(delayMs: number): void {
    if (this.#isPolling && delayMs === 0) return
    this.#isPolling ||= delayMs === 0
    const windowMs = this.#world.chance(`window ${this.#batches}`).int(0, this.#windowMs)
    this.#world.after(delayMs + windowMs, () => {
      if (delayMs === 0) this.#isPolling = false
      void this.#poll()
    })
  }

  async #poll(): Promise<void> {
    if (this.#running >= this.#limits.concurrency) return
    const visible = this.#messages.filter(({ visibleAt }) => visibleAt <= this.#world.now)
    if (visible.length === 0) return
    this.#batches += 1
    const place = `batch ${this.#batches}`
    const batch = this.#take(visible, place)
    if (batch.length > 0) {
      this.#running += 1
      await this.#handOver(batch, place)
      this.#running -= 1
    }
    this.#pollSoon(0)
  }

  #take(visible: Message[], place: string): Message[] {
    const chance = this.#world.chance(place)
    const order = new Map(visible.map((message) => [message, chance.next()]))
    visible.sort((a, b) => (order.get(a) as number) - (order.get(b) as number))
    const batch = visible.slice(0, chance.int(1, Math.min(BATCH_MESSAGES, this.#limits.batchMessages)))
    for (const message of batch) {
      message.receives += 1
      message.visibleAt = this.#world.now + this.#limits.visibilitySeconds * 1000
      if (message.receives > this.#limits.mostReceives) {
        this.#delete(message)
        this.deadLetters.push(message)
      }
    }
    this.#pollSoon(this.#limits.visibilitySeconds * 1000 + 1)
    return batch.filter(({ receives }) => receives <= this.#limits.mostReceives)
  }

  async #handOver(batch: Message[], place: string): Promise<void> {
    const Records = batch.map(({ id, body }) => ({ messageId: id, body }))
    const outcome = await this.#lambda.invoke(READER, { Records }, 'ingest')
    const fault: FaultKind | undefined = this.#faults.at(place, ['redelivered'])
    if ('error' in outcome || fault) return
    const { batchItemFailures } = outcome.payload as { batchItemFailures: { itemIdentifier: string }[] }
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier))
    const unknown = [...failed].filter((id) => !batch.some((message) => message.id === id))
    if (unknown.length > 0) this.#world.fail(new Error(`${place}: no message ${unknown} was in the batch`))
    for (const message of batch) if (!failed.has(message.id)) this.#delete(message)
  }

  #delete(message: Message): void {
    this.#messages = this.#messages.filter((other) => other !== message)
  }
}
