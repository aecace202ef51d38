import { type Calendar, eraAt, formatMoment, formatPosition, isByBlock } from '../domain/calendar.ts'
import { type BusEvent, type Event, type EventName, positionOf, type RatePublished } from '../domain/event.ts'
import { AHEAD_MS } from '../domain/lateness.ts'
import { obligationsOf, SYSTEM_METRICS } from '../domain/policy/columns.ts'
import type { Policy } from '../domain/policy/schema.ts'
import { type Rejection, readEvent, showValue } from '../events/contracts.ts'
import type { NetworkClock, NetworkState, StoredPolicy } from '../settlement/ports.ts'

/** How far ahead of an events or manual clock an event may lie: what is further is a mistake, and would move the clock. */
export const MAX_ERAS_AHEAD = 10_000

/** Everything that decides whether an event is admitted, and where. Times are ms, positions ms or blocks. */
export interface Admission {
  /** Names that the policy of the open era knows. */
  names: Names
  /** The same of each version that waits for a later era, ascending. */
  pending: { effectiveFrom: number; names: Names }[]
  calendar: Calendar
  /** An event of an era up to this is booked in the next one. */
  closedThrough: number
  /** Last era an event may lie in, where the clock is not the wall's. */
  lastEra: number
  /** Latest moment an event may have, where the wall clock says what is too far ahead. */
  lastMoment: number
  /** Earliest moment an event may have. */
  firstMoment: number
}

/** What an event may name: kinds, groups and obligations of one policy version. */
export interface Names {
  policy: Policy
  obligations: ReadonlySet<string>
}

export function namesOf(policy: Policy): Names {
  return { policy, obligations: new Set(obligationsOf(policy)) }
}

/** An admitted event and the era it is booked in; `late` where its own is closed. */
export interface Booking {
  event: Event
  era: number
  /** Where the event lies, ms or block. */
  position: number
  late: boolean
}

/**
 * `policy` is that of the open era; `pending` are the versions that follow it, ascending. `admitLate` lets in what is
 * older than lateness: an operator's decision.
 */
export function admissionFor(
  policy: Policy,
  state: Pick<NetworkState, 'closedThrough' | 'openEra'>,
  clock: NetworkClock,
  wallNow: number,
  {
    admitLate = false,
    pending = [],
  }: { admitLate?: boolean; pending?: readonly Pick<StoredPolicy, 'effectiveFrom' | 'policy'>[] } = {},
): Admission {
  const { calendar, clock: kind, lateness } = policy.era
  const position = kind === 'events' ? Math.max(clock.watermark, clock.advancedTo) : clock.advancedTo
  const clockMoment = isByBlock(calendar) ? clock.latest : position
  const now = kind === 'wall' ? wallNow : clockMoment
  const reached = position < 0 ? 0 : eraAt(calendar, position)
  return {
    names: namesOf(policy),
    pending: pending.map(({ effectiveFrom, policy }) => ({ effectiveFrom, names: namesOf(policy) })),
    calendar,
    closedThrough: state.closedThrough,
    lastEra: kind === 'wall' ? Number.POSITIVE_INFINITY : Math.max(reached, state.openEra) + MAX_ERAS_AHEAD,
    // An events clock follows what it is told and never goes back: a moment from the future would close every era
    // before it and shut out all that is true.
    lastMoment: kind === 'manual' ? Number.POSITIVE_INFINITY : wallNow + AHEAD_MS,
    firstMoment: admitLate || now < 0 ? Number.NEGATIVE_INFINITY : now - lateness,
  }
}

/** Reads one event by its contract, then by the policy. */
export function admit(
  admission: Admission,
  name: EventName,
  data: unknown,
): Booking | { rejection: Rejection } {
  const read = readEvent(name, data)
  if ('rejection' in read) return read
  const { event } = read
  const position = positionOf(event, admission.calendar)
  const own = eraAt(admission.calendar, position)
  const late = own <= admission.closedThrough
  const era = late ? admission.closedThrough + 1 : own
  const rejection =
    unknownName(namesIn(admission, era), event) ?? wrongSpread(admission, data) ?? misplaced(admission, event)
  return rejection ? { rejection } : { event, era, position, late }
}

/** Of the version that rules the era an event is booked in, as far as versions are known today. */
function namesIn({ names, pending }: Admission, era: number): Names {
  return pending.findLast(({ effectiveFrom }) => effectiveFrom <= era)?.names ?? names
}

/** Names that the policy must know. Own keys only: a kind called "constructor" is not one of the policy's. */
export function unknownName({ policy, obligations }: Names, event: Event): Rejection | undefined {
  switch (event.name) {
    case 'FeeCharged':
      return known(
        Object.hasOwn(policy.income, event.kind),
        'kind',
        'the policy has no income of this kind',
        event.kind,
      )
    case 'CostIncurred':
      return known(
        Object.hasOwn(policy.costs, event.kind),
        'kind',
        'the policy has no cost of this kind',
        event.kind,
      )
    case 'MetricReported':
      return known(
        !(SYSTEM_METRICS as readonly string[]).includes(event.metric),
        'metric',
        'the network works this metric out itself: it cannot be reported',
        event.metric,
      )
    case 'ParticipantChanged':
      return known(
        Object.hasOwn(policy.groups, event.group),
        'group',
        'the policy has no group of this name',
        event.group,
      )
    case 'ObligationDue':
      return known(
        obligations.has(event.obligation),
        'obligation',
        'no line of the policy pays this obligation',
        event.obligation,
      )
    default:
      return undefined
  }
}

function known(isKnown: boolean, rule: string, message: string, value: string): Rejection | undefined {
  return isKnown ? undefined : reject(rule, message, value)
}

/** Positions of a spread are what eras are counted in: numbers are blocks, texts are moments. */
function wrongSpread({ calendar }: Admission, data: unknown): Rejection | undefined {
  const { spread } = data as { spread?: { from: unknown; to: unknown } }
  if (!spread) return undefined
  const wanted = isByBlock(calendar) ? 'number' : 'string'
  for (const end of ['from', 'to'] as const) {
    if (typeof spread[end] !== wanted) {
      const message = `positions of this network are ${isByBlock(calendar) ? 'block numbers' : 'moments'}`
      return reject(`spread.${end}`, message, spread[end])
    }
  }
  return undefined
}

/** An asset that no payout may be in, by the version that rules the rate's own era. */
export function unknownAsset(admission: Admission, rate: RatePublished): Rejection | undefined {
  const { calendar } = admission
  const { policy } = namesIn(admission, eraAt(calendar, positionOf(rate, calendar)))
  const isOffered = policy.payout.assets?.includes(rate.asset) ?? false
  return known(isOffered, 'asset', 'the policy pays out in no asset of this name', rate.asset)
}

/** Where an event lies: not before the first era, not too far ahead, not too old. */
export function misplaced(admission: Admission, event: BusEvent): Rejection | undefined {
  const { calendar, firstMoment, lastMoment, lastEra } = admission
  const { occurredAt } = event
  const rejection = withoutBlock(calendar, event)
  if (rejection) return rejection
  const position = positionOf(event, calendar)
  const era = eraAt(calendar, position)
  if (era < 0) {
    const first = formatPosition(calendar, calendar.from)
    return reject('era.origin', `the first era begins at ${first}`, formatPosition(calendar, position))
  }
  if (era > lastEra) {
    const message = `an event lies at most ${MAX_ERAS_AHEAD} eras ahead of the clock, in era ${lastEra}`
    return reject('era.ahead', message, formatPosition(calendar, position))
  }
  if (occurredAt > lastMoment) {
    const message = `an event is at most ${AHEAD_MS / 1000} s ahead of the clock: up to ${formatMoment(lastMoment)}`
    return reject('era.ahead', message, formatMoment(occurredAt))
  }
  if (occurredAt < firstMoment) {
    const message = `an event is no older than the policy's lateness: from ${formatMoment(firstMoment)}`
    return reject('era.lateness', message, formatMoment(occurredAt))
  }
  return undefined
}

/** Where eras are counted in blocks, an event without its block has no place in them. */
export function withoutBlock(calendar: Calendar, { block }: BusEvent): Rejection | undefined {
  if (!isByBlock(calendar) || block !== undefined) return undefined
  return reject('block', 'eras of this network are counted in blocks: an event says its block', block)
}

function reject(rule: string, message: string, value: unknown): Rejection {
  return { rule, message, value: showValue(value) }
}
