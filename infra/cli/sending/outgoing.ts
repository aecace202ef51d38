/** One event on its way to the bus. */
export interface OutgoingEvent {
  /** The entry's detail-type. */
  name: string
  source: string
  /** The event's own JSON, as it will stand in `detail.data`. */
  json: string
  /** Sent in an entry of its own, in the contract's single form, and not as part of an array. */
  alone?: boolean
}

/** Version of the contract that `detail.metadata` states. */
export const CONTRACT_VERSION = 1

const BEFORE_DATA = `{"metadata":{"version":${CONTRACT_VERSION}},"data":`

export function singleDetail(event: OutgoingEvent): string {
  return `${BEFORE_DATA}${event.json}}`
}

export function arrayDetail(events: readonly OutgoingEvent[]): string {
  return `${BEFORE_DATA}[${events.map(({ json }) => json).join(',')}]}`
}

/** Bytes of a detail around its events: `{"metadata":...,"data":[` and `]}`. */
export const ARRAY_DETAIL_BYTES = Buffer.byteLength(BEFORE_DATA) + 3
