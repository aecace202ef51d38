import { isByBlock } from '../domain/calendar.ts'
import { positionOf } from '../domain/event.ts'
import type { Policy } from '../domain/policy/schema.ts'
import type { NetworkClock } from '../settlement/ports.ts'
import type { Booking } from './admission.ts'
import type { Counts } from './ports.ts'

/** Fees and costs by kind, era by era: what the running totals of open eras grow by. */
export function countsByEra(bookings: Iterable<Booking>): Map<number, Counts> {
  const eras = new Map<number, Counts>()
  for (const { event, era } of bookings) {
    if (event.name !== 'FeeCharged' && event.name !== 'CostIncurred') continue
    let counts = eras.get(era)
    if (!counts) {
      counts = { income: new Map(), costs: new Map() }
      eras.set(era, counts)
    }
    const kinds = event.name === 'FeeCharged' ? counts.income : counts.costs
    const before = kinds.get(event.kind)
    if (before) {
      before.count++
      before.amount += event.amount
    } else kinds.set(event.kind, { count: 1, amount: event.amount })
  }
  return eras
}

/**
 * Where the bookings move the network's clock: the greatest position where the clock is the events', the greatest
 * moment wherever lateness is measured from it. Undefined when they move it nowhere. Source of the rule: policy
 * `era.clock`.
 */
export function clockAfter(
  { era: { calendar, clock: kind } }: Policy,
  clock: NetworkClock,
  bookings: Iterable<Booking>,
): { watermark: number; latest: number } | undefined {
  const followsEvents = kind === 'events'
  if (!followsEvents && !isByBlock(calendar)) return undefined
  let { watermark, latest } = clock
  for (const { event } of bookings) {
    if (event.occurredAt > latest) latest = event.occurredAt
    if (followsEvents) watermark = Math.max(watermark, positionOf(event, calendar))
  }
  return watermark > clock.watermark || latest > clock.latest ? { watermark, latest } : undefined
}
