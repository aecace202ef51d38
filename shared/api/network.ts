import type { Calendar } from '../domain/calendar.ts'
import type { PendingCredit } from '../domain/page.ts'
import { isReleased } from '../domain/release.ts'
import type { Seal } from '../domain/seal.ts'
import { timeOf } from '../ledger/time.ts'
import type { NetworkClock, NetworkState, StoredPolicy } from '../settlement/ports.ts'
import { versionsFrom } from '../settlement/versions.ts'
import type { ReadStore } from './ports.ts'
import { ProblemError } from './problems.ts'

/** What a function instance knows of the network: each part as it was when it was read. */
export interface Known {
  state: NetworkState
  /** Absent on a wall clock, where nothing is stored. */
  clock?: NetworkClock
  /** What rules the open era. */
  policy: StoredPolicy
  /** Versions that wait for a later era, ascending. */
  pending: StoredPolicy[]
  /** Wall time of the reading, ms. */
  readAt: number
}

/** What every use case of the read API works with. */
export interface Reader {
  store: ReadStore
  network: Network
  /** Wall time, ms. */
  now: () => number
}

/**
 * For how long an instance believes the STATE it has read. Era and clock only ever go up, so an older STATE shows
 * less as spendable and never more; this bounds how long an answer's `asOf` may lag behind.
 */
const BELIEVED_MS = 5_000

/** Seals that an instance keeps: the same few are asked for again and again, those of the newest eras. */
const MAX_KEPT_SEALS = 100

/** STATE, CLOCK, policies and seals, kept in the function instance so that a read costs the item it asks for. */
class Network {
  readonly #store: ReadStore
  readonly #now: () => number
  readonly #policies = new Map<number, StoredPolicy>()
  readonly #seals = new Map<number, Seal>()
  #known: Known | undefined

  constructor(store: ReadStore, now: () => number) {
    this.#store = store
    this.#now = now
  }

  /** What is known, read again when it is older than {@link BELIEVED_MS}. Throws `NetworkNotOpen`. */
  async known(): Promise<Known> {
    const known = this.#known
    return known && this.#now() - known.readAt < BELIEVED_MS ? known : this.read()
  }

  /** Reads STATE and, where the network has a stored clock, CLOCK. Throws `NetworkNotOpen`. */
  async read(): Promise<Known> {
    const readAt = this.#now()
    const state = await this.#store.state()
    if (!state)
      throw new ProblemError(
        'NetworkNotOpen',
        'the network is opened by its first tick, which has not run yet',
      )
    const read = (version: number) => this.policy(version)
    const [policy, ...pending] = await versionsFrom(read, state.policyVersion, state.openEra)
    const clock = policy.policy.era.clock === 'wall' ? undefined : await this.#store.clock()
    this.#known = { state, policy, pending, readAt, ...(clock && { clock }) }
    return this.#known
  }

  /** A policy version; versions never change, so each is read once. Throws `UnknownPolicyVersion`. */
  async policy(version: number): Promise<StoredPolicy> {
    const policy = this.#policies.get(version) ?? (await this.#store.policy(version))
    if (!policy)
      throw new ProblemError(
        'UnknownPolicyVersion',
        `policy versions are numbered from 1: there is no version ${version}`,
      )
    this.#policies.set(version, policy)
    return policy
  }

  /** The seal that covers an era, undefined before there is one; seals never change, so few are read twice. */
  async seal(era: number): Promise<Seal | undefined> {
    const kept = this.#seals.get(era)
    if (kept) return kept
    const seal = await this.#store.seal(era)
    if (this.#seals.size >= MAX_KEPT_SEALS) this.#seals.clear()
    if (seal) this.#seals.set(era, seal)
    return seal
  }
}

/** Makes the reader of one function instance. */
export function connectReader(store: ReadStore, now: () => number): Reader {
  return { store, now, network: new Network(store, now) }
}

/** Whether reading STATE and CLOCK again could release the credit: on a wall clock only its seal is waited for. */
export function mayHaveBeenReleased(
  credit: Pick<PendingCredit, 'era' | 'releaseAt'>,
  known: Known,
  wallNow: number,
): boolean {
  if (isReleased(credit, timeOf(known, wallNow))) return false
  return known.clock !== undefined || credit.era > known.state.sealedThrough
}

/** The calendar that an era of this policy is counted by. */
export function calendarOf(stored: StoredPolicy): Calendar {
  return stored.policy.era.calendar
}
