import { randomBytes, randomUUID } from 'node:crypto'
import type { SQSEvent } from 'aws-lambda'
import { type Event, eventKey, type FeeCharged, keyHash } from '../../shared/domain/event.ts'
import { shardOfHash } from '../../shared/domain/settle.ts'
import type { Store } from '../../shared/store/table.ts'
import { message } from '../support/intake.ts'
import { START_MS } from '../support/policies.ts'

/** What producers send in a bench. Ids have 36 characters, payers 42, amounts 18 digits. */

export interface SentFee {
  id: string
  kind: string
  amount: string
  payer: string
  occurredAt: string
}

export const HOUR_MS = 3_600_000

export function sentFee(payer = address()): SentFee {
  return {
    id: randomUUID(),
    kind: Math.random() < 0.5 ? 'gas_fee' : 'bridge_fee',
    amount: amount().toString(),
    payer,
    occurredAt: new Date(START_MS + Math.floor(Math.random() * HOUR_MS)).toISOString(),
  }
}

export function amount(): bigint {
  return 10n ** 17n + (randomBytes(8).readBigUInt64LE() % (9n * 10n ** 17n))
}

export function address(): string {
  return `0x${randomBytes(20).toString('hex')}`
}

/** An invocation as SQS makes it: every message carries `each` fees, one alone or an array of them. */
export function batch(messages: number, each = 1): SQSEvent {
  const records = Array.from({ length: messages }, () => {
    const data = each === 1 ? sentFee() : Array.from({ length: each }, () => sentFee())
    const { id, body } = message('FeeCharged', data)
    return { messageId: id, body }
  })
  return { Records: records } as SQSEvent
}

export function bodiesOf({ Records }: SQSEvent): string[] {
  return Records.map(({ body }) => body)
}

/** The fees that a message's body carries, as whoever takes them one by one reads them. */
export function feesOf(body: string): SentFee[] {
  return [(JSON.parse(body) as { detail: { data: SentFee | SentFee[] } }).detail.data].flat()
}

/** Fees as ingest admits them, in the first hour. */
export function fees(count: number): FeeCharged[] {
  return Array.from({ length: count }, () => {
    const { amount, occurredAt, ...fee } = sentFee()
    return { name: 'FeeCharged', ...fee, amount: BigInt(amount), occurredAt: Date.parse(occurredAt) }
  })
}

/** Events of one segment of {@link append}: what 1,000 single fees of one invocation leave in each of four shards. */
const SEGMENT_EVENTS = 250

/** Writes events to the log as ingest does, in the shards they belong to, or all of them in one. */
export async function append(
  store: Store,
  era: number,
  events: readonly Event[],
  { shards, only }: { shards: number; only?: number } = { shards: 1 },
): Promise<void> {
  const byShard = Array.from({ length: shards }, (): { event: Event; hash: bigint }[] => [])
  for (const event of events) {
    const hash = keyHash(eventKey(event))
    byShard[only ?? shardOfHash(hash, shards)]?.push({ event, hash })
  }
  for (const [shard, own] of byShard.entries()) {
    const segments = []
    for (let at = 0; at < own.length; at += SEGMENT_EVENTS) {
      const run = own.slice(at, at + SEGMENT_EVENTS)
      const earliest = Math.min(...run.map(({ event }) => event.occurredAt))
      const [booked, hashes] = [run.map(({ event }) => event), run.map(({ hash }) => hash)]
      segments.push({ era, shard, events: booked, hashes, earliest })
    }
    for (const failure of await store.log.append(segments)) if (failure) throw failure
  }
}
