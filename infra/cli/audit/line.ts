import type { Event } from '../../../shared/domain/event.ts'

/** What an event says besides what all of them say: its fields in the order of its line. */
const FIELDS: Record<Event['name'], readonly string[]> = {
  FeeCharged: ['kind', 'amount', 'payer', 'spread.from', 'spread.to', 'details'],
  CostIncurred: ['kind', 'amount', 'payer', 'spread.from', 'spread.to', 'details'],
  MetricReported: ['account', 'metric', 'value'],
  StakeReported: ['account', 'lot', 'amount', 'lockSeconds'],
  ParticipantChanged: ['account', 'group', 'status'],
  ObligationDue: ['account', 'obligation', 'amount', 'spread.from', 'spread.to'],
  SpreadEnded: ['event', 'spreadId', 'refundTo'],
}
const FIRST = ['name', 'id', 'occurredAt', 'block', 'stream', 'sequence']

/** An event as the line that the digest of its era is over: ASCII, fields between TABs, ended by a LF. */
export function lineOf(event: Event): Buffer {
  const fields = [...FIRST, ...FIELDS[event.name]].map((path) => asciiOf(fieldAt(event, path)))
  return Buffer.from(`${fields.join('\t')}\n`, 'ascii')
}

function fieldAt(event: Event, path: string): string {
  let value: unknown = event
  for (const key of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[key]
  return value === undefined ? '' : String(value)
}

function asciiOf(text: string): string {
  return Array.from({ length: text.length }, (_, i) => text.charCodeAt(i))
    .map((unit) => (unit < 0x80 ? String.fromCharCode(unit) : `\\u${unit.toString(16).padStart(4, '0')}`))
    .join('')
}
