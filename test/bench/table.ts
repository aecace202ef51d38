import { availableParallelism, cpus } from 'node:os'
import { type Figure, isMet, ratioOf } from './measure.ts'

/** The figures as a table of text, which is Markdown as well. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { bench, what, value, unit, baseline, target } = figure
    const ratio = ratioOf(figure)
    const met = isMet(figure)
    return [
      bench,
      what,
      `${shown(value)} ${unit}`.trim(),
      baseline ? `${shown(baseline.value)} (${baseline.what})` : '',
      ratio === undefined ? '' : `${shown(ratio)}x`,
      target ? ('atLeast' in target ? `>= ${shown(target.atLeast)}` : `<= ${shown(target.atMost)}`) : '',
      met === undefined ? '' : met ? 'yes' : 'NO',
    ]
  })
  return markdown(['bench', 'what', 'measured', 'the usual way', 'ratio', 'target', 'met'], rows)
}

export function markdown(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  return [line(heads), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}

/** Three digits that mean something, thousands apart. */
export function shown(value: number): string {
  if (value === 0) return '0'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US')
  return Number(value.toPrecision(3)).toString()
}

/** What the figures were measured on. */
export function machine(): string {
  return `${availableParallelism()} cores of ${cpus()[0]?.model.trim() ?? 'an unknown processor'}, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`
}
