import * as z from 'zod'
import { ExchequerError } from '../domain/errors.ts'
import type { BusEventName } from '../domain/event.ts'
import { EVENT_NAMES, type Rejection, showValue } from '../events/contracts.ts'

/** Who may say what: the allowed `source`s of each event; "*" allows any. An event not named here is not allowed. */
export type EventSources = Partial<Record<BusEventName, string[]>>

const ANY_SOURCE = '*'
const METADATA_VERSION = 1

const sourcesSchema = z.partialRecord(z.enum(EVENT_NAMES), z.array(z.string()))

/** Reads the setting EVENT_SOURCES. Throws `SettingInvalid`. */
export function parseSources(text: string): EventSources {
  const read = sourcesSchema.safeParse(parseJson(text).value)
  if (read.success) return read.data as EventSources
  throw new ExchequerError(
    'SettingInvalid',
    `EVENT_SOURCES maps names of events to lists of sources: got ${text}`,
  )
}

/** What the envelope of a message says. `data` has one element for a single event. */
export interface Envelope {
  name: BusEventName
  source: string
  data: unknown[]
}

/** A message that nothing of can be booked. */
export interface RefusedEnvelope {
  rejection: Rejection
  source: string
  detailType: string
}

/** Reads the EventBridge envelope that a message's body is. Source of the rules: the design's Ingest. */
export function readEnvelope(body: string, sources: EventSources): Envelope | RefusedEnvelope {
  const { value: envelope, failed } = parseJson(body)
  const source = textAt(envelope, 'source')
  const detailType = textAt(envelope, 'detail-type')
  const refuse = (rule: string, message: string, value: unknown): RefusedEnvelope => ({
    rejection: { rule, message, value: showValue(value) },
    source,
    detailType,
  })
  if (failed) return refuse('message', 'a message is JSON', body)
  if (!isObject(envelope))
    return refuse('message', 'a message is the object that EventBridge makes of an event', envelope)
  const name = EVENT_NAMES.find((known) => known === detailType)
  if (!name)
    return refuse('detail-type', `a detail-type is one of ${EVENT_NAMES.join(', ')}`, envelope['detail-type'])
  const allowed = Object.hasOwn(sources, name) ? (sources[name] ?? []) : []
  if (!allowed.includes(ANY_SOURCE) && !allowed.includes(source)) {
    return refuse('source', `${name} is accepted from ${allowed.join(', ') || 'nobody'}`, envelope.source)
  }
  const { detail } = envelope
  if (!isObject(detail)) return refuse('detail', 'a detail is an object with metadata and data', detail)
  const version = isObject(detail.metadata) ? detail.metadata.version : undefined
  if (version !== METADATA_VERSION) {
    return refuse('detail.metadata.version', `the version of a detail is ${METADATA_VERSION}`, version)
  }
  const { data } = detail
  if (Array.isArray(data) && data.length > 0) return { name, source, data }
  if (isObject(data)) return { name, source, data: [data] }
  return refuse('detail.data', 'data is an event, or an array of at least one', data)
}

/** The body of a message that carries one event alone. `text` is its data as it was sent. */
export function envelopeOf({
  source,
  detailType,
  text,
}: {
  source: string
  detailType: string
  text: string
}): string {
  const envelope = JSON.stringify({ source, 'detail-type': detailType })
  return `${envelope.slice(0, -1)},"detail":{"metadata":{"version":${METADATA_VERSION}},"data":${text}}}`
}

function parseJson(text: string): { value?: unknown; failed: boolean } {
  try {
    return { value: JSON.parse(text), failed: false }
  } catch {
    return { failed: true }
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textAt(value: unknown, key: string): string {
  const text = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
  return typeof text === 'string' ? text : ''
}
