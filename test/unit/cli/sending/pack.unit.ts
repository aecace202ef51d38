import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { OutgoingEvent } from '../../../../infra/cli/sending/outgoing.ts'
import {
  type Entry,
  type Limits,
  PUT_EVENTS_LIMITS,
  packRequests,
} from '../../../../infra/cli/sending/pack.ts'
import { collect } from '../../../support/collect.ts'

const small: Limits = { entriesPerRequest: 3, requestBytes: 900, entryBytes: 400 }

async function packed(events: OutgoingEvent[], limits?: Limits): Promise<Entry[][]> {
  return collect(packRequests(events, limits))
}

/** What AWS counts, worked out from the entry itself. */
function countedBytes({ source, detailType, detail }: Entry): number {
  return 14 + Buffer.byteLength(source) + Buffer.byteLength(detailType) + Buffer.byteLength(detail)
}

function eventsIn({ source, detailType, detail }: Entry): string[] {
  const { metadata, data } = JSON.parse(detail)
  expect(metadata).toEqual({ version: 1 })
  return [data].flat().map((event) => `${source}|${detailType}|${JSON.stringify(event)}`)
}

const event = fc
  .record({
    name: fc.constantFrom('FeeCharged', 'CostIncurred', 'MetricReported'),
    source: fc.constantFrom('a', 'böhm', '源'),
    data: fc.record({ id: fc.uuid(), text: fc.string({ unit: 'grapheme', maxLength: 40 }) }),
    alone: fc.boolean(),
  })
  .map(({ data, ...rest }): OutgoingEvent => ({ ...rest, json: JSON.stringify(data) }))

const idOf = ({ source, name, json }: OutgoingEvent): string => `${source}|${name}|${json}`
const groupOf = (id: string): string => id.slice(0, id.indexOf('{'))

describe('packing of PutEvents requests', () => {
  it('sends every event exactly once, in order by name and source, within every limit', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 80 }), async (events) => {
        const requests = await packed(events, small)
        for (const request of requests) {
          expect(request.length).toBeGreaterThan(0)
          expect(request.length).toBeLessThanOrEqual(small.entriesPerRequest)
          const bytes = request.map(countedBytes)
          expect(bytes).toEqual(request.map((entry) => entry.bytes))
          expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(small.requestBytes)
          for (const size of bytes) expect(size).toBeLessThanOrEqual(small.entryBytes)
        }
        const entries = requests.flat()
        const arrived = entries.flatMap(eventsIn)
        const byGroup = (ids: string[]) => Object.groupBy(ids, groupOf)
        expect(byGroup(arrived)).toEqual(byGroup(events.map(idOf)))
        expect(entries.reduce((sum, entry) => sum + entry.events, 0)).toBe(events.length)
      }),
    )
  })

  it('closes an entry no sooner than the next event would not fit', async () => {
    const events = Array.from(
      { length: 5_000 },
      (_, index): OutgoingEvent => ({
        name: 'FeeCharged',
        source: 'exchequer.sample',
        json: JSON.stringify({ id: `fee-${String(index).padStart(6, '0')}`, amount: '1' }),
      }),
    )
    const entries = (await packed(events)).flat()
    const next = Buffer.byteLength(events[0]?.json as string) + 1
    for (const entry of entries.slice(0, -1))
      expect(entry.bytes + next).toBeGreaterThan(PUT_EVENTS_LIMITS.entryBytes)
  })

  it('keeps a request below 256 KiB and an entry below what is charged once', () => {
    expect(PUT_EVENTS_LIMITS.requestBytes).toBeLessThan(256 * 1024)
    expect(PUT_EVENTS_LIMITS.entryBytes).toBeLessThan(64 * 1024)
  })

  it('sends an event that asks for it in the single form', async () => {
    const [[entry] = []] = await packed([
      { name: 'FeeCharged', source: 's', json: '{"id":"a"}', alone: true },
    ])
    expect(entry?.detail).toBe('{"metadata":{"version":1},"data":{"id":"a"}}')
  })

  it('refuses an event that no entry can hold, and takes the greatest one that fits', async () => {
    const of = (length: number): OutgoingEvent => ({
      name: 'A',
      source: 's',
      json: JSON.stringify('x'.repeat(length)),
    })
    const [[entry] = []] = await packed([of(300)], small)
    const room = small.entryBytes - (entry?.bytes as number)
    expect((await packed([of(300 + room)], small))[0]?.[0]?.bytes).toBe(small.entryBytes)
    await expect(packed([of(301 + room)], small)).rejects.toThrow(
      'an event is at most 400 bytes with its envelope: a A has 401',
    )
  })

  it('makes nothing of nothing', async () => {
    expect(await packed([])).toEqual([])
  })
})
