import { hash } from 'node:crypto'
import { expect, vi } from 'vitest'
import { audit } from '../../../infra/cli/audit/audit.ts'
import { describeFinding } from '../../../infra/cli/audit/finding.ts'
import { scanTable } from '../../../infra/cli/audit/scan.ts'
import type { Booking } from '../../../shared/domain/market/booking.ts'
import { availableOf, type Offer } from '../../../shared/domain/market/offer.ts'
import type { Quote } from '../../../shared/domain/market/quote.ts'
import { sum } from '../../../shared/domain/money.ts'
import { commandOfDeposit } from '../../../shared/domain/moves.ts'
import { type Order, stateOf } from '../../../shared/domain/order/order.ts'
import { type AccountState, balanceOf } from '../../../shared/domain/page.ts'
import type { Payout } from '../../../shared/domain/payout/payout.ts'
import type { RecordKind } from '../../../shared/ledger/ports.ts'
import { post } from '../../../shared/ledger/post.ts'
import { momentOf } from '../../../shared/ledger/time.ts'
import { changeBy } from '../../../shared/payouts/from-bus.ts'
import { releaseDue } from '../../../shared/payouts/release-due.ts'
import type { Engine } from '../../support/engine.ts'
import { type TestNetwork, testNetwork } from '../../support/network.ts'
import { policyJson, START_MS, split } from '../../support/policies.ts'
import { ask, type Request } from '../api/gateway.ts'

/** A network in which everything that accounts can do may happen, in any order. */

export const ACCOUNTS = ['ann', 'bob', 'cec', 'dan'] as const
export const DAY_MS = 86_400_000
/** What an operator's token may do. */
const OPERATOR = 'orders:resolve orders:meter stakes:slash payouts:operate'

const POLICY = policyJson({
  era: { every: 'P1D', from: '2026-01-01T00:00:00Z', clock: 'manual' },
  income: { access_requirement: { recognise: 'ratable' }, transaction_fee: { admit: '60%' } },
  stages: [
    split({ reward: '@reward 90%', treasury: '@treasury 10%' }),
    {
      id: 'rewards',
      from: '@reward',
      take: [
        { id: 'providers', to: 'group:providers', obligation: 'utilisation' },
        { id: 'stakers', to: 'group:stakers', restShare: '100%' },
      ],
      rest: '@reward',
    },
  ],
  groups: {
    providers: { weight: { metric: 'balance' }, ifEmpty: '@treasury' },
    stakers: {
      weight: {
        hybrid: [
          {
            share: '50%',
            weight: {
              stakeSeconds: {
                lockCurve: [
                  ['PT0S', '100%'],
                  ['P1D', '150%'],
                ],
              },
            },
          },
          { share: '50%', weight: { metric: 'balance' } },
        ],
      },
      ifEmpty: '@treasury',
    },
  },
  pricing: {
    unit: 'TB',
    period: 'P1D',
    clusterPrice: 'uniform-clearing',
    maxClusterPrice: '1000',
    margin: '25%',
    quoteValidity: 'PT15M',
  },
  orderFee: '2.5%',
  payout: { timelock: 'PT1H', minimum: '5' },
  staking: { unbonding: 'P2D' },
})

type Handlers = Record<'transfers' | 'stakes' | 'orders' | 'payouts' | 'offers' | 'bookings', unknown>

/** Every record of a kind: the model looks at all of the table. */
const KINDS: Record<string, RecordKind> = { o: 'OFFER', q: 'QUOTE', b: 'BOOKING', r: 'ORDER', p: 'PAYOUT' }

export class World {
  readonly network: TestNetwork
  private readonly engine: Engine
  private readonly handlers: Handlers
  /** Ids that commands were answered with, by kind. */
  readonly ids: Record<RecordKind, string[]>
  /** What came from outside, and what left for good. */
  deposited = 0n
  paidOut = 0n
  nowMs = START_MS
  private keys = 0

  private constructor(engine: Engine, network: TestNetwork, handlers: Handlers) {
    this.engine = engine
    this.network = network
    this.handlers = handlers
    this.ids = Object.fromEntries(Object.values(KINDS).map((kind) => [kind, []])) as never
  }

  static async open(engine: Engine): Promise<World> {
    const { tableName, endpoint } = engine
    vi.stubEnv('TABLE_NAME', tableName)
    vi.stubEnv('AWS_ENDPOINT_URL', endpoint)
    vi.stubEnv('AWS_REGION', 'eu-west-1')
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
    vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT')
    vi.resetModules()
    const names = ['transfers', 'stakes', 'orders', 'payouts', 'offers', 'bookings'] as const
    const modules = await Promise.all(names.map((name) => import(`../../../functions/api/${name}.ts`)))
    const handlers = Object.fromEntries(names.map((name, i) => [name, modules[i].handler])) as Handlers
    const network = testNetwork(engine, POLICY)
    await network.advance(new Date(START_MS).toISOString())
    return new World(engine, network, handlers)
  }

  /** What a request of an account is answered with, or undefined where it is refused. Nothing may go wrong here. */
  async ask(
    handler: keyof Handlers,
    route: string,
    account: string,
    { body, path, key = this.nextKey() }: { body?: unknown; path?: Record<string, string>; key?: string },
  ): Promise<Record<string, string> | undefined> {
    const request: Request = {
      path: { account, ...path },
      headers: { 'idempotency-key': key },
      claims: { account, scope: account === 'operator' ? OPERATOR : '' },
      ...(body !== undefined && { body }),
    }
    if (!route.includes('{account}')) delete request.path?.account
    const { status, text } = await ask(this.handlers[handler], route, request)
    expect([200, 403, 404, 409, 422], `${route}: ${status} ${text}`).toContain(status)
    return status === 200 ? JSON.parse(text) : undefined
  }

  async deposit(account: string, amount: bigint): Promise<void> {
    const id = this.nextKey()
    const event = { name: 'TokensDeposited', id, account, amount, occurredAt: this.nowMs } as const
    await post(this.deps, {
      id: commandOfDeposit(event).id,
      digest: id,
      change: { moves: commandOfDeposit(event).moves },
    })
    this.deposited += amount
  }

  /** Moves the clock, and settles every era that this ends. */
  async pass(ms: number): Promise<void> {
    this.nowMs += ms
    await this.network.advance(new Date(this.nowMs).toISOString())
    await this.network.run()
  }

  /** Tells whoever moves the money of every payout that is due. */
  async releasePayouts(): Promise<void> {
    const bus = { put: async () => undefined }
    const deps = { ...this.deps, bus, warn: (_: string, error: Error) => expect.fail(String(error)) }
    await releaseDue({ ...deps, remainingMs: () => 60_000 } as never, { failed: 0 } as never)
  }

  async endPayout(id: string, name: 'PayoutConfirmed' | 'PayoutFailed'): Promise<void> {
    const { store } = this.network
    const event = { name, id: this.nextKey(), payoutId: id, occurredAt: this.nowMs } as const
    const before = await this.read<Payout>('PAYOUT', id)
    const done = await post(this.deps, {
      id: `evt#${name}#${event.id}`,
      digest: id,
      change: (moment) => changeBy(event, store, moment),
    }).catch((error: { code?: string }) => {
      if (error.code !== 'PayoutState') throw error
    })
    if (done && name === 'PayoutConfirmed') this.paidOut += before?.amount ?? 0n
  }

  async read<T>(kind: RecordKind, id: string): Promise<T | undefined> {
    return (await this.network.store.records.read<T>(kind, id))?.value
  }

  async states(): Promise<AccountState[]> {
    const { store } = this.network
    const states: AccountState[] = []
    for (let partition = 0; partition < 16; partition += 1)
      for await (const { accounts } of store.pages.list(partition)) states.push(...accounts)
    return states
  }

  /** What must hold after whatever was done. */
  async check(): Promise<void> {
    const states = await this.states()
    for (const state of states) {
      expect(state.available).toBeGreaterThanOrEqual(0n)
      for (const { amount } of [...state.holds, ...state.stakes, ...state.pending])
        expect(amount).toBeGreaterThan(0n)
      const { earned, deposited, received, paid } = state
      expect([state.account, balanceOf(state)]).toEqual([state.account, earned + deposited + received - paid])
    }
    const told = states.flatMap(({ outbox }) => outbox)
    const charged = told.map((fact) => (fact.of === 'Charge' || fact.of === 'Slash' ? fact.amount : 0n))
    const { balances } = await this.network.store.system.read()
    expect(sum(states.map(balanceOf)) + sum(charged) + sum(Object.values(balances))).toBe(
      this.deposited - this.paidOut,
    )
    await this.checkUnits()
  }

  /** The table as a second reading has it. */
  async audit(): Promise<void> {
    const { findings } = await audit(scanTable(this.engine.client, this.engine.tableName, 1))
    expect(findings.map(describeFinding)).toEqual([])
  }

  /** No unit is sold twice: said by the quotes, bookings and orders themselves, and by what offers say of them. */
  private async checkUnits(): Promise<void> {
    const { at } = await momentOf(this.network.store, 0)
    const all = async <T>(kind: RecordKind) =>
      (await this.network.store.records.readAll<T>(kind, this.ids[kind])).map(({ value }) => value)
    const [offers, quotes, bookings, orders] = await Promise.all([
      all<Offer>('OFFER'),
      all<Quote>('QUOTE'),
      all<Booking>('BOOKING'),
      all<Order>('ORDER'),
    ])
    const lots = [
      ...quotes.filter(({ state, expiresAt }) => state === 'open' && expiresAt > at),
      ...bookings.filter(({ to, ended }) => (ended?.at ?? to) > at),
    ].flatMap((sold) => sold.lots)
    for (const offer of offers) {
      const booked = sum(lots.filter((lot) => lot.offer === offer.id).map(({ quantity }) => quantity))
      const ordered = orders.filter(
        (order) => order.offer === offer.id && ['ACCEPTED', 'DISPUTED'].includes(stateOf(order, at)),
      )
      expect(booked + sum(ordered.map(({ quantity }) => quantity))).toBeLessThanOrEqual(offer.quantity)
      expect(availableOf(offer, at)).toBeGreaterThanOrEqual(0n)
    }
  }

  private get deps() {
    return { store: this.network.store, now: () => 0 }
  }

  nextKey(): string {
    this.keys += 1
    return hash('sha256', `key ${this.keys}`).slice(0, 16)
  }
}
