import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context,
  SQSBatchResponse,
  SQSEvent,
} from 'aws-lambda'
import { pageOf } from '../../shared/domain/account.ts'
import type { StepCursor, StepResult } from '../../shared/payouts/ports.ts'
import { releaseDue } from '../../shared/payouts/release-due.ts'
import { requestDue } from '../../shared/payouts/request-due.ts'
import type { Random } from '../differential/random.ts'
import type { Engine } from '../support/engine.ts'
import { message } from '../support/intake.ts'
import { type TestNetwork, testNetwork } from '../support/network.ts'
import { HOUR_MS, type Json, policyJson, START_MS, split } from '../support/policies.ts'

/** A network in which everything exists that a request can be about, and the real handlers in front of it. */

export const ACCOUNTS = ['ann', 'bob', 'cec', 'dan'] as const
export const DESK = 'desk'
/** All that a token may do without being the account's own. */
export const SCOPES = [
  'accounts:write bookings:write network:operate offers:write orders:meter orders:resolve payouts:operate',
  'payouts:read payouts:write policy:write quarantine:read quotes:read stakes:slash',
].join(' ')

export const POLICY: Json = policyJson({
  era: { every: 'P1D', from: '2026-01-01T00:00:00Z', clock: 'manual' },
  income: { fee: {}, access_requirement: { recognise: 'ratable' }, transaction_fee: { admit: '60%' } },
  // An era of one great fee is held, so that there is something to decide.
  bounds: { income: ['0', '1000000000000'] },
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
    stakers: { weight: { stakeSeconds: { lockCurve: [['PT0S', '100%']] } }, ifEmpty: '@treasury' },
  },
  pricing: {
    unit: 'TB',
    period: 'P1D',
    clusterPrice: 'uniform-clearing',
    maxClusterPrice: '1000',
    margin: '25%',
    quoteValidity: 'PT12H',
  },
  orderFee: '2.5%',
  payout: { timelock: 'PT1H', minimum: '5', assets: ['USDC'] },
  staking: { unbonding: 'PT2H' },
})

/** Which function answers a route: the first that its key fits. */
const FUNCTIONS: readonly (readonly [RegExp, string])[] = [
  [/^GET \/accounts\/\{account\}\/(balance|statement|entries|receipt|stakes)$/, 'accounts'],
  [/\/transfers$/, 'transfers'],
  [/\/(stakes|unstake|slashes)$/, 'stakes'],
  [/payout|inventories/, 'payouts'],
  [/\/decision$/, 'decisions'],
  [/ \/eras/, 'eras'],
  [/ \/purchases/, 'purchases'],
  [/ \/policy\/simulations/, 'simulations'],
  [/^PUT \/policy$/, 'policy'],
  [/ \/(policy|openapi)/, 'network'],
  [/ \/offers/, 'offers'],
  [/ \/(quotes|bookings)/, 'bookings'],
  [/ \/orders/, 'orders'],
  [/ \/quarantine/, 'quarantine'],
]

type Handler<In, Out> = (event: In, context: Context) => Promise<Out>
type ApiHandler = Handler<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>
const CONTEXT = { awsRequestId: 'request-1' } as Context

/** Ids that answers gave, by what they are of. */
export type Known = Record<
  'offer' | 'orderable' | 'quote' | 'booking' | 'order' | 'payout' | 'lot' | 'purchase',
  string[]
>

export class World {
  readonly network: TestNetwork
  readonly known: Known = {
    offer: [],
    orderable: [],
    quote: [],
    booking: [],
    order: [],
    payout: [],
    lot: [],
    purchase: [],
  }
  /** Whose token may take a record on, as far as answers say. */
  readonly owners = new Map<string, string[]>()
  /** Whether what is ordered of an offer lasts a time that the order says. */
  readonly lasts = new Map<string, boolean>()
  /** Cursors that lists gave, by route. */
  readonly cursors = new Map<string, string[]>()
  nowMs = START_MS
  policyVersion = 1
  private readonly handlers = new Map<string, ApiHandler>()
  private readonly ingest: Handler<SQSEvent, SQSBatchResponse>
  private available = new Map<string, bigint>()

  private constructor(network: TestNetwork, ingest: World['ingest']) {
    this.network = network
    this.ingest = ingest
  }

  /** Opens a network over a table; handlers read the name of the table from the environment. */
  static async open(engine: Engine): Promise<World> {
    const network = testNetwork(engine, POLICY)
    await network.advance(new Date(START_MS).toISOString())
    const { handler } = await import('../../functions/ingest/ingest.ts')
    const world = new World(network, handler as never)
    await world.stock()
    return world
  }

  async ask(key: string, event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
    const name = FUNCTIONS.find(([pattern]) => pattern.test(key))?.[1]
    if (name === undefined) throw new Error(`no function answers ${key}`)
    let handler = this.handlers.get(name)
    if (!handler) {
      handler = (await import(`../../functions/api/${name}.ts`)).handler as ApiHandler
      this.handlers.set(name, handler)
    }
    return handler(event, CONTEXT)
  }

  /** Hands messages to ingest as the queue does; answers with those that must come again. */
  async take(messages: readonly { id: string; body: string }[]): Promise<string[]> {
    const Records = messages.map(({ id, body }) => ({ messageId: id, body }))
    const { batchItemFailures } = await this.ingest({ Records } as SQSEvent, CONTEXT)
    return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
  }

  /** Moves the clock, settles what that ends, and does what the schedule of payouts does. */
  async pass(random: Random): Promise<void> {
    this.nowMs += random.pick([HOUR_MS / 6, 2 * HOUR_MS, 25 * HOUR_MS])
    await this.network.advance(new Date(this.nowMs).toISOString())
    await this.network.run()
    const { store } = this.network
    const warn = (text: string, error: Error) => {
      throw new Error(text, { cause: error })
    }
    const deps = { store, now: () => 0, remainingMs: () => 60_000, warn, bus: { put: async () => undefined } }
    for (const step of [requestDue, releaseDue]) {
      let cursor: StepCursor & Partial<StepResult> = { failed: 0 }
      do cursor = await step(deps, cursor)
      while (!cursor.done)
    }
    await this.refresh()
  }

  /** What accounts have available; answers with those that have less than when it was last read. */
  async refresh(): Promise<string[]> {
    const pages = [...new Set([...ACCOUNTS, DESK].map(pageOf))]
    const read = await Promise.all(pages.map((page) => this.network.store.pages.read(page)))
    const before = this.available
    this.available = new Map(
      read.flatMap(({ accounts }) => accounts.map(({ account, available }) => [account, available] as const)),
    )
    return [...before].flatMap(([account, had]) =>
      (this.available.get(account) ?? 0n) < had ? [account] : [],
    )
  }

  /** What every run begins with: money, and an event of each kind that is on time. */
  private async stock(): Promise<void> {
    const at = { occurredAt: '2026-01-01T00:00:00Z' }
    const bodies = [
      message(
        'TokensDeposited',
        [...ACCOUNTS, DESK].map((account) => ({ id: `begin-${account}`, account, amount: '1000000', ...at })),
      ),
      message('RatePublished', { id: 'begin-rate', asset: 'USDC', numerator: '1', denominator: '2', ...at }),
      message('CostIncurred', {
        id: 'begin-cost',
        kind: 'cost',
        amount: '7',
        payer: 'ann',
        details: { n: 1 },
        ...at,
      }),
    ]
    const failed = await this.take(bodies)
    if (failed.length > 0) throw new Error('what every run begins with is not taken')
    this.known.purchase.push('begin-cost')
    await this.refresh()
  }
}
