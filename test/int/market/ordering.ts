import { vi } from 'vitest'
import type { RouteKey } from '../../../shared/api/operations.ts'
import { listingsOf, type Offer } from '../../../shared/domain/market/offer.ts'
import { post } from '../../../shared/ledger/post.ts'
import { openNetwork } from '../../../shared/settlement/open.ts'
import { connectStore, type Store } from '../../../shared/store/table.ts'
import type { Engine } from '../../support/engine.ts'
import { command, deposit } from '../../support/ledger.ts'
import { offered } from '../../support/orders.ts'
import { policyJson, START_MS } from '../../support/policies.ts'
import { ask, fail, type Request, read } from '../api/gateway.ts'

/** The handler of orders over a real table, with offers and accounts as a test wants them. */

export const ORDER_POLICY = policyJson({
  income: { fee: {}, transaction_fee: {} },
  orderFee: '2.5%',
  // Long enough for a test to let 30 days pass in one era.
  era: { every: 'P365D', from: '2026-01-01T00:00:00Z', clock: 'manual' },
})

type OrderRoute = Extract<RouteKey, `${string} /orders${string}`>

/** Of a route that does something with an order: what stands behind its id. */
export type StepName = 'usage' | 'fulfil' | 'cancel' | 'dispute' | 'resolve' | 'refund' | 'uses'

export class Ordering {
  readonly store: Store
  readonly handler: unknown
  /** Milliseconds since the clock of the network began. */
  private elapsed = 0
  private keys = 0

  private constructor(store: Store, handler: unknown) {
    this.store = store
    this.handler = handler
  }

  /** On a table of its own. */
  static async open(engine: Engine, policy = ORDER_POLICY): Promise<Ordering> {
    vi.stubEnv('TABLE_NAME', engine.tableName)
    vi.stubEnv('AWS_ENDPOINT_URL', engine.endpoint)
    vi.stubEnv('AWS_REGION', 'eu-west-1')
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
    vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT')
    vi.resetModules()
    const { handler } = await import('../../../functions/api/orders.ts')
    const store = connectStore({ tableName: engine.tableName, client: engine.client })
    await openNetwork(store, policy, START_MS)
    return new Ordering(store, handler)
  }

  async deposit(account: string, amount: bigint): Promise<void> {
    await post(this.postDeps, command(`deposit-${this.nextKey()}`, deposit(account, amount)))
  }

  async offer(id: string, resource: Offer['resource'], changes: Partial<Offer> = {}): Promise<Offer> {
    const value = offered(resource, { id, ...changes })
    const before = await this.store.records.read<Offer>('OFFER', id)
    const record = { kind: 'OFFER' as const, id, version: before?.version ?? 0, value }
    const change = { moves: [], records: [{ ...record, ...listingsOf(value, START_MS) }] }
    await post(this.postDeps, { id: `offer-${this.nextKey()}`, digest: id, change })
    return value
  }

  async readOffer(id: string): Promise<Offer> {
    return (await this.store.records.read<Offer>('OFFER', id))?.value as Offer
  }

  async pass(ms: number): Promise<void> {
    this.elapsed += ms
    await this.store.clock.advance(START_MS + this.elapsed)
  }

  /** A request with a token and a key of its own, unless the test says which. */
  as(account: string, request: Request = {}): Request {
    const { headers = { 'idempotency-key': this.nextKey() }, claims = {}, ...rest } = request
    return { headers, claims: { account, ...claims }, ...rest }
  }

  place(account: string, offer: string, body: object = {}, request: Request = {}) {
    return read(
      this.handler,
      'POST /orders',
      this.as(account, { body: { offer, quantity: '10', ...body }, ...request }),
    )
  }

  step(name: StepName, account: string, id: string, body?: object, request: Request = {}) {
    return read(this.handler, routeOf(name), this.stepRequest(account, id, body, request))
  }

  refused(name: StepName, account: string, id: string, body?: object, request: Request = {}) {
    return fail(this.handler, routeOf(name), this.stepRequest(account, id, body, request))
  }

  /** Answers as the gateway gets them, whatever they are. */
  async tried(name: StepName, account: string, id: string, body?: object, request: Request = {}) {
    const { status, text } = await ask(
      this.handler,
      routeOf(name),
      this.stepRequest(account, id, body, request),
    )
    return { status, body: JSON.parse(text) }
  }

  read(id: string) {
    return read(this.handler, 'GET /orders/{id}', { path: { id } })
  }

  private stepRequest(account: string, id: string, body: object | undefined, request: Request): Request {
    return this.as(account, { path: { id }, ...(body && { body }), ...request })
  }

  private get postDeps() {
    return { store: this.store, now: () => 0 }
  }

  private nextKey(): string {
    this.keys += 1
    return `key-${this.keys}`
  }
}

function routeOf(name: StepName): OrderRoute {
  return `POST /orders/{id}/${name}`
}

export const withKey = (key: string): Request => ({ headers: { 'idempotency-key': key } })
