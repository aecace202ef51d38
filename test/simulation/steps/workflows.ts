import { parsePolicy } from '../../../shared/domain/policy/policy.ts'
import type { Json } from '../../differential/random-policy.ts'
import { split } from '../../support/policies.ts'
import type { StoryKind } from '../people/stories.ts'
import { given, type Message, messageOf, type Scenario } from '../scenario.ts'

/** One way through the service, in which something goes wrong at every call. */
export interface Workflow {
  scenario: Scenario
  /** Whether it is a call of this workflow, by where in the run it is made; `places` are those of all calls. */
  isOwn: (place: string, places: readonly string[]) => boolean
  /** Whether what is counted in which era depends on how long things take: then books are right, and not the same. */
  isShifting?: boolean
}

const ERA_MS = 5 * 60_000
const START_MS = Date.UTC(2026, 0, 1)
/** Where the clock is not the wall's, everything is told long after it was. */
const LATER_MS = Date.UTC(2027, 0, 1)

/** Long enough for the pay-out schedule to come round, and for whoever moves money, ms. */
const PAID_WITHIN_MS = 10 * 60_000

const SETTLEMENT =
  /^(schedule Settlement|close |fold |weigh |decide |credit |seal |publish |operator settlement)/
const STEP = /^(close|fold|weigh|decide|credit|seal|publish) /
const PAY_OUT = /^(request|release|moved)/

const POLICY: Json = {
  network: 'stepwise',
  version: 1,
  asset: { symbol: 'STEP', decimals: 0 },
  income: {
    fee: { admit: '70%', restTo: '@insurance' },
    access_requirement: { recognise: 'ratable' },
    transaction_fee: {},
  },
  costs: { cost: {} },
  base: 'gross',
  stages: [
    split({ reward: '@reward 90%', treasury: '@treasury 10%' }),
    {
      id: 'rewards',
      from: '@reward',
      take: [
        { id: 'providers', to: 'group:providers', obligation: 'utilisation' },
        { id: 'payers', to: 'group:payers', restShare: '100%' },
      ],
      rest: '@reward',
    },
  ],
  groups: {
    providers: { weight: { metric: 'work' }, ifEmpty: '@treasury' },
    payers: {
      weight: {
        hybrid: [
          { share: '50%', weight: { metric: 'feesPaid' } },
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
  payout: { timelock: 'PT2M', minimum: '5' },
}

const MINUTES: Json = { every: 'PT5M', from: '2026-01-01T00:00:00Z' }
const BLOCKS: Json = { blocks: 10, from: 0 }

/** Whether a call is made by the invocation that starts the state machine. */
function startsSettlement(place: string, places: readonly string[]): boolean {
  const start = places.find((one) => one.endsWith(' StartExecution'))
  return start !== undefined && invocationOf(place) === invocationOf(start)
}

function invocationOf(place: string): string {
  return place.slice(0, place.lastIndexOf('/'))
}

interface Told {
  id: string
  type?: string
  account?: string
  amount?: number
  /** Of the era in which it happens. */
  after?: number
}

/** A scenario of so many eras, in each of which the same is told, and in whose first this is done. */
function scenarioOf(era: Json, eras: number, told: readonly Told[], story?: StoryKind): Scenario {
  const policy = { ...POLICY, era }
  const { calendar, clock } = parsePolicy(policy).era
  const byBlock = 'blocks' in era
  const phases = Array.from({ length: eras }, (_, n) => {
    const startMs = START_MS + n * ERA_MS
    const messages = told.map((one) => tellIn(one, n, startMs, byBlock))
    const end = byBlock ? (n + 1) * 10 : new Date(startMs + ERA_MS).toISOString()
    return { messages: n === 0 ? [...given(calendar), ...messages] : messages, end }
  })
  return {
    policy,
    clock,
    startMs: clock === 'wall' ? START_MS : LATER_MS,
    shards: 1,
    partitions: 1,
    isStrict: clock === 'manual',
    phases,
    stories: story ? [{ name: story, kind: story, phase: 0, afterMs: 0 }] : [],
    isStepwise: true,
    ...(story === 'cashOut' && { patienceMs: PAID_WITHIN_MS }),
  }
}

/** The same while the first eras are closed one soon after the other. */
function closing(era: Json): Scenario {
  const scenario = scenarioOf(era, 3, FEES, 'sell')
  const stories = [0, 7_000, 14_000].map((ms, n) => ({
    name: `sell${n}`,
    kind: 'sell' as const,
    phase: 1,
    afterMs: 12_000 + ms,
  }))
  return { ...scenario, isStrict: false, isStepwise: false, stories }
}

function tellIn(
  { id, type = 'FeeCharged', account, amount = 1_000 }: Told,
  era: number,
  startMs: number,
  byBlock: boolean,
): Message {
  const occurredAt = new Date(startMs + 1_000).toISOString()
  const base = { id: `${id}-${era}`, occurredAt, ...(byBlock && { block: era * 10 + 1 }) }
  const fee = { ...base, kind: 'fee', amount: String(amount), ...(account && { payer: account }) }
  const metric = { ...base, account, metric: 'work', value: String(amount) }
  const data = type === 'FeeCharged' ? fee : metric
  return messageOf(`${id}-${era}`, { 'detail-type': type, detail: { data } }, startMs)
}

const FEES: Told[] = [
  { id: 'fee-a', account: 'a', amount: 1_001 },
  { id: 'fee-b', account: 'b', amount: 333 },
  { id: 'work-c', type: 'MetricReported', account: 'c', amount: 7 },
]
/** What is not of this network: its kind is none of the policy's. */
const WRONG: Told = { id: 'wrong', type: 'MetricReported' }

export const WORKFLOWS = {
  ingest: {
    scenario: scenarioOf({ ...MINUTES, clock: 'manual' }, 1, [...FEES, WRONG]),
    isOwn: (place) => place.startsWith('ingest#'),
  },
  /** Messages are on their way while their era is closed. */
  'ingest-closing': {
    scenario: { ...scenarioOf({ ...MINUTES, clock: 'manual' }, 3, FEES), isStrict: false },
    isOwn: (place) => place.startsWith('ingest#'),
    isShifting: true,
  },
  'settle-wall': {
    scenario: scenarioOf({ ...MINUTES, clock: 'wall', grace: 'PT1M' }, 2, FEES),
    isOwn: (place) => SETTLEMENT.test(place),
  },
  'settle-blocks': {
    scenario: scenarioOf({ ...BLOCKS, clock: 'events', grace: 'PT1M' }, 2, FEES),
    isOwn: (place) => SETTLEMENT.test(place),
  },
  market: {
    scenario: scenarioOf({ ...MINUTES, clock: 'manual' }, 2, FEES, 'sell'),
    isOwn: (place) => place.includes(' asks POST '),
  },
  /** Commands are on their way while their era is closed. */
  'market-closing': {
    scenario: closing({ ...MINUTES, clock: 'manual' }),
    isOwn: (place) => place.includes(' asks POST '),
    isShifting: true,
  },
  payout: {
    scenario: scenarioOf({ ...MINUTES, clock: 'manual' }, 1, FEES, 'cashOut'),
    isOwn: (place) => place.includes(' asks POST ') || PAY_OUT.test(place) || place.startsWith('ingest#'),
  },
} satisfies Record<string, Workflow> as Record<string, Workflow>

/** One era from the tick that closes it to its last step: few enough calls for every two of them. */
export const ONE_ERA: Record<string, Workflow> = {
  'one-era-wall': {
    scenario: scenarioOf({ ...MINUTES, clock: 'wall', grace: 'PT1M' }, 1, FEES),
    isOwn: (place, places) => STEP.test(place) || startsSettlement(place, places),
  },
  'one-era-blocks': {
    scenario: scenarioOf({ ...BLOCKS, clock: 'events', grace: 'PT1M' }, 1, FEES),
    isOwn: (place, places) => STEP.test(place) || startsSettlement(place, places),
  },
}
