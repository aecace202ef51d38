import type { BusEventName } from '../../../shared/domain/event.ts'
import { EVENT_NAMES, readEvent, showValue } from '../../../shared/events/contracts.ts'
import type { OutgoingEvent } from '../sending/outgoing.ts'
import type { Mapped, Mapping } from './mapping.ts'
import type { Row } from './rows.ts'

/** What became of the rows of a file. */
export interface RowCounts {
  rows: number
  events: number
  skipped: number
  problems: number
}

/** Turns rows into events one by one, calling `onProblem` for each that cannot be one. */
export async function* toOutgoing(
  rows: AsyncIterable<Row>,
  mapping: Mapping,
  source: string,
  counts: RowCounts,
  onProblem: (problem: string) => void,
): AsyncGenerator<OutgoingEvent> {
  for await (const row of rows) {
    counts.rows += 1
    for (const mapped of mapping.apply(row)) {
      if ('skipped' in mapped) {
        counts.skipped += 1
      } else if ('problem' in mapped) {
        counts.problems += 1
        onProblem(mapped.problem)
      } else {
        counts.events += 1
        yield { name: mapped.name, source, json: JSON.stringify(mapped.data) }
      }
    }
  }
}

/** The mapping of files that hold events as they are: `{"detail-type", "detail": {"metadata", "data"}}` on each line. */
export const EVENTS_AS_THEY_ARE: Mapping = {
  apply({ line, values }) {
    const name = values['detail-type']
    if (!EVENT_NAMES.includes(name as BusEventName)) {
      return [
        {
          problem: `line ${line}: detail-type: an event is one of ${EVENT_NAMES.join(', ')}: got ${showValue(name)}`,
        },
      ]
    }
    const { data } = (values.detail ?? {}) as { data?: unknown }
    return (Array.isArray(data) ? data : [data]).map((event) =>
      checkedEvent(name as BusEventName, event, line),
    )
  },
}

function checkedEvent(name: BusEventName, data: unknown, line: number): Mapped {
  const checked = readEvent(name, data)
  if ('event' in checked) return { name, data: data as Record<string, unknown> }
  const { rule, message, value } = checked.rejection
  return { problem: `line ${line}: ${name}.${rule}: ${message}: got ${value}` }
}
