import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { delimiter, dirname, join } from 'node:path'
import { StartupError } from '../stack/values.ts'

/** A running database that speaks the DynamoDB protocol. */
export type Engine = {
  readonly url: URL
  /** Process id of the child, or undefined when DYNAMODB_ENDPOINT names an engine started by somebody else. */
  readonly pid: number | undefined
  /** Ends the child and waits until it is gone. */
  readonly close: () => Promise<void>
}

export type EngineOptions = {
  /** Database file; in memory when absent. */
  readonly file?: string | undefined
  /** Path of a dynoxide binary, instead of the one that is found. */
  readonly binary?: string | undefined
  /** Finds the binary when none is given; the package first, then PATH. */
  readonly search?: (() => string | undefined) | undefined
  /** Told when the engine ends although nobody closed it. */
  readonly onExit?: ((reason: string) => void) | undefined
}

const READY_TIMEOUT_MS = 10_000
const PROBE_INTERVAL_MS = 15
const KILL_AFTER_MS = 2_000

/**
 * Starts dynoxide on a free port, or takes the engine that DYNAMODB_ENDPOINT names.
 * @throws StartupError when there is no engine, or it ends or stays silent while starting.
 */
export async function startEngine(options: EngineOptions = {}): Promise<Engine> {
  const binary = options.binary ?? (options.search ?? findBinary)()
  if (binary === undefined) return externalEngine()
  const port = await freePort()
  const args = ['serve', '--host', '127.0.0.1', '--port', String(port)]
  if (options.file !== undefined) args.push('--db-path', options.file)
  const child = spawnTied(binary, args)
  const stderr: string[] = []
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (stderr.length < 50) stderr.push(text)
  })
  const killNow = () => child.kill('SIGKILL')
  process.once('exit', killNow)
  let closing = false
  let ended: string | undefined
  const gone = new Promise<void>((resolve) => {
    const onEnd = (reason: string) => {
      ended ??= reason
      process.removeListener('exit', killNow)
      resolve()
    }
    child.once('error', (error) => onEnd(error.message))
    child.once('exit', (code, signal) =>
      onEnd(`exit ${signal ?? code}: ${stderr.join('').trim().slice(-500)}`),
    )
  })
  const url = new URL(`http://127.0.0.1:${port}`)
  const deadline = Date.now() + READY_TIMEOUT_MS
  while (!(await answers(url))) {
    if (ended === undefined && Date.now() > deadline) killNow()
    if (ended !== undefined || Date.now() > deadline) {
      throw new StartupError(`The database engine ${binary} did not start: ${ended ?? 'no answer in 10 s'}`)
    }
    await new Promise((resolve) => setTimeout(resolve, PROBE_INTERVAL_MS))
  }
  // The port was free a moment ago, but another process may have taken it: then ours has ended by now.
  if (ended !== undefined) throw new StartupError(`The database engine ended while starting: ${ended}`)
  void gone.then(() => {
    if (!closing) options.onExit?.(ended ?? '')
  })
  return {
    url,
    pid: child.pid,
    close: async () => {
      closing = true
      child.kill('SIGTERM')
      const timer = setTimeout(killNow, KILL_AFTER_MS)
      await gone
      clearTimeout(timer)
    },
  }
}

/** On Linux the kernel ends the engine with this process, whatever way it ends. */
function spawnTied(binary: string, args: readonly string[]): ChildProcess {
  const tie = '/usr/bin/setpriv'
  const tied = process.platform === 'linux' && existsSync(tie) && knowsParentDeath(tie)
  const [command, all] = tied ? [tie, ['--pdeathsig', 'KILL', '--', binary, ...args]] : [binary, args]
  return spawn(command, [...all], { stdio: ['ignore', 'ignore', 'pipe'] })
}

function knowsParentDeath(tie: string): boolean {
  return spawnSync(tie, ['--pdeathsig', 'KILL', '--', 'true']).status === 0
}

function findBinary(): string | undefined {
  const require = createRequire(import.meta.url)
  const packageName = `@dynoxide/${process.platform}-${process.arch}`
  try {
    const binary = join(dirname(require.resolve(`${packageName}/package.json`)), 'dynoxide')
    if (isExecutable(binary)) return binary
  } catch {
    // Not installed on this platform: look on PATH.
  }
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.map((folder) => join(folder, 'dynoxide')).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function externalEngine(): Promise<Engine> {
  const endpoint = process.env.DYNAMODB_ENDPOINT
  if (endpoint === undefined || endpoint === '') {
    throw new StartupError(
      `No database engine for ${process.platform}-${process.arch}: put dynoxide on PATH, or start DynamoDB Local ` +
        'and set DYNAMODB_ENDPOINT to its address, for example http://127.0.0.1:8000',
    )
  }
  const url = new URL(endpoint)
  if (!(await answers(url))) throw new StartupError(`Nothing answers at DYNAMODB_ENDPOINT ${endpoint}`)
  return { url, pid: undefined, close: async () => {} }
}

async function answers(url: URL): Promise<boolean> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: engineHeaders('ListTables'),
      body: '{}',
      signal: AbortSignal.timeout(1_000),
    })
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}

/** Headers of a call to the engine. The engine checks no signature; one fixed key keeps DynamoDB Local to one database. */
export function engineHeaders(operation: string): Record<string, string> {
  return {
    authorization:
      'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-date': '20260101T000000Z',
    'x-amz-target': `DynamoDB_20120810.${operation}`,
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
