import type { Access, Caller } from '../iam/access.ts'
import { ServiceError } from '../service-error.ts'
import { type Fields, isRecord, listOf, optionalText, recordOf, textsOf } from '../stack/values.ts'
import type { Buses } from './bus.ts'

/** EventBridge's limits for a call of PutEvents. */
export const MAX_ENTRIES = 10
export const MAX_TOTAL_BYTES = 256 * 1024
/** What the time of an entry counts, when it is given. */
const TIME_BYTES = 14

type EntryResult =
  | { readonly EventId: string }
  | { readonly ErrorCode: string; readonly ErrorMessage: string }

/**
 * PutEvents: the call is refused as a whole for its size; what is wrong with one entry fails that entry only.
 * @throws ServiceError ValidationException, AccessDeniedException.
 */
export function putEvents(input: Fields, caller: Caller, buses: Buses, access: Access): Fields {
  const entries = listOf(input.Entries).map(recordOf)
  if (entries.length === 0 || entries.length > MAX_ENTRIES) {
    throw new ServiceError(
      'ValidationException',
      `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length between 1 and ${MAX_ENTRIES}, got ${entries.length}`,
    )
  }
  const totalBytes = entries.reduce((sum, entry) => sum + entryBytes(entry), 0)
  if (totalBytes >= MAX_TOTAL_BYTES) {
    throw new ServiceError(
      'ValidationException',
      `Total size of the entries in the request is over the limit: ${totalBytes} of ${MAX_TOTAL_BYTES} bytes.`,
    )
  }
  const busArns = entries.map((entry) => buses.find(optionalText(entry, 'EventBusName')))
  for (const arn of new Set(busArns)) if (arn !== undefined) access.authorize(caller, 'events:PutEvents', arn)
  const results = entries.map((entry, at) => putEntry(entry, busArns[at], buses))
  return { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results }
}

/** Size of an entry as EventBridge counts it, in bytes. */
function entryBytes(entry: Fields): number {
  const texts = [entry.Source, entry.DetailType, entry.Detail, ...textsOf(entry.Resources)]
  const bytes = texts.reduce(
    (sum: number, text) => sum + (typeof text === 'string' ? Buffer.byteLength(text) : 0),
    0,
  )
  return bytes + (entry.Time === undefined ? 0 : TIME_BYTES)
}

function putEntry(entry: Fields, busArn: string | undefined, buses: Buses): EntryResult {
  for (const name of ['Source', 'DetailType', 'Detail'] as const) {
    if (optionalText(entry, name) === undefined) {
      return failed(
        'InvalidArgument',
        `Parameter ${name} is not valid. Reason: ${name} is a required argument.`,
      )
    }
  }
  if (busArn === undefined)
    return failed('InvalidArgument', `Event bus ${entry.EventBusName} does not exist.`)
  const source = String(entry.Source)
  if (source.startsWith('aws.')) {
    return failed('NotAuthorizedForSourceException', 'Not authorized for the source.')
  }
  const detailJson = String(entry.Detail)
  let detail: unknown
  try {
    detail = JSON.parse(detailJson)
  } catch {
    // Answered below.
  }
  if (!isRecord(detail)) return failed('MalformedDetail', 'Detail is malformed.')
  const timeMs = eventTimeMs(entry.Time)
  if (timeMs === undefined) return failed('InvalidArgument', 'Parameter Time is not valid.')
  const event = {
    source,
    detailType: String(entry.DetailType),
    detail,
    detailJson,
    timeMs,
    resources: textsOf(entry.Resources),
  }
  return { EventId: buses.put(busArn, event) }
}

/** SDKs send seconds since the epoch; the command line may send a text. */
function eventTimeMs(time: unknown): number | undefined {
  if (time === undefined || time === null) return Date.now()
  const ms = typeof time === 'number' ? time * 1000 : Date.parse(String(time))
  return Number.isFinite(ms) ? ms : undefined
}

function failed(ErrorCode: string, ErrorMessage: string): EntryResult {
  return { ErrorCode, ErrorMessage }
}
