import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Mutant, withBug } from './mutant.ts'
import { MUTANTS } from './mutants.ts'
import { copyProject } from './project-copy.ts'
import { MONEY, runStryker } from './stryker.ts'
import { type Outcome, runTests } from './suite.ts'

const USAGE = `npm run mutants                      every planted bug, one at a time, by the tests that should find it
npm run mutants -- --only NAME ...   those bugs only
npm run mutants -- --all-tests       by the whole suite instead
npm run mutants -- --stryker [FILE ...]   every change that StrykerJS makes to the domain, or to these files
`

type Verdict = 'found' | 'SURVIVED' | 'BROKEN' | 'FAILS WITHOUT'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', multiple: true },
    'all-tests': { type: 'boolean' },
    stryker: { type: 'boolean' },
    help: { type: 'boolean' },
  },
})

/** Files of tests, and whether they pass where there is no bug. */
const passing = new Map<string, boolean>()

if (values.help) console.log(USAGE)
else if (values.stryker) process.exitCode = runStryker(positionals.length > 0 ? positionals : MONEY) ? 0 : 1
else await run(chosen(values.only))

function chosen(names: string[] | undefined): readonly Mutant[] {
  if (!names) return MUTANTS
  const unknown = names.filter((name) => !MUTANTS.some((mutant) => mutant.name === name))
  if (unknown.length > 0) throw new Error(`--only names planted bugs: there is no ${unknown.join(', ')}`)
  return MUTANTS.filter(({ name }) => names.includes(name))
}

async function run(mutants: readonly Mutant[]): Promise<void> {
  const folder = copyProject()
  refuseWhatDoesNotCompile(folder, mutants)
  const counts: Record<Verdict, number> = { found: 0, SURVIVED: 0, BROKEN: 0, 'FAILS WITHOUT': 0 }
  for (const mutant of mutants) {
    const startedAt = performance.now()
    const { verdict, by } = await tryMutant(folder, mutant)
    counts[verdict] += 1
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
    console.log(`${verdict.padEnd(8)} ${mutant.name} (${seconds} s)${by ? `: ${by}` : ''}`)
  }
  console.log(
    `${counts.found} of ${mutants.length} planted bugs are found, ${counts.SURVIVED} survive, ${counts.BROKEN} break the ` +
      `tests instead of failing them, ${counts['FAILS WITHOUT']} meet a test that fails without them too`,
  )
  if (counts.found < mutants.length) process.exitCode = 1
}

async function tryMutant(folder: string, mutant: Mutant): Promise<{ verdict: Verdict; by?: string }> {
  const file = join(folder, mutant.file)
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, withBug(text, mutant))
  const tests = values['all-tests'] ? 'all' : mutant.tests
  const { failures, unreadable, run, isTimedOut } = await runPatiently(folder, tests, { bail: true })
  writeFileSync(file, text)
  const [failure] = failures
  if (failure) {
    const by = `${failure.file}: ${failure.test}`
    const finders = failure.file === '' ? tests : [failure.file]
    return { verdict: (await passWithout(folder, finders)) ? 'found' : 'FAILS WITHOUT', by }
  }
  if (isTimedOut)
    return { verdict: (await passWithout(folder, tests)) ? 'found' : 'FAILS WITHOUT', by: 'it never ends' }
  if (unreadable.length > 0 || run === 0) return { verdict: 'BROKEN', by: unreadable.join(', ') }
  return { verdict: 'SURVIVED' }
}

/** Whether tests pass where there is no bug: one that does not has found nothing. */
async function passWithout(folder: string, files: readonly string[] | 'all'): Promise<boolean> {
  const key = String(files)
  const known = passing.get(key)
  if (known !== undefined) return known
  const { failures, run, isTimedOut } = await runPatiently(folder, files, { bail: false })
  for (const { file, test } of failures) console.error(`fails without any bug: ${file}: ${test}`)
  if (isTimedOut) console.error(`never ends without any bug: ${key}`)
  passing.set(key, run > 0 && failures.length === 0)
  return passWithout(folder, files)
}

/** What only took too long, or had to be ended, is tried once more: a busy machine is no reason. */
async function runPatiently(...args: Parameters<typeof runTests>): Promise<Outcome> {
  const outcome = await runTests(...args)
  const { failures, isTimedOut } = outcome
  const isLate = isTimedOut || (failures.length > 0 && failures.every((failure) => failure.isLate))
  return isLate ? runTests(...args) : outcome
}

/** Nobody would commit what does not compile. All at once: a file with a bug stands beside its original, imported by nobody. */
function refuseWhatDoesNotCompile(folder: string, mutants: readonly Mutant[]): void {
  const beside = mutants.map((mutant, i) => {
    const file = mutant.file.replace(/\.ts$/, `.bug-${i}.ts`)
    writeFileSync(join(folder, file), withBug(readFileSync(join(folder, mutant.file), 'utf8'), mutant))
    return { mutant, file }
  })
  const config = join(folder, 'tsconfig.bugs.json')
  const files = beside.map(({ file }) => file)
  writeFileSync(config, JSON.stringify({ extends: './tsconfig.json', include: [], files }))
  const said = compile(folder, config)
  const bad = beside.filter(({ file }) => said.includes(`${file}(`))
  for (const { file } of beside) execFileSync('rm', [join(folder, file)])
  if (bad.length > 0)
    throw new Error(`a bug compiles: ${bad.map(({ mutant }) => mutant.name).join(', ')} do not:\n${said}`)
}

function compile(folder: string, config: string): string {
  try {
    return execFileSync(join(folder, 'node_modules/.bin/tsc'), ['--noEmit', '-p', config], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  } catch (error) {
    return String((error as { stdout?: string }).stdout)
  }
}
