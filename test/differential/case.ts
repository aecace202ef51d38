import { isDeepStrictEqual } from 'node:util'
import { eraStart, formatPosition } from '../../shared/domain/calendar.ts'
import { InvalidPolicyError, parsePolicy } from '../../shared/domain/policy/policy.ts'
import { type EraResult, eraResult, simulate } from '../../shared/domain/simulate.ts'
import { EVENT_NAMES, readEvent } from '../../shared/events/contracts.ts'
import { readSent } from '../support/events.ts'
import type { NaiveEra, RawPolicy, Sent } from './naive/language.ts'
import { evaluate } from './naive.ts'
import { seeded } from './random.ts'
import { randomEvents } from './random-events.ts'
import { type Json, randomPolicy, randomScale } from './random-policy.ts'

/** A policy, the events of some eras as they are sent, and how far both sides settle. */
export interface Case {
  seed: number
  policy: Json
  events: Sent[]
  eras: number
  /** How the engine spreads the work, which must not matter. */
  shards: number
  partitions: number
}

/** Draws cases from a seed until the engine's own parser takes the policy. */
export function drawCase(seed: number): Case {
  const random = seeded(seed)
  for (let attempt = 0; attempt < 1_000; attempt += 1) {
    const scale = randomScale(random)
    const policy = randomPolicy(random, scale)
    if (!isPolicy(policy)) continue
    const eras = random.pick([1, 2, 3, 4, 5, 6, 6, 8])
    const events = randomEvents(random, policy, eras, scale)
    return { seed, policy, events, eras, shards: random.int(1, 7), partitions: random.pick([1, 4, 16]) }
  }
  throw new Error(`seed ${seed} draws no valid policy in 1,000 attempts`)
}

/** Whether policy and events are valid: what is not has no answer to differ about. */
export function isReadable({ policy, events }: Pick<Case, 'policy' | 'events'>): boolean {
  return isPolicy(policy) && events.every((event) => isEvent(policy, event))
}

function isPolicy(policy: Json): boolean {
  try {
    parsePolicy(policy)
    return true
  } catch (error) {
    if (error instanceof InvalidPolicyError) return false
    throw error
  }
}

function isEvent({ income, costs }: Json, { 'detail-type': type, detail }: Sent): boolean {
  const name = EVENT_NAMES.find((known) => known === type)
  if (name === undefined || detail === undefined) return false
  const data = Array.isArray(detail.data) ? detail.data : [detail.data]
  return data.every((one) => {
    const read = readEvent(name, one)
    if (!('event' in read)) return false
    const kinds = ({ FeeCharged: income, CostIncurred: costs } as Record<string, object>)[name]
    return kinds === undefined || Object.hasOwn(kinds, (read.event as { kind: string }).kind)
  })
}

/** Settles a case on both sides. Answers with what differs, a line each; nothing when they agree. */
export async function differences({
  policy: json,
  events,
  eras,
  shards,
  partitions,
}: Case): Promise<string[]> {
  const policy = parsePolicy(json)
  const until = eraStart(policy.era.calendar, eras)
  const naive = evaluate(json as RawPolicy, events, formatPosition(policy.era.calendar, until))
  let engine: EraResult[]
  try {
    const settled = await simulate(policy, json, events.flatMap(readSent), until, { shards, partitions })
    engine = settled.eras.map(eraResult)
  } catch (error) {
    return [`the engine stops: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`]
  }
  if (naive.length !== engine.length)
    return [`naive settles ${naive.length} eras, the engine ${engine.length}`]
  return naive.flatMap((era, index) => compare(`era ${index}`, era, engine[index]))
}

function compare(path: string, naive: NaiveEra | unknown, engine: unknown): string[] {
  if (isDeepStrictEqual(naive, engine)) return []
  if (isRecord(naive) && isRecord(engine)) {
    const keys = [...new Set([...Object.keys(naive), ...Object.keys(engine)])]
    return keys.flatMap((key) => compare(`${path} ${key}`, naive[key], engine[key]))
  }
  return [`${path}: naive ${JSON.stringify(naive)}, engine ${JSON.stringify(engine)}`]
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
