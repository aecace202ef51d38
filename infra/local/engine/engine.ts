import { type ChildProcess, spawn } from 'node:child_process'
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

const READY_TIMEOUT_MS = 30_000
const KEPT_CHARS = 2_000
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
  let engine = await spawnEngine(tiedCommand(binary, args))
  // A setpriv too old to tie a child: do without.
  if (engine.ended()?.includes('setpriv:')) engine = await spawnEngine([binary, ...args])
  const { child, gone, ended } = engine
  const url = new URL(`http://127.0.0.1:${port}`)
  if (ended() !== undefined || !(await answers(url))) {
    child.kill('SIGKILL')
    throw new StartupError(`The database engine ${binary} did not start: ${ended() ?? 'no answer in 30 s'}`)
  }
  let closing = false
  void gone.then(() => {
    if (!closing) options.onExit?.(ended() ?? '')
  })
  return {
    url,
    pid: child.pid,
    close: async () => {
      closing = true
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS)
      await gone
      clearTimeout(timer)
    },
  }
}

type EngineProcess = {
  readonly child: ChildProcess
  readonly gone: Promise<void>
  /** How the process ended, or undefined while it runs. */
  readonly ended: () => string | undefined
}

/**
 * Resolves when this very process says that it listens, or has ended, or stays silent too long. Asking the port
 * would not do: what answers there could be the orphan of another run, with old data.
 */
function spawnEngine([command = '', ...args]: readonly string[]): Promise<EngineProcess> {
  // In a group of its own: Ctrl-C in a terminal is for the host, which still needs the engine while it closes.
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
  const killNow = () => child.kill('SIGKILL')
  process.once('exit', killNow)
  let said = ''
  let ended: string | undefined
  return new Promise((resolve) => {
    const gone = new Promise<void>((onGone) => {
      const onEnd = (reason: string) => {
        ended ??= reason
        process.removeListener('exit', killNow)
        settle()
        onGone()
      }
      child.once('error', (error) => onEnd(error.message))
      child.once('close', (code, signal) => onEnd(`exit ${signal ?? code}: ${said.trim().slice(-500)}`))
    })
    const settle = () => {
      clearTimeout(timer)
      resolve({ child, gone, ended: () => ended })
    }
    const timer = setTimeout(settle, READY_TIMEOUT_MS)
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-KEPT_CHARS)
      if (said.includes('listening')) settle()
    })
  })
}

/** On Linux the kernel ends the engine with this process, whatever way it ends. */
function tiedCommand(binary: string, args: readonly string[]): readonly string[] {
  const tie = '/usr/bin/setpriv'
  const canTie = process.platform === 'linux' && existsSync(tie)
  return canTie ? [tie, '--pdeathsig', 'KILL', '--', binary, ...args] : [binary, ...args]
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
      signal: AbortSignal.timeout(READY_TIMEOUT_MS),
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
