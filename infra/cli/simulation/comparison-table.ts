import {
  type Change,
  type Comparison,
  differenceOf,
  type EraComparison,
  percentChange,
} from '../../../shared/domain/compare.ts'
import type { Policy } from '../../../shared/domain/policy/schema.ts'

/** Two runs of the same events: era by era, and all of them together. */
export interface Compared {
  eras: EraComparison[]
  sum: Comparison
}

type Row = [label: string, before: string, after: string, difference: string, percent: string]

const HEADINGS: Row = ['', 'before', 'after', 'difference', '']

/** Who gains and who loses, as a table for people: a block for each era and one for all of them. */
export function describeComparison(before: Policy, after: Policy, { eras, sum }: Compared): string {
  const { symbol, decimals } = before.asset
  const blocks: { title: string; rows: Row[] }[] = eras.map((era) => ({
    title: `era ${era.era}  ${statesOf(era)}`,
    rows: rowsOf(era, [row('cost', era.cost), row('net', era.net)]),
  }))
  if (eras.length !== 1) blocks.push({ title: `all ${eras.length} eras`, rows: rowsOf(sum) })
  const widths = HEADINGS.map((_, column) =>
    Math.max(...[HEADINGS, ...blocks.flatMap(({ rows }) => rows)].map((row) => row[column]?.length ?? 0)),
  )
  const write = (row: Row): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number),
      )
      .join('  ')
      .trimEnd()
  return [
    `${nameOf(before)} against ${nameOf(after)}, amounts in base units of ${symbol} (10^-${decimals})`,
    ...blocks.map(({ title, rows }) =>
      [title, ...[HEADINGS, ...rows].map((row) => `  ${write(row)}`)].join('\n'),
    ),
  ]
    .join('\n\n')
    .concat('\n')
}

/** The same for programs. */
export function comparisonJson(before: Policy, after: Policy, { eras, sum }: Compared): object {
  return {
    before: { network: before.network, version: before.version },
    after: { network: after.network, version: after.version },
    eras: eras.map((era) => ({
      era: era.era,
      state: era.state,
      cost: changeJson(era.cost),
      net: changeJson(era.net),
      ...jsonOf(era),
    })),
    sum: jsonOf(sum),
  }
}

function jsonOf({ income, lines, system, accounts }: Comparison): object {
  return {
    income: changeJson(income),
    lines: lines.map(({ stage, line, ...change }) => ({ stage, line, ...changeJson(change) })),
    system: system.map(({ account, ...change }) => ({ account, ...changeJson(change) })),
    accounts: accounts.map(({ account, ...change }) => ({ account, ...changeJson(change) })),
  }
}

function changeJson(change: Change): object {
  const percent = percentChange(change)
  return {
    before: change.before.toString(),
    after: change.after.toString(),
    difference: differenceOf(change).toString(),
    ...(percent !== undefined && { percent }),
  }
}

function rowsOf({ income, lines, system, accounts }: Comparison, ofTheEra: Row[] = []): Row[] {
  return [
    row('income', income),
    ...ofTheEra,
    ...lines.map((change) => row(`${change.stage} / ${change.line}`, change)),
    ...system.map((change) => row(`${change.account} holds`, change)),
    ...accounts.map((change) => row(`→ ${change.account}`, change)),
  ]
}

function row(label: string, change: Change): Row {
  const difference = differenceOf(change)
  const signed = difference > 0n ? `+${difference}` : difference.toString()
  const percent = difference === 0n ? '' : (percentChange(change) ?? 'new')
  return [label, change.before.toString(), change.after.toString(), signed, percent]
}

function statesOf({ state: { before, after } }: EraComparison): string {
  return before === after ? before : `${before} → ${after}`
}

function nameOf({ network, version }: Policy): string {
  return `${network} version ${version}`
}
