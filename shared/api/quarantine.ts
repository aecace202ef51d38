import type * as z from 'zod'
import { formatMoment } from '../domain/calendar.ts'
import type { quarantineResponse } from './contracts/quarantine.ts'
import { readCursor, writeCursor } from './cursor.ts'
import type { Reader } from './network.ts'

/** Events that were not booked, newest first, each with the rule it breaks. Throws `InvalidCursor`. */
export async function listQuarantine(
  { store }: Reader,
  query: { cursor?: string | undefined; limit: number },
): Promise<z.output<typeof quarantineResponse>> {
  const cursor = query.cursor === undefined ? undefined : readCursor('quarantine', query.cursor)
  const { events, next } = await store.quarantined({ cursor, limit: query.limit })
  return {
    events: events.map(({ id, rule, message, value, source, detailType, receivedAt, original, status }) => ({
      id,
      reason: { rule, message, value },
      source,
      detailType,
      receivedAt: formatMoment(receivedAt),
      original,
      status,
    })),
    ...(next !== undefined && { next: writeCursor('quarantine', next) }),
  }
}
