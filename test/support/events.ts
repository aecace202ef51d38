import type { Event } from '../../shared/domain/event.ts'
import { EVENT_NAMES, readEvent } from '../../shared/events/contracts.ts'

/** An event as it is sent, one or an array of them in an entry. */
export interface SentEvent {
  'detail-type': string
  detail: { data: unknown }
}

/** Reads what was sent by its contract. Throws where it would be quarantined. */
export function readSent({ 'detail-type': type, detail }: SentEvent): Event[] {
  const name = EVENT_NAMES.find((known) => known === type)
  if (name === undefined) throw new Error(`no event is called ${type}`)
  return (Array.isArray(detail.data) ? detail.data : [detail.data]).map((data) => {
    const read = readEvent(name, data)
    if ('event' in read) return read.event
    throw new Error(`${name} ${JSON.stringify(data)}: ${read.rejection.rule}: ${read.rejection.message}`)
  })
}
