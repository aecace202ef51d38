import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'

/** What a run of tests says. Files by their path in the project. */
export interface Outcome {
  /**
   * Tests that failed, and files that failed around their tests (in their setup, or by an error nobody caught). One is
   * late where it only took too long.
   */
  failures: { file: string; test: string; isLate: boolean }[]
  /** Files that cannot be read: of them no test was found. */
  unreadable: string[]
  /** Tests that were run. */
  run: number
  isTimedOut: boolean
}

/** What vitest's reporter writes. */
interface Report {
  testResults: {
    name: string
    status: string
    message: string
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[]
  }[]
  success: boolean
}

const REPORT = 'mutants-report.json'

/** Anything else that keeps a file from being loaded is what the code that it loads has done. */
const CANNOT_BE_READ = /SyntaxError|Transform failed|Parse failed|Failed to (load|resolve)|Cannot find/

/** What a busy machine may be the cause of. */
const LATE = /timed out|did not start/

/** Longer than the tests take that a bug names. */
const LIMIT_MS = 15 * 60_000

/** Runs tests of a copy: those in `files`, or all; up to the first failure with `bail`. */
export async function runTests(
  folder: string,
  files: readonly string[] | 'all',
  { bail }: { bail: boolean },
): Promise<Outcome> {
  const report = join(folder, REPORT)
  rmSync(report, { force: true })
  const args = ['run', '--root', folder, '--config', join(folder, 'test/mutants/vitest.config.ts')]
  args.push('--reporter', 'json', '--outputFile', report, ...(bail ? ['--bail', '1'] : []))
  args.push(...(files === 'all' ? [] : files))
  const env = { ...process.env, ...(files === 'all' && { MUTANTS_ALL_TESTS: '1' }) }
  const isTimedOut = await spawned(join(folder, 'node_modules/.bin/vitest'), args, { cwd: folder, env })
  if (!existsSync(report)) return { failures: [], unreadable: [], run: 0, isTimedOut }
  return { ...read(JSON.parse(readFileSync(report, 'utf8')), folder), isTimedOut }
}

function read({ testResults, success }: Report, folder: string): Omit<Outcome, 'isTimedOut'> {
  const failures: Outcome['failures'] = []
  const unreadable: string[] = []
  let run = 0
  for (const { name, status, message, assertionResults } of testResults) {
    const file = relative(folder, name)
    const failed = assertionResults.filter((test) => test.status === 'failed')
    run += assertionResults.filter((test) => test.status === 'passed' || test.status === 'failed').length
    failures.push(
      ...failed.map(({ fullName, failureMessages }) => ({
        file,
        test: fullName,
        isLate: LATE.test(failureMessages.join('\n')),
      })),
    )
    // One that was cut off, because another has failed, says nothing.
    if (status !== 'failed' || failed.length > 0 || message === '') continue
    if (assertionResults.length === 0 && CANNOT_BE_READ.test(message)) unreadable.push(file)
    else
      failures.push({ file, test: `around its tests: ${message.split('\n')[0]}`, isLate: LATE.test(message) })
  }
  if (!success && failures.length === 0 && unreadable.length === 0 && run > 0)
    failures.push({ file: '', test: 'an error that nobody caught', isLate: false })
  return { failures, unreadable, run }
}

/** Answers whether it had to be ended. Its whole group is, for tests start engines. */
function spawned(command: string, args: string[], options: { cwd: string; env: NodeJS.ProcessEnv }) {
  return new Promise<boolean>((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: 'ignore', detached: true })
    const end = (): void => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    }
    const timer = setTimeout(end, LIMIT_MS)
    process.once('exit', end)
    child.once('error', reject)
    child.once('exit', (_, signal) => {
      clearTimeout(timer)
      process.off('exit', end)
      resolve(signal === 'SIGKILL')
    })
  })
}
