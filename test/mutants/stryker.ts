import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
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

interface Report {
  files: Record<string, { mutants: Mutation[] }>
}

interface Mutation {
  mutatorName: string
  replacement?: string
  status: string
  location: { start: { line: number } }
}

/**
 * Lets StrykerJS change every expression of these files, one at a time, and says how many of the changes the domain's
 * tests find: the score per file, and each change that none has found. Whether the score is high enough in sum.
 */
export function runStryker(files: readonly string[]): boolean {
  const folder = copyProject()
  const args = ['run', 'test/mutants/stryker.config.mjs', '--mutate', files.join(',')]
  const stryker = join(folder, 'node_modules/.bin/stryker')
  const { status } = spawnSync(stryker, args, { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) throw new Error(`StrykerJS ended with ${status}`)
  return report(JSON.parse(readFileSync(join(folder, REPORT), 'utf8')))
}

function report({ files }: Report): boolean {
  let [found, all] = [0, 0]
  for (const [file, { mutants }] of Object.entries(files)) {
    const counted = mutants.filter(({ status }) => !['Ignored', 'CompileError'].includes(status))
    const left = counted.filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    found += counted.length - left.length
    all += counted.length
    console.log(`${file}: ${percent(counted.length - left.length, counted.length)} of ${counted.length}`)
    for (const { status, mutatorName, replacement = '', location } of left)
      console.log(`  ${status} ${location.start.line} ${mutatorName}: ${replacement.replace(/\s+/g, ' ')}`)
  }
  console.log(`${percent(found, all)} of ${all} changes are found`)
  return found * 100 >= all * LEAST_PERCENT
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / Math.max(whole, 1)).toFixed(1)}%`
}
