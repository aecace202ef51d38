import { randomBytes, randomUUID } from 'node:crypto'
import { monotonicFactory } from 'ulid'
import type { Event, EventName } from '../../shared/domain/event.ts'
import type { IngestDeps } from '../../shared/ingest/ingest.ts'
import type { Message } from '../../shared/ingest/messages.ts'
import type { Quarantined } from '../../shared/ingest/ports.ts'
import { openNetwork } from '../../shared/settlement/open.ts'
import { connectStore, type Store } from '../../shared/store/table.ts'
import { type Engine, startEngine } from './engine.ts'

/** Builders of what producers send, and a network that takes it in. */

export const SOURCE = 'exchequer.test'

/** A message as the queue hands it over: the body is what EventBridge makes of an entry. */
export function message(detailType: EventName | string, data: unknown, envelope: object = {}): Message {
  const body = {
    version: '0',
    id: randomUUID(),
    'detail-type': detailType,
    source: SOURCE,
    account: '000000000000',
    time: '2026-01-01T00:00:00Z',
    region: 'eu-west-1',
    resources: [],
    detail: { metadata: { version: 1 }, data },
    ...envelope,
  }
  return { id: randomUUID(), body: JSON.stringify(body) }
}

export function fee(more: object = {}): Record<string, unknown> {
  return {
    id: randomUUID(),
    kind: 'gas_fee',
    amount: '1000000000000000000',
    payer: address(),
    occurredAt: '2026-01-01T00:10:00Z',
    ...more,
  }
}

export function address(): string {
  return `0x${randomBytes(20).toString('hex')}`
}

export interface TestNetwork {
  engine: Engine
  store: Store
  deps: IngestDeps
  warnings: string[]
  /** Everything in the log of an era, shard by shard. */
  booked(era: number): Promise<Event[]>
  waiting(): Promise<Quarantined[]>
}

/** A network on an engine of its own; the wall says `now`, ms. */
export async function testNetwork(policyJson: unknown, { now = 0 } = {}): Promise<TestNetwork> {
  const engine = await startEngine()
  const store = connectStore({ tableName: engine.tableName, client: engine.client, pause: async () => {} })
  await openNetwork(store, policyJson, now)
  const warnings: string[] = []
  const sources = {
    FeeCharged: [SOURCE],
    CostIncurred: [SOURCE],
    MetricReported: [SOURCE],
    StakeReported: ['*'],
  }
  return {
    engine,
    store,
    warnings,
    deps: {
      store,
      sources: { ...sources, ParticipantChanged: [SOURCE], ObligationDue: [SOURCE], SpreadEnded: [SOURCE] },
      now: () => now,
      newId: monotonicFactory(),
      warn: (text) => warnings.push(text),
    },
    async booked(era) {
      const shards = (await store.state.read())?.shards ?? 0
      const found: Event[] = []
      for (let shard = 0; shard < shards; shard++) {
        for await (const { events } of store.log.segments(era, shard)) found.push(...events())
      }
      return found
    },
    waiting: () => store.quarantine.waiting({ limit: 1_000 }),
  }
}
