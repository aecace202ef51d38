import * as crypto from 'node:crypto'
import { dirname, join, relative, sep } from 'node:path'
import { compileFunction } from 'node:vm'
import { build, type Plugin } from 'esbuild'
import * as ulid from 'ulid'
import { type Limits, limited } from './limits.ts'

const ROOT = join(import.meta.dirname, '../../..')

/** Pure code: it has nothing of an instance's own, so it is loaded once. All else each instance has for itself. */
const PURE = ['shared/domain/', 'shared/events/', 'shared/api/contracts/', 'shared/api/examples/']

/** Packages that wait or keep something, and so are each instance's own too. */
const OWN_PACKAGES = /^@middy\//

/** What a function instance finds around it: the world's, not the machine's. */
export interface Realm {
  env: Record<string, string>
  /** Its clock, ms: whole, and perhaps wrong. */
  now(): number
  random(): number
  setTimeout(run: () => void, ms: number): unknown
  clearTimeout(timer: unknown): void
  /** What a client of an SDK package sends. */
  send(sdk: Sdk, command: { constructor: { name: string }; input: object }): Promise<unknown>
  log(level: string, message: string, error?: unknown): void
  /** Text of the file that lies beside the bundle. */
  readFile(name: string): string
  /** Constants of the network it opens: a small one is soon settled. */
  shards: number
  partitions: number
  /** How much it does at a time, where that is not what the product says. */
  limits: Limits
}

const SDKS = {
  '@aws-sdk/client-dynamodb': 'DynamoDBClient',
  '@aws-sdk/client-sfn': 'SFNClient',
  '@aws-sdk/client-eventbridge': 'EventBridgeClient',
} as const

export type Sdk = keyof typeof SDKS

// biome-ignore lint/suspicious/noExplicitAny: handlers take events of many kinds.
export type Handler = (event: any, context: object) => Promise<unknown>

/** The code of one function, ready to be instantiated as often as AWS would start it. */
export interface Code {
  entry: string
  instantiate(realm: Realm): Handler
}

const codes = new Map<string, Promise<Code>>()

/** Bundles the real handler of an entry ("settlement/fold"), as the deployment does, but for the pure code. */
export function codeOf(entry: string): Promise<Code> {
  const code = codes.get(entry) ?? load(entry)
  codes.set(entry, code)
  return code
}

async function load(entry: string): Promise<Code> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [`functions/${entry}.ts`],
    write: false,
    metafile: true,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    define: { 'import.meta.url': '"file:///bundle/index.mjs"' },
    plugins: [external, limited],
    logLevel: 'error',
  })
  const [output] = Object.values(metafile.outputs)
  const modules = new Map<string, object>()
  for (const { path, external } of output?.imports ?? []) {
    if (external) modules.set(path, await import(/* @vite-ignore */ path))
  }
  const names = ['require', 'module', 'process', 'Date', 'Math', 'setTimeout', 'clearTimeout', 'console']
  const forbidden = ['setInterval', 'setImmediate', 'fetch', 'performance', 'crypto']
  const text = outputFiles[0]?.text ?? ''
  const run = compileFunction(text, [...names, ...forbidden], { filename: `${entry}.cjs` })
  return {
    entry,
    instantiate(realm) {
      const module = { exports: {} as { handler: Handler } }
      const { setTimeout, clearTimeout } = realm
      const console = { log: realm.log, warn: realm.log, error: realm.log }
      const require = requireIn(modules, realm)
      const globals = {
        process: { env: realm.env, limits: realm.limits },
        Date: dateOf(realm),
        Math: mathOf(realm),
      }
      run(require, module, globals.process, globals.Date, globals.Math, setTimeout, clearTimeout, console)
      return module.exports.handler
    },
  }
}

const external: Plugin = {
  name: 'external',
  setup({ onResolve }) {
    onResolve({ filter: /.*/ }, ({ path, kind, importer }) => {
      if (kind === 'entry-point' || OWN_PACKAGES.test(path)) return undefined
      if (!path.startsWith('.')) return { path, external: true }
      const absolute = join(dirname(importer), path)
      const own = relative(ROOT, absolute).split(sep).join('/')
      return PURE.some((folder) => own.startsWith(folder)) ? { path: absolute, external: true } : undefined
    })
  },
}

function requireIn(modules: Map<string, object>, realm: Realm): (path: string) => object {
  const replaced = new Map<string, object>()
  const replacement = (path: string, real: object): object => {
    if (Object.hasOwn(SDKS, path)) return sdkModule(path as Sdk, real, realm)
    switch (path) {
      case 'ulid':
        return {
          monotonicFactory: (random = realm.random) => {
            const next = ulid.monotonicFactory(random)
            return () => next(realm.now())
          },
        }
      case 'node:timers':
        return { setTimeout: realm.setTimeout, clearTimeout: realm.clearTimeout }
      case 'node:crypto':
        return { hash: crypto.hash, createHash: crypto.createHash }
      case 'node:fs':
        return { readFileSync: (url: URL) => realm.readFile(url.pathname.split('/').at(-1) ?? '') }
      case '@aws-lambda-powertools/logger':
        return { Logger: loggerOf(realm) }
      case '@aws-lambda-powertools/metrics':
        return { ...real, Metrics: NoMetrics }
    }
    if (path.endsWith('shared/domain/account.ts')) return withConstant(real, 'PARTITIONS', realm.partitions)
    if (path.endsWith('shared/domain/settle.ts')) return withConstant(real, 'SHARDS', realm.shards)
    return real
  }
  return (path) => {
    const known = replaced.get(path)
    if (known) return known
    const real = modules.get(path)
    if (!real) throw new Error(`the simulation has no module ${path}`)
    const module = replacement(path, real)
    replaced.set(path, module)
    return module
  }
}

function sdkModule(sdk: Sdk, real: object, realm: Realm): object {
  class Client {
    send(command: Parameters<Realm['send']>[1]): Promise<unknown> {
      return realm.send(sdk, command)
    }
  }
  return Object.create(real, { [SDKS[sdk]]: { value: Client, enumerable: true } })
}

function withConstant(real: object, name: string, value: unknown): object {
  return Object.create(real, { [name]: { value, enumerable: true } })
}

function dateOf({ now }: Realm): DateConstructor {
  return class extends Date {
    // biome-ignore lint/suspicious/noExplicitAny: as many arguments as a date takes.
    constructor(...parts: any[]) {
      super(...((parts.length === 0 ? [now()] : parts) as [number]))
    }
    static override now(): number {
      return now()
    }
  } as DateConstructor
}

function mathOf({ random }: Realm): Math {
  return Object.create(Math, { random: { value: random } })
}

function loggerOf({ log }: Realm) {
  const write = (level: string) => (message: string, more?: { error?: unknown }) =>
    log(level, message, more?.error)
  return class {
    addContext(): void {}
    logEventIfEnabled(): void {}
    info = write('info')
    warn = write('warn')
    error = write('error')
  }
}

class NoMetrics {
  addMetric(): void {}
  hasStoredMetrics(): boolean {
    return false
  }
}
