import { setImmediate as afterMicrotasks } from 'node:timers/promises'
import { type Chance, chanceAt } from './chance.ts'

/** Something that will happen. */
export interface Coming {
  at: number
  order: number
  run: () => void
  isCancelled?: true
}

/** Steps of one run; more of them and something goes round in circles. */
const MOST_STEPS = 5_000_000

/** What a run did, of which the same seed gives the same. */
export interface Trace {
  hash: string
  lines: string[]
}

/** Raised where what should happen does not: a run that stands still, or goes round in circles. */
export class Stuck extends Error {
  override name = 'Stuck'
}

/**
 * Time and order of everything that happens in a run. Nothing in it waits for real time: whoever waits is woken by an
 * event here, one at a time, and all that follows from one event is done before the next.
 */
export class World {
  readonly seed: number
  /** Wall time, ms, with fractions. */
  now: number
  steps = 0
  /** When the last of what was kept back for long comes after all, ms. */
  lingersUntil = 0
  readonly #coming: Coming[] = []
  readonly #keepsLines: boolean
  readonly #lines: string[] = []
  #order = 0
  #hash = 0x811c9dc5
  #failure: Error | undefined

  constructor(seed: number, { startMs, keepsLines = false }: { startMs: number; keepsLines?: boolean }) {
    this.seed = seed
    this.now = startMs
    this.#keepsLines = keepsLines
  }

  chance(place: string): Chance {
    return chanceAt(this.seed, place)
  }

  /** Does something `delayMs` from now. */
  after(delayMs: number, run: () => void): Coming {
    this.#order += 1
    const coming: Coming = { at: this.now + Math.max(0, delayMs), order: this.#order, run }
    push(this.#coming, coming)
    return coming
  }

  /** Does something a long while from now: a run that is to be over waits for it. */
  afterLong(delayMs: number, run: () => void): Coming {
    this.lingersUntil = Math.max(this.lingersUntil, this.now + delayMs)
    return this.after(delayMs, run)
  }

  cancel(coming: Coming): void {
    coming.isCancelled = true
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve))
  }

  /** Says what happens, for the trace and its hash. */
  say(text: string): void {
    const line = `${this.now.toFixed(3)} ${text}`
    for (let i = 0; i < line.length; i += 1)
      this.#hash = Math.imul(this.#hash ^ line.charCodeAt(i), 0x01000193)
    if (this.#keepsLines) this.#lines.push(line)
  }

  /** Ends the run: something happened that must never happen. */
  fail(error: Error): void {
    this.#failure ??= error
  }

  /** Lets time pass until `main` is done. Throws what it throws, what {@link fail} was told, and {@link Stuck}. */
  async run<T>(main: () => Promise<T>): Promise<T> {
    let outcome: { value: T } | { error: unknown } | undefined
    main().then(
      (value) => {
        outcome = { value }
      },
      (error: unknown) => {
        outcome = { error }
      },
    )
    await afterMicrotasks()
    while (outcome === undefined) {
      if (this.#failure) throw this.#failure
      const coming = pop(this.#coming)
      if (!coming) throw new Stuck('nothing is going to happen any more, and the run is not over')
      if (coming.isCancelled) continue
      this.steps += 1
      if (this.steps > MOST_STEPS) throw new Stuck(`the run is not over after ${MOST_STEPS} steps`)
      this.now = coming.at
      coming.run()
      await afterMicrotasks()
    }
    if (this.#failure) throw this.#failure
    if ('error' in outcome) throw outcome.error
    return outcome.value
  }

  get trace(): Trace {
    return { hash: (this.#hash >>> 0).toString(16).padStart(8, '0'), lines: this.#lines }
  }
}

function isBefore(a: Coming, b: Coming): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

/** A binary heap: the next event is first. */
function push(heap: Coming[], added: Coming): void {
  let at = heap.length
  heap.push(added)
  while (at > 0) {
    const above = (at - 1) >> 1
    const parent = heap[above] as Coming
    if (isBefore(parent, added)) break
    heap[at] = parent
    at = above
  }
  heap[at] = added
}

function pop(heap: Coming[]): Coming | undefined {
  const [first] = heap
  const last = heap.pop()
  if (!first || !last || heap.length === 0) return first
  let at = 0
  for (;;) {
    let below = 2 * at + 1
    if (below >= heap.length) break
    if (below + 1 < heap.length && isBefore(heap[below + 1] as Coming, heap[below] as Coming)) below += 1
    const child = heap[below] as Coming
    if (isBefore(last, child)) break
    heap[at] = child
    at = below
  }
  heap[at] = last
  return first
}
