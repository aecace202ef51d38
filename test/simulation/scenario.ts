import { type Calendar, eraAt, eraStart, formatPosition, isByBlock } from '../../shared/domain/calendar.ts'
import { InvalidPolicyError, parsePolicy } from '../../shared/domain/policy/policy.ts'
import type { Sent } from '../differential/naive/language.ts'
import { type Random, seeded } from '../differential/random.ts'
import { randomEvents } from '../differential/random-events.ts'
import { type Json, randomPolicy, randomScale } from '../differential/random-policy.ts'

/** What producers and people do in a run, whatever goes wrong meanwhile. */
export interface Scenario {
  policy: Json
  clock: 'manual' | 'events' | 'wall'
  /** Wall time at which it begins, ms. */
  startMs: number
  shards: number
  partitions: number
  /**
   * Whether an era is closed only when all that was sent for it has been taken. Then the eras count the same whatever
   * goes wrong, so their seals are those of an undisturbed run.
   */
  isStrict: boolean
  /** One for each era that is settled, in order. */
  phases: Phase[]
}

export interface Phase {
  messages: Message[]
  /** The position at which the era ends. */
  end: string | number
}

export interface Message {
  /** Its own, for ever. */
  name: string
  /** What EventBridge makes of an entry. */
  body: string
  /** Where the wall clock rules: not before then, ms. */
  notBefore: number
}

/** Where producers send from: what the local stage lets in. */
const SOURCE = 'exchequer.sample'

/** A backfill on an events clock comes long after what it tells. */
const BACKFILL_MS = Date.UTC(2031, 0, 1)

/** Draws a scenario: a random policy, random events, and a clock. */
export function drawScenario(seed: number): Scenario {
  const random = seeded(seed)
  const clock = random.pick(['manual', 'manual', 'manual', 'events', 'wall'] as const)
  for (let attempt = 0; attempt < 10_000; attempt += 1) {
    const scale = randomScale(random)
    const drawn = randomPolicy(random, scale)
    const era = drawn.era as Json
    // A wall clock is waited for: only short eras are soon over.
    if (clock === 'wall' && era.every !== 'PT1H') continue
    const policy = { ...drawn, era: { ...era, clock, ...(clock !== 'manual' && { grace: 'PT2M' }) } }
    if (!isPolicy(policy)) continue
    const eras = random.pick([1, 2, 3, 3, 4, 5])
    const events = randomEvents(random, policy, eras, scale)
    const { calendar } = parsePolicy(policy).era
    return {
      policy,
      clock,
      startMs: clock === 'wall' ? eraStart(calendar, 0) : BACKFILL_MS,
      shards: random.int(1, 3),
      partitions: random.pick([1, 2, 4]),
      isStrict: clock === 'manual' && random.chance(0.7),
      phases: phasesOf(random, calendar, eras, events),
    }
  }
  throw new Error(`seed ${seed} draws no valid policy`)
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

/** Deals events out to the eras in which they are sent: an entry of several goes with the first. */
export function phasesOf(random: Random, calendar: Calendar, eras: number, events: readonly Sent[]): Phase[] {
  const phases: Phase[] = Array.from({ length: eras }, (_, era) => ({
    messages: [],
    end: formatPosition(calendar, eraStart(calendar, era + 1)),
  }))
  for (const [number, event] of events.entries()) {
    const data = [event.detail.data].flat() as { occurredAt: string; block?: number }[]
    const moments = data.map(({ occurredAt }) => Date.parse(occurredAt))
    const positions = isByBlock(calendar) ? data.map(({ block }) => block ?? 0) : moments
    const own = Math.min(...positions.map((position) => eraAt(calendar, position)))
    // Now and then something comes an era late.
    const era = Math.min(eras - 1, Math.max(0, own) + (random.chance(0.05) ? 1 : 0))
    phases[era]?.messages.push(messageOf(`m${number}`, event, Math.max(...moments)))
  }
  return phases
}

export function messageOf(name: string, { 'detail-type': type, detail }: Sent, notBefore: number): Message {
  const body = {
    version: '0',
    id: name,
    'detail-type': type,
    source: SOURCE,
    account: '000000000000',
    time: '2026-01-01T00:00:00Z',
    region: 'eu-central-1',
    resources: [],
    detail: { metadata: { version: 1 }, data: detail.data },
  }
  return { name, body: JSON.stringify(body), notBefore }
}
