import { isByBlock } from '../../shared/domain/calendar.ts'
import type { Policy } from '../../shared/domain/policy/schema.ts'
import type { Random } from './random.ts'
import type { SampleEvent } from './sample.ts'

/** What goes wrong in every real network happens in the sample too, so that the report has it to show. */

const DUPLICATES_PER_ERA = 4
/** A producer that sends an event again does so some time later. */
const RESENT_AFTER = 500

/** Sends some events of an era twice, and adds one that no rule lets through. */
export function spoil(events: SampleEvent[], policy: Policy, era: number, random: Random): SampleEvent[] {
  if (events.length === 0) return events
  const again = new Map<number, SampleEvent[]>()
  const stretch = Math.max(1, Math.floor(events.length / DUPLICATES_PER_ERA))
  for (let duplicate = 0; duplicate < Math.min(DUPLICATES_PER_ERA, events.length); duplicate += 1) {
    const index = duplicate * stretch + random.below(stretch)
    const at = Math.min(index + RESENT_AFTER, events.length - 1)
    again.set(at, [...(again.get(at) ?? []), { ...(events[index] as SampleEvent), flaw: 'duplicate' }])
  }
  const spoiled = events.flatMap((event, index) => [event, ...(again.get(index) ?? [])])
  const invalid = invalidEvent(events[events.length - 1] as SampleEvent, policy, era)
  return [...spoiled, invalid]
}

/** One mistake for each era in turn: an amount with a point, a kind nobody knows, a system account as participant. */
function invalidEvent(
  { data: { occurredAt, block } }: SampleEvent,
  policy: Policy,
  era: number,
): SampleEvent {
  const place = { occurredAt, ...(isByBlock(policy.era.calendar) && { block }) }
  const kind = Object.keys(policy.income)[0] ?? 'fee'
  const mistakes: SampleEvent[] = [
    { name: 'FeeCharged', data: { id: `mistake-${era}-amount`, kind, amount: '1.5', ...place } },
    { name: 'FeeCharged', data: { id: `mistake-${era}-kind`, kind: 'lottery', amount: '1', ...place } },
    {
      name: 'MetricReported',
      data: { id: `mistake-${era}-account`, account: '@system-reserve', metric: 'any', value: '1', ...place },
    },
  ]
  return { ...(mistakes[era % mistakes.length] as SampleEvent), flaw: 'invalid' }
}
