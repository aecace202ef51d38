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
  const all: Mutation[] = []
  for (const file of files) {
    const changes = tryChanges(folder, file).filter(isCounted)
    reportFile(file, changes)
    all.push(...changes)
  }
  console.log(`${scoreOf(all)} of ${all.length} changes are found`)
  return all.filter(hasSurvived).length * 100 <= all.length * (100 - LEAST_PERCENT)
}

/** Most changes are found by a file's own tests, in no time. What they leave is tried by all. */
function tryChanges(folder: string, file: string): Mutation[] {
  const own = file.replace('shared/', 'test/unit/').replace(/\.ts$/, '.unit.ts')
  if (!existsSync(join(folder, own))) return changesIn(folder, [file])
  const changes = new Map(changesIn(folder, [file], [own]).map((change) => [keyOf(change), change]))
  const left = [...changes.values()].filter(hasSurvived)
  if (left.length === 0) return [...changes.values()]
  for (const change of changesIn(folder, left.map(rangeOf)))
    if (changes.has(keyOf(change))) changes.set(keyOf(change), change)
  return [...changes.values()]
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

function isCounted({ status }: Mutation): boolean {
  return status !== 'Ignored' && status !== 'CompileError'
}

function reportFile(file: string, changes: readonly Mutation[]): void {
  const late = changes.filter(({ status }) => status === 'Timeout').length
  console.log(`${file}: ${scoreOf(changes)} of ${changes.length}${late > 0 ? `, ${late} never end` : ''}`)
  for (const { status, mutatorName, replacement, location } of changes.filter(hasSurvived))
    console.log(`  ${status} ${location.start.line} ${mutatorName}: ${replacement.replace(/\s+/g, ' ')}`)
}

function scoreOf(changes: readonly Mutation[]): string {
  const found = changes.length - changes.filter(hasSurvived).length
  return `${((100 * found) / Math.max(changes.length, 1)).toFixed(1)}%`
}
