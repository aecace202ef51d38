import { monotonicFactory } from 'ulid'
import { scanTable } from '../../../infra/cli/audit/scan.ts'
import { callerOf } from '../../../shared/api/authority.ts'
import { requestPayout } from '../../../shared/api/payouts/payouts.ts'
import type { BusEventName } from '../../../shared/domain/event.ts'
import { openingBooks } from '../../../shared/domain/genesis.ts'
import type { Offer } from '../../../shared/domain/market/offer.ts'
import type { Wanted } from '../../../shared/domain/market/selection.ts'
import type { Move } from '../../../shared/domain/moves.ts'
import type { Step } from '../../../shared/domain/order/capture.ts'
import type { Order } from '../../../shared/domain/order/order.ts'
import { parsePolicy, policyHash } from '../../../shared/domain/policy/policy.ts'
import { EVENT_NAMES } from '../../../shared/events/contracts.ts'
import { type IngestDeps, ingest } from '../../../shared/ingest/ingest.ts'
import type { Message } from '../../../shared/ingest/messages.ts'
import { replay } from '../../../shared/ingest/replay.ts'
import { type Change, post } from '../../../shared/ledger/post.ts'
import type { Moment } from '../../../shared/ledger/time.ts'
import { acceptQuote, endBooking } from '../../../shared/market/bookings.ts'
import { putOffer } from '../../../shared/market/offers.ts'
import { changeOrder, placeOrder } from '../../../shared/market/orders.ts'
import { makeQuote } from '../../../shared/market/quotes.ts'
import { end } from '../../../shared/payouts/end.ts'
import { releaseDue } from '../../../shared/payouts/release-due.ts'
import { decideHeld } from '../../../shared/settlement/held.ts'
import type { Item } from '../../../shared/store/attributes.ts'
import { collect } from '../../support/collect.ts'
import type { Engine } from '../../support/engine.ts'
import { message, SOURCE } from '../../support/intake.ts'
import { offer, wanted } from '../../support/market.ts'
import { type TestNetwork, testNetwork } from '../../support/network.ts'
import { HOUR_MS, type Json, START_MS } from '../../support/policies.ts'

/** A moment, so many hours after the network began. */
export const hour = (hours: number): string => new Date(START_MS + hours * HOUR_MS).toISOString()

const SHARDS = 2
export const PARTITIONS = 4

/** An event by the hour it happened in; without an id it gets one that no other has. */
export interface Said extends Json {
  at: number
}

/** A network of hour-long eras over a real table: all that producers, accounts and operators can do to it. */
export class Life {
  private readonly engine: Engine
  private readonly network: TestNetwork
  private readonly intake: IngestDeps
  private ids = 0

  private constructor(engine: Engine, policy: Json) {
    this.engine = engine
    this.network = testNetwork(engine, policy)
    const sources = Object.fromEntries(EVENT_NAMES.map((name) => [name, [SOURCE]]))
    const warn = (text: string, cause: unknown): never => {
      throw new Error(text, { cause })
    }
    this.intake = { ...this.deps, sources, newId: monotonicFactory(), warn }
  }

  get store() {
    return this.network.store
  }

  private get deps() {
    return { store: this.network.store, now: () => START_MS }
  }

  /** Begins the network, in fewer parts than the product has by default: a table that says so is read so. */
  static async open(engine: Engine, policy: Json): Promise<Life> {
    const life = new Life(engine, policy)
    const { system, pages } = openingBooks(parsePolicy(policy))
    const [version, effectiveFrom] = [1, 0]
    await life.store.opening.open({
      state: {
        openEra: 0,
        closedThrough: -1,
        sealedThrough: -1,
        policyVersion: version,
        shards: SHARDS,
        partitions: PARTITIONS,
        closedAt: 0,
      },
      system,
      policy: { version, effectiveFrom, hash: policyHash(policy), json: policy, policy: parsePolicy(policy) },
      pages,
    })
    return life
  }

  /** Moves the clock, and settles every era that has ended by then. */
  passTo(hours: number): Promise<void> {
    return this.reach(hour(hours))
  }

  /** The same, to a moment or a block. */
  async reach(position: string | number): Promise<void> {
    await this.network.advance(position)
    await this.network.run()
  }

  /** Moves the clock, and closes nothing. */
  async clock(hours: number): Promise<void> {
    await this.store.clock.advance(START_MS + hours * HOUR_MS)
  }

  /** Sends events, a message each. */
  async send(name: BusEventName, ...events: Said[]): Promise<void> {
    await this.deliver(
      events.map(({ at, ...data }) =>
        message(name, { id: `${name}-${this.next()}`, occurredAt: hour(at), ...data }),
      ),
    )
  }

  async deliver(messages: readonly Message[]): Promise<void> {
    const { failed } = await ingest(this.intake, messages)
    if (failed.length > 0) throw new Error(`${failed.length} messages would come again`)
  }

  replay = (admitLate = false) => replay(this.intake, { admitLate })

  /** What a command does, of which only its moves matter. */
  act = (...moves: Move[]) => this.change({ moves })

  change = (change: Change | ((moment: Moment) => Promise<Change>)) =>
    post(this.deps, { ...this.asked(), change })

  offer = (id: string, changes: Partial<Offer>) => {
    const { takings: _, ...terms } = offer(id, changes)
    return putOffer(this.deps, () => this.asked(), terms)
  }

  order = async (of: string, buyer: string, quantity: bigint, seconds: number): Promise<string> => {
    const placing = { offer: of, buyer, quantity, fulfilWithinSeconds: seconds }
    return (await placeOrder(this.deps, this.asked(), placing)).order.id
  }

  step = (order: string, step: (order: Order, moment: Moment) => Step) =>
    changeOrder(this.deps, this.asked(), order, step)

  quote = async (changes: Partial<Wanted>): Promise<string> =>
    (await makeQuote(this.deps, this.asked(), wanted(changes))).id

  accept = (of: string) => acceptQuote(this.deps, { ...this.asked(), of, requireBuyer: () => undefined })

  endBooking = (of: string) => endBooking(this.deps, { ...this.asked(), of, requireBuyer: () => undefined })

  payOut = async (account: string, amount: bigint, asset?: string): Promise<string> => {
    const body = { amount: String(amount), ...(asset && { asset, destination: 'elsewhere' }) }
    const request = { caller: callerOf({ account }), key: `k${this.next()}`, digest: '' }
    return (await requestPayout(this.deps, { account, body } as never, request)).id
  }

  cancel = (payout: string) => this.change((moment) => end(this.store, moment, payout, 'CANCELLED'))

  /** Releases what is due, and tells whoever moves the money. */
  release = () => {
    const bus = { put: async () => undefined }
    return releaseDue({ ...this.deps, ...this.intake, bus, remainingMs: () => 60_000 }, { failed: 0 })
  }

  decide = (era: number, decision: 'pay' | 'return') =>
    decideHeld(this.deps, { era, decision, by: 'council' })

  /** The rules from an era on. */
  async rule(effectiveFrom: number, json: Json): Promise<void> {
    const { policyVersion } = (await this.store.state.read()) ?? { policyVersion: 0 }
    const version = policyVersion + 1
    const policy = parsePolicy(json)
    await this.store.policies.add({ version, effectiveFrom, hash: policyHash(json), json, policy })
  }

  /** All of the table. */
  items(): Promise<Item[]> {
    return collect(scanTable(this.engine.client, this.engine.tableName, 1))
  }

  private asked() {
    const id = `cmd#somebody#test#${this.next()}`
    return { id, digest: id }
  }

  private next(): number {
    this.ids += 1
    return this.ids
  }
}
