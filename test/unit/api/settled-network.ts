import { connectReader, type Reader } from '../../../shared/api/network.ts'
import type { ReadStore } from '../../../shared/api/ports.ts'
import { isSystem, pageOf } from '../../../shared/domain/account.ts'
import { eraAt } from '../../../shared/domain/calendar.ts'
import type { BusEvent, Event } from '../../../shared/domain/event.ts'
import type { Purchase } from '../../../shared/domain/facts.ts'
import { entriesByAccount } from '../../../shared/domain/moves.ts'
import { emptyPage } from '../../../shared/domain/page.ts'
import { parsePolicy, policyHash } from '../../../shared/domain/policy/policy.ts'
import type { Seal } from '../../../shared/domain/seal.ts'
import { allAccounts } from '../../../shared/domain/settle.ts'
import { simulate } from '../../../shared/domain/simulate.ts'
import type { AccountEntry } from '../../../shared/ledger/ports.ts'
import type { NetworkClock, NetworkState } from '../../../shared/settlement/ports.ts'

/** A network settled by the domain in memory, and a read store over its values that counts what is read. */

export const HOUR = 3_600_000
export const ORIGIN = Date.UTC(2026, 0, 1)

export const policyJson = {
  network: 'magnet-by-the-hour',
  version: 1,
  asset: { symbol: 'DOT18', decimals: 18 },
  era: { every: 'PT1H', from: '2026-01-01T00:00:00Z', clock: 'manual' },
  income: { gas_fee: {} },
  costs: { coretime_bulk: {} },
  base: 'net',
  minimum: '10',
  loss: { from: '@system-reserve' },
  stages: [
    {
      id: 'profit',
      from: '@pool',
      split: [
        { id: 'system-reserve', to: '@system-reserve', share: '50%' },
        { id: 'collators', to: 'group:collators', share: '50%' },
      ],
      rest: '@system-reserve',
    },
  ],
  groups: { collators: { weight: { metric: 'costPaid' }, ifEmpty: '@system-reserve' } },
  payout: { timelock: 'PT2H' },
} as const

export function fee(id: string, era: number, amount: bigint): Event {
  return { name: 'FeeCharged', id, kind: 'gas_fee', amount, occurredAt: ORIGIN + era * HOUR }
}

export function cost(id: string, era: number, payer: string, amount: bigint): Event {
  return { name: 'CostIncurred', id, kind: 'coretime_bulk', amount, payer, occurredAt: ORIGIN + era * HOUR }
}

export function deposit(id: string, era: number, account: string, amount: bigint): BusEvent {
  return { name: 'TokensDeposited', id, account, amount, occurredAt: ORIGIN + era * HOUR }
}

/** Three eras: two with profit, one in which nothing happened; "late-comer" is credited in the second only. */
export const sampleEvents: Event[] = [
  fee('f1', 0, 1_000n),
  cost('c1', 0, 'ann', 10n),
  cost('c2', 0, 'bob', 20n),
  fee('f2', 1, 2_000n),
  cost('c3', 1, 'ann', 30n),
  cost('c4', 1, 'late-comer', 7n),
]

export interface Settled {
  reader: Reader
  store: ReadStore
  state: NetworkState
  clock: NetworkClock
  seals: Seal[]
  /** Names of the reads so far. */
  reads: string[]
  /** What the wall clock says, ms. */
  wall: { now: number }
}

/** Settles `eras` eras of `json` and answers with a reader over them; the stored clock stands at the end of the last. */
export async function settled(
  options: {
    json?: object
    events?: readonly BusEvent[]
    eras?: number
    purchases?: Purchase[]
    entries?: AccountEntry[]
  } = {},
): Promise<Settled> {
  const { json = policyJson, events = sampleEvents, eras = 3, purchases = [], entries = [] } = options
  const policy = parsePolicy(json)
  const until = ORIGIN + eras * HOUR
  const { network, eras: results } = await simulate(policy, json, events, until)
  const seals = results.map(({ seal }) => seal)
  const state: NetworkState = {
    openEra: eras,
    closedThrough: eras - 1,
    sealedThrough: eras - 1,
    policyVersion: 1,
    shards: network.shards,
    partitions: network.partitions,
    closedAt: 0,
  }
  const clock: NetworkClock = { watermark: -1, latest: -1, advancedTo: until, passed: [] }
  const running = { income: {} as Record<string, { count: number; amount: bigint }>, costs: {} }
  for (const event of events) {
    if (event.name !== 'FeeCharged' || eraAt(policy.era.calendar, event.occurredAt) !== eras) continue
    running.income[event.kind] = { count: 1, amount: event.amount }
  }
  const reads: string[] = []
  const wall = { now: until }
  const rowOf = (era: number, account: string) =>
    results[era]?.statements
      .find(({ page }) => page === pageOf(account))
      ?.rows.find((row) => row.account === account)
  const values: ReadStore = {
    async page(page) {
      const accounts = allAccounts(network).filter(
        ({ account }) => !isSystem(account) && pageOf(account) === page,
      )
      return { ...emptyPage(page), accounts }
    },
    async statement(era, account) {
      const row = rowOf(era, account)
      return row && { row, releaseAt: (results[era] as (typeof results)[number]).plan.releaseAt }
    },
    async entries(account, { from = 0, through = Number.POSITIVE_INFINITY, cursor, limit }) {
      const below = cursor === undefined ? entries.length : Number(cursor)
      const found = [...entries.entries()].filter(
        ([n, entry]) =>
          n < below &&
          entry.era >= from &&
          entry.era <= through &&
          entriesByAccount(entry.moves).has(account),
      )
      const page = found.toReversed().slice(0, limit)
      const last = page.at(-1)
      return {
        entries: page.map(([, entry]) => ({
          ...entry,
          moves: entriesByAccount(entry.moves).get(account) ?? [],
        })),
        ...(found.length > limit && last && { next: String(last[0]) }),
      }
    },
    async seals({ before = Number.MAX_SAFE_INTEGER, limit }) {
      const found = seals.filter(({ era }) => era < before).reverse()
      const page = found.slice(0, limit)
      const last = page.at(-1)
      return { seals: page, ...(found.length > limit && last && { next: last.era }) }
    },
    seal: async (era) => seals.find((seal) => seal.era <= era && era <= seal.through),
    plan: async (era) => results[era]?.plan,
    isSettling: async () => false,
    purchase: async (id) => purchases.find((purchase) => purchase.id === id),
    async purchasesByBuyer(buyer, { cursor = '', limit }) {
      const found = purchases.filter((purchase) => purchase.buyer === buyer && purchase.id > cursor)
      const page = found.slice(0, limit)
      const last = page.at(-1)
      return { purchases: page, ...(found.length > limit && last && { next: last.id }) }
    },
    quarantined: async () => ({ events: [] }),
    running: async () => running,
    state: async () => ({ ...state }),
    clock: async () => ({ ...clock }),
    policy: async (version) =>
      version === 1 ? { version, effectiveFrom: 0, hash: policyHash(json), json, policy } : undefined,
  }
  const store = counting(values, reads)
  return { reader: connectReader(store, () => wall.now), store, state, clock, seals, reads, wall }
}

function counting(store: ReadStore, reads: string[]): ReadStore {
  return new Proxy(store, {
    get: (target, name: keyof ReadStore) => {
      return (...args: unknown[]) => {
        reads.push(name)
        return (target[name] as (...args: unknown[]) => unknown)(...args)
      }
    },
  })
}
