import * as z from 'zod'
import { ExchequerError } from '../../../shared/domain/errors.ts'
import type { BusEventName } from '../../../shared/domain/event.ts'
import { contracts, EVENT_NAMES, readEvent } from '../../../shared/events/contracts.ts'
import type { Row } from './rows.ts'
import { compileTemplate, compileText, type Read, TemplateError } from './template.ts'

/** How the rows of a file become events: which events a row makes, and where each field comes from. */

const text = z.string()
const condition = z.union(
  [z.strictObject({ zero: text }), z.strictObject({ empty: text })],
  'a condition is {"zero": text} or {"empty": text}',
)

const mappingSchema = z.strictObject({
  description: text.optional(),
  source: z.string().min(1).max(256).optional(),
  events: z
    .array(
      z.strictObject({
        event: z.enum(EVENT_NAMES, `an event is one of ${EVENT_NAMES.join(', ')}`),
        skipWhen: z.union([condition, z.array(condition)]).optional(),
        data: z.record(text, z.unknown()),
      }),
    )
    .min(1, 'a mapping makes at least one event of a row'),
})

/** What one template made of one row. */
export type Mapped =
  | { name: BusEventName; data: Record<string, unknown> }
  | { skipped: true }
  | { problem: string }

export interface Mapping {
  /** Where the mapping says its events come from. */
  source?: string
  apply(row: Row): Mapped[]
}

/** Reads a mapping from its JSON. Throws `InvalidMapping` with path and rule of everything that is wrong with it. */
export function compileMapping(json: unknown): Mapping {
  const read = mappingSchema.safeParse(json)
  if (!read.success) {
    const issues = read.error.issues.map((issue) => `${formatPath(issue.path)}: ${issue.message}`)
    throw new ExchequerError('InvalidMapping', issues.join('\n'))
  }
  const { events, source } = read.data
  const templates = events.map((event, index) => compileEvent(event, `events[${index}]`))
  return {
    ...(source !== undefined && { source }),
    apply: (row) => templates.map((template) => template(row)),
  }
}

type EventTemplate = z.output<typeof mappingSchema>['events'][number]

function compileEvent({ event: name, skipWhen, data }: EventTemplate, path: string): (row: Row) => Mapped {
  checkFields(name, data, `${path}.data`)
  const conditions = (Array.isArray(skipWhen) ? skipWhen : skipWhen ? [skipWhen] : []).map((entry, index) =>
    compileCondition(entry, `${path}.skipWhen${Array.isArray(skipWhen) ? `[${index}]` : ''}`),
  )
  const fields = Object.entries(data).map(
    ([key, template]) => [key, compiled(template, `${path}.data.${key}`)] as const,
  )
  return (row) => {
    let at = 'skipWhen'
    try {
      if (conditions.some((holds) => holds(row))) return { skipped: true }
      const event: Record<string, unknown> = {}
      for (const [key, read] of fields) {
        at = key
        const value = read(row)
        if (typeof value !== 'symbol') event[key] = value
      }
      const checked = readEvent(name, event)
      if ('event' in checked) return { name, data: event }
      const { rule, message, value } = checked.rejection
      return { problem: `line ${row.line}: ${name}.${rule}: ${message}: got ${value}` }
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error
      return { problem: `line ${row.line}: ${name}.${at}: ${error.message}` }
    }
  }
}

/** A template error of the mapping itself, not of a row, is told with all the others. */
function compiled(template: unknown, path: string): Read {
  try {
    return compileTemplate(template, path)
  } catch (error) {
    throw new ExchequerError('InvalidMapping', (error as Error).message, { cause: error })
  }
}

/** `zero`: the text is 0, 0.00 or empty. `empty`: it is empty, or the row has no such column. */
function compileCondition(entry: z.output<typeof condition>, path: string): (row: Row) => boolean {
  if ('zero' in entry) {
    const read = compileText(entry.zero, `${path}.zero`)
    return (row) => /^0*\.?0*$/.test(read(row))
  }
  const read = compileText(entry.empty, `${path}.empty`, true)
  return (row) => read(row) === ''
}

/** The contract decides which fields an event has: a slip in a name is found before anything is sent. */
function checkFields(name: BusEventName, data: Record<string, unknown>, path: string): void {
  const shape: Record<string, z.ZodType> = contracts[name].shape
  for (const key of Object.keys(data)) {
    if (!Object.hasOwn(shape, key)) {
      throw new ExchequerError(
        'InvalidMapping',
        `${path}.${key}: ${name} has no such field: it has ${Object.keys(shape).join(', ')}`,
      )
    }
  }
  for (const [key, schema] of Object.entries(shape)) {
    if (!Object.hasOwn(data, key) && !schema.safeParse(undefined).success) {
      throw new ExchequerError('InvalidMapping', `${path}.${key}: ${name} needs this field`)
    }
  }
}

function formatPath(path: PropertyKey[]): string {
  const formatted = path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part),
    '',
  )
  return formatted || 'mapping'
}
