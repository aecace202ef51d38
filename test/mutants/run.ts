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

type Verdict = 'found' | 'SURVIVED' | 'BROKEN' | 'BASELINE FAILS'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', multiple: true },
    'all-tests': { type: 'boolean' },
    stryker: { type: 'boolean' },
    help: { type: 'boolean' },
  },
})

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
  const { folder, remove } = copyProject()
  try {
    refuseWhatDoesNotCompile(folder, mutants)
    const failing = await baseline(folder, mutants)
    const counts: Record<Verdict, number> = { found: 0, SURVIVED: 0, BROKEN: 0, 'BASELINE FAILS': 0 }
    for (const mutant of mutants) {
      const startedAt = performance.now()
      const { verdict, by } = await tryMutant(folder, mutant, failing)
      counts[verdict] += 1
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
      console.log(`${verdict.padEnd(8)} ${mutant.name} (${seconds} s)${by ? `: ${by}` : ''}`)
    }
    console.log(
      `${counts.found} of ${mutants.length} planted bugs are found, ${counts.SURVIVED} survive, ${counts.BROKEN} break ` +
        `the tests instead of failing them, ${counts['BASELINE FAILS']} could not be tried`,
    )
    if (counts.found < mutants.length) process.exitCode = 1
  } finally {
    remove()
  }
}

/** The tests that fail without any bug find nothing: files by their path, or what it means for the whole suite. */
async function baseline(folder: string, mutants: readonly Mutant[]): Promise<ReadonlySet<string>> {
  const files = values['all-tests'] ? 'all' : [...new Set(mutants.flatMap(({ tests }) => tests))]
  const first = await runTests(folder, files, { bail: false })
  const late = [...new Set(first.failures.filter(({ isLate }) => isLate).map(({ file }) => file))]
  // A busy machine is no reason: alone they have the time.
  const again = late.length > 0 ? await runTests(folder, late, { bail: false }) : undefined
  const failures = [
    ...first.failures.filter(({ file }) => !again || !late.includes(file)),
    ...(again?.failures ?? []),
  ]
  const { unloadable, run, isTimedOut } = first
  if (isTimedOut || run === 0)
    throw new Error(`without any bug ${run} tests were run, and that took too long`)
  for (const { file, test } of failures) console.error(`fails without any bug: ${file}: ${test}`)
  console.log(`without any bug: ${run} tests, ${failures.length} fail`)
  return new Set([...failures.map(({ file }) => file), ...unloadable])
}

async function tryMutant(
  folder: string,
  mutant: Mutant,
  failing: ReadonlySet<string>,
): Promise<{ verdict: Verdict; by?: string | undefined }> {
  if (values['all-tests'] ? failing.size > 0 : mutant.tests.some((test) => failing.has(test)))
    return { verdict: 'BASELINE FAILS' }
  const file = join(folder, mutant.file)
  const text = readFileSync(file, 'utf8')
  writeFileSync(file, withBug(text, mutant))
  try {
    const tests = values['all-tests'] ? 'all' : mutant.tests
    const outcome = await runTests(folder, tests, { bail: true })
    const isLate = outcome.failures.length > 0 && outcome.failures.every((failure) => failure.isLate)
    return judged(isLate ? await runTests(folder, tests, { bail: true }) : outcome)
  } finally {
    writeFileSync(file, text)
  }
}

function judged({ failures: [failure], unloadable, run, isTimedOut }: Outcome) {
  if (isTimedOut) return { verdict: 'found', by: 'it never ends' } as const
  if (failure) return { verdict: 'found', by: `${failure.file}: ${failure.test}` } as const
  if (unloadable.length > 0 || run === 0) return { verdict: 'BROKEN', by: unloadable.join(', ') } as const
  return { verdict: 'SURVIVED' } as const
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
