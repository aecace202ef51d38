import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyProject } from './project-copy.ts'

/** Where money is decided: what StrykerJS changes when it is not told otherwise. */
export const MONEY: readonly string[] = [
  'apply',
  'books',
  'cascade',
  'held',
  'hold',
  'income',
  'largest-remainder',
  'money',
  'moves',
  'opening',
  'outbox',
  'percent',
  'release',
  'revenue',
  'sealing',
  'share',
  'spread',
  'stages',
  'staking',
  'market/booking',
  'market/pricing',
  'market/selection',
  'order/capture',
  'order/taking',
  'payout/inventory',
  'payout/rate',
].map((name) => `shared/domain/${name}.ts`)

/** What a run must reach in sum. */
const LEAST_PERCENT = 90

const REPORT = 'stryker-report.json'

interface Mutation {
  file: string
  mutatorName: string
  replacement: string
  status: string
  location: { start: Place; end: Place }
}

/** As in the report: both from 1. */
interface Place {
  line: number
  column: number
}

/**
 * Lets StrykerJS change every expression of these files, one at a time, and says how many of the changes the domain's
 * tests find: the score per file, and each change that none has found. Answers whether the score is high enough in sum.
 */
export function runStryker(files: readonly string[]): boolean {
  const folder = copyProject()
  const found = new Map<string, Mutation>()
  // Most changes are found by a file's own tests, in no time. What they leave is tried by all.
  for (const file of files) {
    const own = file.replace('shared/', 'test/unit/').replace(/\.ts$/, '.unit.ts')
    const hasOwn = existsSync(join(folder, own))
    for (const change of changesIn(folder, [file], hasOwn ? [own] : undefined))
      found.set(keyOf(change), change)
    const left = [...found.values()].filter((change) => change.file === file && hasSurvived(change))
    if (!hasOwn || left.length === 0) continue
    for (const change of changesIn(folder, left.map(rangeOf)))
      if (found.has(keyOf(change))) found.set(keyOf(change), change)
  }
  return report([...found.values()])
}

/** Each change that StrykerJS makes there, with what became of it. */
function changesIn(folder: string, mutate: readonly string[], tests?: readonly string[]): Mutation[] {
  const args = ['run', 'test/mutants/stryker.config.mjs', '--mutate', mutate.join(',')]
  const env = { ...process.env, ...(tests && { STRYKER_TESTS: tests.join(',') }) }
  const stryker = join(folder, 'node_modules/.bin/stryker')
  const { status } = spawnSync(stryker, args, { cwd: folder, env, stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) throw new Error(`StrykerJS ended with ${status}`)
  const { files } = JSON.parse(readFileSync(join(folder, REPORT), 'utf8')) as {
    files: Record<string, { mutants: Omit<Mutation, 'file'>[] }>
  }
  return Object.entries(files).flatMap(([file, { mutants }]) => mutants.map((one) => ({ ...one, file })))
}

/** The place of a change as StrykerJS is told: lines from 1, columns from 0. */
function rangeOf({ file, location: { start, end } }: Mutation): string {
  return `${file}:${start.line}:${start.column - 1}-${end.line}:${end.column - 1}`
}

function keyOf({ file, mutatorName, replacement, location }: Mutation): string {
  return JSON.stringify([file, mutatorName, replacement, location])
}

function hasSurvived({ status }: Mutation): boolean {
  return status === 'Survived' || status === 'NoCoverage'
}

function report(changes: readonly Mutation[]): boolean {
  const counted = changes.filter(({ status }) => status !== 'Ignored' && status !== 'CompileError')
  for (const [file, own] of Map.groupBy(counted, (change) => change.file)) {
    const late = own.filter(({ status }) => status === 'Timeout').length
    console.log(`${file}: ${scoreOf(own)} of ${own.length}${late > 0 ? `, ${late} never end` : ''}`)
    for (const { status, mutatorName, replacement, location } of own.filter(hasSurvived))
      console.log(`  ${status} ${location.start.line} ${mutatorName}: ${replacement.replace(/\s+/g, ' ')}`)
  }
  console.log(`${scoreOf(counted)} of ${counted.length} changes are found`)
  const left = counted.filter(hasSurvived).length
  return (counted.length - left) * 100 >= counted.length * LEAST_PERCENT
}

function scoreOf(changes: readonly Mutation[]): string {
  const found = changes.length - changes.filter(hasSurvived).length
  return `${((100 * found) / Math.max(changes.length, 1)).toFixed(1)}%`
}
