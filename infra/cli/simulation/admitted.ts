import type { BusEvent } from '../../../shared/domain/event.ts'
import type { Policy } from '../../../shared/domain/policy/schema.ts'
import { EVENT_NAMES, type Rejection } from '../../../shared/events/contracts.ts'
import { admissionFor } from '../../../shared/ingest/admission.ts'
import { readMessage } from '../../../shared/ingest/messages.ts'
import { formatCount, plural } from '../terminal.ts'

/** An event as it stands in a file: as it would be sent, without its source. */
export interface SentEvent {
  'detail-type': string
  detail: unknown
}

/** What a policy does not admit, by the place of what was sent in its file, from 1. */
export interface LeftOut extends Rejection {
  place: number
}

export interface Admitted {
  events: BusEvent[]
  leftOut: LeftOut[]
}

/** How many of those left out are told one by one. */
const MAX_TOLD = 10

const ANYBODY = Object.fromEntries(EVENT_NAMES.map((name) => [name, ['*']]))

/**
 * Reads events as ingest does, by the same rules, on a manual clock that has not been moved yet: what would go to
 * quarantine is left out.
 */
export function admitAll(policy: Policy, sent: readonly SentEvent[]): Admitted {
  const manual: Policy = { ...policy, era: { ...policy.era, clock: 'manual' } }
  const state = { openEra: 0, closedThrough: -1 }
  const clock = { watermark: -1, latest: -1, advancedTo: -1, passed: [] }
  const admission = admissionFor(manual, state, clock, 0)
  const admitted: Admitted = { events: [], leftOut: [] }
  sent.forEach((event, index) => {
    const place = index + 1
    const body = JSON.stringify({ ...event, source: 'simulate' })
    const { bookings, commands, refusals } = readMessage({ id: String(place), body }, ANYBODY, admission)
    for (const booking of bookings) admitted.events.push(booking.event)
    for (const { command } of commands) admitted.events.push(command)
    for (const { rule, message, value } of refusals) admitted.leftOut.push({ place, rule, message, value })
  })
  return admitted
}

/** Tells what a policy left out, for people: the count, and the first of them with rule and value. */
export function describeLeftOut(network: string, leftOut: readonly LeftOut[]): string {
  if (leftOut.length === 0) return ''
  const told = leftOut
    .slice(0, MAX_TOLD)
    .map(({ place, rule, message, value }) => `  event ${place}: ${rule}: ${message}: got ${value}`)
  const more = leftOut.length - told.length
  return [
    `${network}: ${plural(leftOut.length, 'event')} would go to quarantine, and so count for nothing here:`,
    ...told,
    ...(more > 0 ? [`  and ${formatCount(more)} more`] : []),
    '',
  ].join('\n')
}
