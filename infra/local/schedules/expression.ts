import { StartupError } from '../stack/values.ts'

/** When a schedule fires: every so many ms, or at the minutes a cron expression names (UTC). */
export type Timing =
  | { readonly kind: 'rate'; readonly everyMs: number }
  | { readonly kind: 'cron'; readonly fires: (minute: Date) => boolean }

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 }
const CRON_FIELDS = [
  { name: 'minutes', from: 0, to: 59 },
  { name: 'hours', from: 0, to: 23 },
  { name: 'day of month', from: 1, to: 31 },
  { name: 'month', from: 1, to: 12 },
  { name: 'day of week', from: 1, to: 7 },
] as const

/**
 * Reads rate(...) and the plain part of cron(...): numbers, lists, ranges, steps, `*` and `?`.
 * @throws StartupError on anything else, such as `L`, `W`, `#`, names of days, a year, or at(...).
 */
export function readExpression(expression: string, where: string): Timing {
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression)
  if (rate !== null) return { kind: 'rate', everyMs: Number(rate[1]) * (UNIT_MS[rate[2] ?? ''] ?? 0) }
  const cron = /^cron\((.+)\)$/.exec(expression)?.[1]?.trim().split(/\s+/)
  if (cron === undefined || cron.length !== 6 || cron[5] !== '*') {
    throw new StartupError(`${where}: schedule ${expression} does not run here`)
  }
  const allowed = CRON_FIELDS.map(({ name, from, to }, at) => {
    return cronValues(cron[at] ?? '*', from, to, `${where}: ${name} of ${expression}`)
  })
  return {
    kind: 'cron',
    fires: (minute) => {
      const values = [
        minute.getUTCMinutes(),
        minute.getUTCHours(),
        minute.getUTCDate(),
        minute.getUTCMonth() + 1,
        minute.getUTCDay() + 1,
      ]
      return values.every((value, at) => allowed[at]?.has(value))
    },
  }
}

function cronValues(field: string, from: number, to: number, where: string): ReadonlySet<number> {
  const values = new Set<number>()
  for (const part of field.split(',')) {
    const match = /^(?:\*|\?|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part)
    if (match === null) throw new StartupError(`${where}: ${part} is not known here`)
    const [, first, last, step] = match
    const start = first === undefined ? from : Number(first)
    const single = first !== undefined && last === undefined && step === undefined
    const end = single ? start : last === undefined ? to : Number(last)
    for (let value = start; value <= end; value += Number(step ?? 1)) values.add(value)
  }
  return values
}
