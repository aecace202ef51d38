import type { World } from './world.ts'

/** What can go wrong with a request to the outside. What each does is in sdk.ts. */
export const CALL_FAULTS = {
  fail: 'an error before it had any effect',
  throttle: 'refused as too many',
  conflict: 'refused because of a transaction under way',
  lost: 'done, but the answer never came',
  late: 'given up by the caller, and done long after',
  slow: 'takes seconds',
  partial: 'a batch done by halves',
  drag: 'a transaction goes on for long after its caller has sent it again, and may be cancelled in the end',
  stale: 'a read that does not see what was written just now',
  kill: 'the function dies before it is sent',
  killAfter: 'the function dies when it is sent',
  stall: 'the function stands still for a while before it is sent, and has time left then',
  freeze: 'the function stands still past its time, and goes on later',
  down: 'fails however often it is sent',
  deaf: 'done at the first, and no answer ever comes',
  twin: 'the invocation runs a second time from its beginning, beside this one',
} as const

/** What can go wrong with an invocation. */
export const INVOCATION_FAULTS = {
  refused: 'not started: too many at once',
  unheard: 'done, but whoever asked is told that it failed',
  twice: 'runs twice at once',
  skewed: 'on a machine whose clock is wrong',
  jump: 'the clock of its machine jumps meanwhile',
  cold: 'on a machine of its own',
} as const

/** What can go wrong with all else. */
export const OTHER_FAULTS = {
  duplicate: 'a message comes twice',
  delay: 'a message comes late',
  redelivered: 'a batch was taken, but its messages were not deleted',
  skip: 'the schedule does not fire',
  again: 'the schedule fires twice',
  lag: 'the schedule fires late',
  abort: 'an execution is ended, while its functions go on',
  deploy: 'every machine is a new one from now on, and its code may do another amount at a time',
} as const

export const FAULTS = { ...CALL_FAULTS, ...INVOCATION_FAULTS, ...OTHER_FAULTS }

export type FaultKind = keyof typeof FAULTS

export interface Fault {
  /** Where: the call, invocation, message ... of the run. */
  place: string
  kind: FaultKind
}

/** Which faults a run has: those of a list, or so many by chance. */
export type FaultPlan = { faults: readonly Fault[] } | DrawnPlan

export interface DrawnPlan {
  probability: number
  kinds: readonly FaultKind[]
  /** What goes wrong much more often than all else. */
  focus?: Focus
  /** How often a way to a service takes many times as long as it should, and how many. */
  delays?: Delays
}

export interface Delays {
  probability: number
  times: number
}

/** Where nothing else is said. */
const DELAYS: Delays = { probability: 0.05, times: 20 }

/** Parts of a run, by its places: where most of its faults may be, so that they meet each other. */
export const FOCI = {
  nothing: /^$/,
  ingest: /^ingest#/,
  tick: /^(schedule Settlement|operator settlement|rival)/,
  count: /^(fold|weigh|decide) /,
  credit: /^credit /,
  seal: /^(close|seal|publish) /,
  commands: / asks (POST|PUT) /,
  payouts: /^(request|release)/,
  replay: /^operator ingest/,
} as const

export type Focus = keyof typeof FOCI

/** How much more often something goes wrong in the focus, and how often at most. */
const FOCUSED = { times: 10, most: 0.25 }

/** How many of the reads that may be behind are, in a run that has such reads. */
const STALE = 0.3

/** How many of the transactions at which something goes wrong drag on, where they may. */
const DRAGS = 0.25

/** How much more seldom where whoever runs finds nothing to do. */
const IDLE = 0.1

/** Faults by which a function or an execution is lost; too many of them and a person has to look. */
const RARE: Partial<Record<FaultKind, number>> = {
  abort: 0.1,
  freeze: 0.3,
  late: 0.3,
  kill: 0.5,
  killAfter: 0.5,
  deploy: 0.2,
  down: 0.5,
  deaf: 0.5,
  twin: 0.3,
}

/** Decides what goes wrong where, and remembers it. */
export class Faults {
  /** In the order in which they happened. */
  readonly happened: Fault[] = []
  /** Whether nothing goes wrong any more. */
  isOver = false
  readonly #world: World
  readonly #named: Map<string, FaultKind> | undefined
  readonly #probability: number
  readonly #kinds: ReadonlySet<FaultKind>
  readonly #focus: RegExp
  readonly #delays: Delays | undefined

  constructor(world: World, plan: FaultPlan) {
    this.#world = world
    this.#named = 'faults' in plan ? new Map(plan.faults.map(({ place, kind }) => [place, kind])) : undefined
    this.#probability = 'faults' in plan ? 0 : plan.probability
    this.#delays = 'faults' in plan ? undefined : plan.delays
    this.#focus = FOCI['faults' in plan ? 'nothing' : (plan.focus ?? 'nothing')]
    this.#kinds = new Set('faults' in plan ? [] : plan.kinds)
  }

  /** From now on nothing goes wrong but what was asked for by its place. */
  heal(): void {
    this.isOver = true
  }

  /** How long ways take at this place: in the focus, or all over where there is none, as the run has drawn. */
  delaysAt(place: string): Delays {
    const isOwn = this.#focus === FOCI.nothing || this.#focus.test(place)
    return (isOwn && this.#delays) || DELAYS
  }

  /** What goes wrong at this place, out of what can. Seldom anything `isIdle`: where nothing was to be done. */
  at(place: string, possible: readonly FaultKind[], isIdle = false): FaultKind | undefined {
    const kind = this.#named ? this.#named.get(place) : this.#draw(place, possible, isIdle)
    if (kind === undefined || !possible.includes(kind)) return undefined
    this.happened.push({ place, kind })
    this.#world.say(`FAULT ${kind} at ${place}`)
    return kind
  }

  #draw(place: string, possible: readonly FaultKind[], isIdle: boolean): FaultKind | undefined {
    if (this.#probability === 0 || this.isOver) return undefined
    const mayBeStale = possible.includes('stale') && this.#kinds.has('stale') && !isIdle
    if (mayBeStale && this.#world.chance(`stale ${place}`).is(STALE)) return 'stale'
    const chance = this.#world.chance(`fault ${place}`)
    if (!chance.is(this.#probabilityAt(place, isIdle))) return undefined
    const kinds = possible.filter((kind) => this.#kinds.has(kind))
    if (kinds.length === 0) return undefined
    const kind = kinds.includes('drag') && chance.is(DRAGS) ? 'drag' : chance.pick(kinds)
    return chance.is(RARE[kind] ?? 1) ? kind : undefined
  }

  #probabilityAt(place: string, isIdle: boolean): number {
    if (isIdle) return this.#probability * IDLE
    return this.#focus.test(place)
      ? Math.min(FOCUSED.most, this.#probability * FOCUSED.times)
      : this.#probability
  }
}
