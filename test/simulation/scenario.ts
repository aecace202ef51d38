import { type Calendar, eraAt, eraStart, formatPosition, isByBlock } from '../../shared/domain/calendar.ts'
import { InvalidPolicyError, parsePolicy } from '../../shared/domain/policy/policy.ts'
import type { Sent } from '../differential/naive/language.ts'
import { type Random, seeded } from '../differential/random.ts'
import { randomEvents } from '../differential/random-events.ts'
import { type Json, randomPolicy, randomScale } from '../differential/random-policy.ts'
import { type Limits, SMALL } from './aws/limits.ts'
import { livelyPolicy } from './people/policy.ts'
import { GIVEN, PEOPLE, type Story, type StoryKind } from './people/stories.ts'

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
  /** How long a closed era waits for whoever still writes, s: that only makes lateness rare, so it may be nothing. */
  fenceSeconds?: number
  /** How much the functions do at a time, by the deployment: the product's own amount where it is not said. */
  limits?: Limits[]
  /** One for each era that is settled, in order. */
  phases: Phase[]
  stories: Story[]
  /** Whether an operator puts through admission again what is in quarantine, and lets in what is late. */
  replays?: boolean
  /** Whether stories begin when all that was sent has been taken, and an era is closed when they are over. */
  isStepwise?: boolean
  /** How long what was done goes on by itself in the end, ms: a minute where it is not said. */
  patienceMs?: number
}

export interface Phase {
  messages: Message[]
  /** The position at which the era ends. */
  end: string | number
  /** On a manual clock: whether nobody says that it has ended before the next one has. */
  isPassedOver?: boolean
}

export interface Message {
  /** Its own, for ever. */
  name: string
  /** What EventBridge makes of an entry. */
  body: string
  /** Where the wall clock rules: not before then, ms. */
  notBefore: number
  /** Sent so long after the moment at which its era may be closed, ms: on the way while it is. */
  afterCloseMs?: number
}

/** Where producers send from: what the local stage lets in. */
const SOURCE = 'exchequer.sample'

/** A backfill on an events clock comes long after what it tells. */
const BACKFILL_MS = Date.UTC(2031, 0, 1)

/** How many messages are on the way while their era is closed, where it may be, and when they are sent, ms. */
const NEAR_CLOSE = 0.4
const NEAR_CLOSE_MS = [-3_000, 1_000] as const

/** How many of the eras are such that nothing is sent for them, and how many are closed only with the next. */
const SILENT = [0, 0, 0.2, 0.3, 0.9, 0.9]
const PASSED_OVER = 0.2

/** How old an event may be: so old that none is too old, mostly. */
const LATENESSES = [undefined, undefined, 'P1D', 'PT1H'] as const

/** How often a network gets another version of its policy on the way. */
const AMENDED = 0.4

/** How much people do in a phase, at most, and how late in a phase that takes time, ms. */
const MOST_STORIES = 5
const PHASE_MS = { wall: 3_000_000, other: 30_000 }

/** Draws a scenario: a policy, events, a clock, and what people do. */
export function drawScenario(seed: number): Scenario {
  const random = seeded(seed)
  const clock = random.pick(['manual', 'manual', 'manual', 'events', 'wall'] as const)
  const isLively = random.chance(0.6)
  for (let attempt = 0; attempt < 10_000; attempt += 1) {
    const scale = randomScale(random)
    const drawn = randomPolicy(random, scale)
    const every = drawn.era as Json
    // A wall clock is waited for: only short eras are soon over.
    if (clock === 'wall' && every.every !== 'PT1H') continue
    const lateness = random.pick(LATENESSES)
    const era = {
      ...every,
      ...(lateness && { lateness }),
      clock,
      ...(clock !== 'manual' && { grace: 'PT2M' }),
    }
    const policy = isLively ? livelyPolicy(random, era) : { ...drawn, era }
    if (!isPolicy(policy)) continue
    const eras = random.pick([1, 2, 2, 2, 3, 4])
    const events = randomEvents(random, policy, eras, scale)
    const { calendar } = parsePolicy(policy).era
    const isStrict = clock === 'manual' && random.chance(0.3)
    const phases = phasesOf(random, calendar, eras, events)
    const silent = random.pick(SILENT)
    for (const [era, phase] of phases.entries()) {
      if (random.chance(silent)) phase.messages = []
      if (era < eras - 1 && random.chance(PASSED_OVER)) phase.isPassedOver = true
      if (isStrict) continue
      for (const message of phase.messages)
        if (random.chance(NEAR_CLOSE)) message.afterCloseMs = random.int(...NEAR_CLOSE_MS)
    }
    const startMs = clock === 'wall' ? eraStart(calendar, 0) : BACKFILL_MS
    if (isLively) phases[0]?.messages.push(...given(calendar))
    return {
      policy,
      clock,
      startMs,
      shards: random.int(1, 3),
      partitions: random.pick([1, 2, 4]),
      isStrict,
      fenceSeconds: random.pick([0, 0, 1]),
      limits: random.pick([[], [SMALL], [SMALL, {}], [{}, SMALL]]),
      replays: random.chance(0.7),
      phases,
      stories: drawStories(random, eras, { isLively, isWall: clock === 'wall' }),
    }
  }
  throw new Error(`seed ${seed} draws no valid policy`)
}

function drawStories(
  random: Random,
  eras: number,
  { isLively, isWall }: { isLively: boolean; isWall: boolean },
): Story[] {
  const lively = ['transfer', 'stake', 'booking', 'booking', 'order', 'payout', 'read', 'read'] as const
  const kinds: readonly StoryKind[] = isLively ? lively : ['read', 'transfer']
  const phases = Array.from({ length: eras }, (_, phase) => phase)
  const stories = phases.flatMap((phase) =>
    Array.from({ length: random.int(1, isLively ? MOST_STORIES : 2) }, () => ({
      kind: random.pick(kinds),
      phase,
    })),
  )
  stories.push({ kind: 'decide', phase: eras - 1 })
  if (random.chance(AMENDED)) stories.push({ kind: 'amend', phase: random.int(0, eras - 1) })
  return stories.map((story, number) => ({
    ...story,
    name: `s${number}`,
    afterMs: random.int(0, isWall ? PHASE_MS.wall : PHASE_MS.other),
  }))
}

/** What people have at first, told as deposits. */
export function given(calendar: Calendar): Message[] {
  const start = eraStart(calendar, 0)
  const block = isByBlock(calendar) ? { block: start } : {}
  const at = isByBlock(calendar) ? Date.UTC(2026, 0, 1) : start
  return PEOPLE.map((account) => {
    const data = {
      id: `given-${account}`,
      account,
      amount: String(GIVEN),
      occurredAt: new Date(at).toISOString(),
      ...block,
    }
    return messageOf(`given-${account}`, { 'detail-type': 'TokensDeposited', detail: { data } }, at)
  })
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
