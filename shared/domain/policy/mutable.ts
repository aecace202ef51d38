import { isAmount } from '../money.ts'
import { parsePercent } from '../percent.ts'
import type { Policy } from './schema.ts'

/** What governance may change is named by paths of ids: `stages.profit.*.share`, `minimum`. Checks that they exist. */
export function checkMutable(
  governance: NonNullable<Policy['governance']>,
  json: Record<string, unknown>,
  report: (path: string, message: string) => void,
): void {
  governance.mutable.forEach((path, index) => {
    if (valuesAt(json, path).length === 0)
      report(`governance.mutable[${index}]`, `the policy has nothing at ${JSON.stringify(path)}`)
  })
  for (const [path, [low, high]] of Object.entries(governance.bounds ?? {})) {
    const at = `governance.bounds.${path}`
    const values = valuesAt(json, path)
    if (values.length === 0) report(at, `the policy has nothing at ${JSON.stringify(path)}`)
    const [from, to] = [toNumber(low), toNumber(high)]
    if (from === undefined || to === undefined || from > to) {
      report(at, `bounds are two percentages or two amounts, ascending: got ${JSON.stringify([low, high])}`)
      continue
    }
    for (const value of values) {
      const number = toNumber(value)
      if (number === undefined || number < from || number > to) {
        report(
          at,
          `the value today is outside its own bounds: got ${JSON.stringify(value)}, not in ${low} to ${high}`,
        )
      }
    }
  }
}

/** Every value that a path of ids names; `*` stands for any one step. Lists are walked by the ids of their entries. */
export function valuesAt(json: unknown, path: string): unknown[] {
  return path
    .split('.')
    .reduce<unknown[]>((values, step) => values.flatMap((value) => stepInto(value, step)), [json])
}

function stepInto(value: unknown, step: string): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  const entries = Array.isArray(value)
    ? byId(value)
    : Object.hasOwn(value, 'split') || Object.hasOwn(value, 'take')
      ? linesById(value)
      : value
  if (step === '*') return Object.values(entries)
  return Object.hasOwn(entries, step) ? [(entries as Record<string, unknown>)[step]] : []
}

function byId(list: unknown[]): Record<string, unknown> {
  return Object.fromEntries(list.map((entry, index) => [(entry as { id?: string })?.id ?? index, entry]))
}

function linesById(stage: object): Record<string, unknown> {
  const { split, take } = stage as { split?: unknown[]; take?: unknown[] }
  return byId(split ?? take ?? [])
}

function toNumber(value: unknown): bigint | undefined {
  if (typeof value !== 'string') return undefined
  return parsePercent(value) ?? (isAmount(value) ? BigInt(value) : undefined)
}
