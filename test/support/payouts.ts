import { hash, randomUUID } from 'node:crypto'
import { monotonicFactory } from 'ulid'
import { callerOf } from '../../shared/api/authority.ts'
import { requestPayout } from '../../shared/api/payouts/payouts.ts'
import type { CommandName } from '../../shared/domain/event.ts'
import { type Inventory, newInventory, supplied } from '../../shared/domain/payout/inventory.ts'
import type { Payout } from '../../shared/domain/payout/payout.ts'
import type { Preference } from '../../shared/domain/payout/preference.ts'
import { type IngestDeps, type IngestOutcome, ingest } from '../../shared/ingest/ingest.ts'
import { post } from '../../shared/ledger/post.ts'
import { end } from '../../shared/payouts/end.ts'
import type { StepCursor, StepResult } from '../../shared/payouts/ports.ts'
import {
  inventoryWrite,
  preferenceWrite,
  readInventory,
  readPayout,
  readPreference,
} from '../../shared/payouts/records.ts'
import { type ReleaseDeps, releaseDue } from '../../shared/payouts/release-due.ts'
import { requestDue } from '../../shared/payouts/request-due.ts'
import type { Store } from '../../shared/store/table.ts'
import type { Engine } from './engine.ts'
import { message, SOURCE } from './intake.ts'
import { command, deposit, stateOf } from './ledger.ts'
import { type TestNetwork, testNetwork } from './network.ts'
import { HOUR_MS, type Json, policyJson, START_MS } from './policies.ts'

export type Told = Record<string, unknown> & { payoutId: string }

/** A network on a manual clock that pays out: in its own asset, and in USDC out of the inventory of `desk`. */
export interface PayingNetwork {
  store: Store
  tableName: string
  network: TestNetwork
  deps: ReleaseDeps
  ingestDeps: IngestDeps
  /** What the bus was told, in order. */
  told: Told[]
  warnings: string[]
  give(account: string, amount: bigint): Promise<void>
  /** Moves the clock, and closes nothing. */
  clock(hours: number): Promise<void>
  /** Moves the clock, and closes the eras that have ended. */
  passTo(hours: number): Promise<void>
  /** Asks with the account's own token; answers with what is stored. */
  ask(
    account: string,
    amount: string,
    more?: { asset?: string; destination?: string; key?: string },
  ): Promise<Payout>
  cancel(id: string): Promise<Payout>
  /** Sends events as whoever may; answers with what ingest did. */
  send(name: CommandName, ...data: object[]): Promise<IngestOutcome>
  rate(id: string, hours: number, numerator: string, denominator: string): Promise<IngestOutcome>
  /** Runs both steps as the state machine does; answers with what failed. */
  run(deps?: Partial<ReleaseDeps>): Promise<{ failed: number; calls: number }>
  stock(amount: bigint): Promise<void>
  prefer(preference: Preference): Promise<void>
  payout(id: string): Promise<Payout>
  inventory(): Promise<Inventory>
  preference(account: string): Promise<Preference>
  /** What an account has available, holds and ever paid. */
  has(account: string): Promise<{ available: bigint; held: bigint; paid: bigint }>
  refusals(): Promise<{ rule: string; message: string }[]>
}

export const TIMELOCK_HOURS = 1

export async function payingNetwork(engine: Engine, changes: Json = {}): Promise<PayingNetwork> {
  const own = await engine.another()
  const payout = { timelock: `PT${TIMELOCK_HOURS}H`, minimum: '5', assets: ['USDC'] }
  const network = testNetwork(own, policyJson({ payout, ...changes }))
  await network.advance(new Date(START_MS).toISOString())
  const { store } = network
  const told: Told[] = []
  const warnings: string[] = []
  const warn = (text: string, error: Error) => warnings.push(`${text}: ${error.message}`)
  const deps: ReleaseDeps = {
    store,
    now: () => START_MS,
    remainingMs: () => 60_000,
    warn,
    bus: {
      put: async (_, detail) => {
        told.push(detail as Told)
      },
    },
  }
  const sources = Object.fromEntries(
    ['TokensDeposited', 'RatePublished', 'PayoutConfirmed', 'PayoutFailed'].map((name) => [name, [SOURCE]]),
  )
  const ingestDeps = { store, sources, now: () => START_MS, newId: monotonicFactory(), warn }
  const at = (hours: number) => START_MS + hours * HOUR_MS
  const send: PayingNetwork['send'] = (name, ...data) =>
    ingest(
      ingestDeps,
      data.map((one) => message(name, { occurredAt: '2026-01-01T00:00:00Z', ...one })),
    )
  return {
    store,
    tableName: own.tableName,
    network,
    deps,
    ingestDeps,
    told,
    warnings,
    send,
    async give(account, amount) {
      await post(deps, command(randomUUID(), deposit(account, amount)))
    },
    clock: (hours) => store.clock.advance(at(hours)),
    passTo: (hours) => network.advance(new Date(at(hours)).toISOString()),
    async ask(account, amount, { key = randomUUID(), ...more } = {}) {
      const body = { amount, ...more }
      const caller = callerOf({ account })
      const digest = hash('sha256', JSON.stringify([account, amount, more]))
      const { id } = await requestPayout(deps, { account, body } as never, { caller, key, digest })
      return (await readPayout(store, id)).value
    },
    async cancel(id) {
      const change = (moment: { at: number }) => end(store, moment, id, 'CANCELLED')
      const { answer } = await post(deps, { id: `cmd#test#cancel#${randomUUID()}`, digest: id, change })
      return answer as Payout
    },
    rate: (id, hours, numerator, denominator) =>
      send('RatePublished', {
        id,
        asset: 'USDC',
        numerator,
        denominator,
        occurredAt: new Date(at(hours)).toISOString(),
      }),
    async run(more = {}) {
      const counted = { failed: 0, calls: 0 }
      for (const step of [requestDue, releaseDue]) {
        let cursor: StepCursor & Partial<StepResult> = { failed: 0 }
        do {
          cursor = await step({ ...deps, ...more }, cursor)
          counted.calls += 1
        } while (!cursor.done)
        counted.failed += cursor.failed
      }
      return counted
    },
    async stock(amount) {
      const made = newInventory({ asset: 'USDC', decimals: 2, account: 'desk' })
      const records = [inventoryWrite(supplied(made, amount), 0)]
      await post(deps, { id: 'cmd#test#stock', digest: '', change: { moves: [], records } })
    },
    async prefer(preference) {
      const { version } = await readPreference(store, preference.account)
      const records = [preferenceWrite(preference, version)]
      await post(deps, { id: `cmd#test#prefer#${randomUUID()}`, digest: '', change: { moves: [], records } })
    },
    payout: async (id) => (await readPayout(store, id)).value,
    inventory: async () => (await readInventory(store, 'USDC')).value,
    preference: async (account) => (await readPreference(store, account)).value,
    async has(account) {
      const { available, holds, paid } = await stateOf(store, account)
      return { available, held: holds.reduce((sum, { amount }) => sum + amount, 0n), paid }
    },
    refusals: () => store.quarantine.waiting({ limit: 100 }),
  }
}
