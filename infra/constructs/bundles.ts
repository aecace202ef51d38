import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Stack } from 'aws-cdk-lib'
import { Code } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { type BuildOptions, type BuildResult, buildSync, type SameShape } from 'esbuild'
import { ExchequerError } from '../../shared/domain/errors.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Every function of the deployment by its file below functions/, without `.ts`. Each file exports `handler`. */
export const ENTRIES = [
  'ingest/ingest',
  'ingest/replay',
  'settlement/tick',
  'settlement/close',
  'settlement/fold',
  'settlement/weigh',
  'settlement/decide',
  'settlement/credit',
  'settlement/seal',
  'settlement/publish',
  'payouts/request',
  'payouts/release',
  'api/accounts',
  'api/decisions',
  'api/eras',
  'api/offers',
  'api/bookings',
  'api/orders',
  'api/payouts',
  'api/purchases',
  'api/network',
  'api/policy',
  'api/simulations',
  'api/stakes',
  'api/transfers',
  'api/quarantine',
  'api/not-found',
] as const

export type Entry = (typeof ENTRIES)[number]

/** Files that lie beside a function's code, by name. */
export type Beside = Partial<Record<Entry, Record<string, string>>>

/**
 * The code of all functions, built in one run of esbuild: sources that functions share are parsed once, and each
 * function still gets a bundle of its own with only what it uses.
 */
export class Bundles extends Construct {
  private readonly directory: string | undefined

  constructor(scope: Construct, id: string, { beside }: { beside: Beside }) {
    super(scope, id)
    // Tests of the template turn bundling off, and need no code.
    if (!Stack.of(this).bundlingRequired) return
    const directory = mkdtempSync(join(tmpdir(), 'exchequer-bundles-'))
    // The assets are copies.
    process.once('exit', () => rmSync(directory, { recursive: true }))
    build(directory, beside)
    this.directory = directory
  }

  /** The function's folder: `index.mjs`, its source map, and what lies beside it. */
  code(entry: Entry): Code {
    const folder =
      this.directory === undefined ? dirname(join(ROOT, 'functions', entry)) : join(this.directory, entry)
    return Code.fromAsset(folder)
  }
}

function build(directory: string, beside: Beside): void {
  const { outputFiles } = bundle({
    absWorkingDir: ROOT,
    entryPoints: ENTRIES.map((entry) => ({ in: `functions/${entry}.ts`, out: `${entry}/index` })),
    // Nothing is written here: paths in source maps, and with them the hashes of the assets, are the same
    // wherever the output of the synthesis goes.
    outdir: 'bundles',
    write: false,
    bundle: true,
    // Everything is bundled, also the SDK: what was tested is what runs, whatever the runtime brings along.
    packages: 'bundle',
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    outExtension: { '.js': '.mjs' },
    minify: true,
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    logLevel: 'warning',
  })
  const built = join(ROOT, 'bundles')
  for (const { path, contents } of outputFiles) write(join(directory, path.slice(built.length)), contents)
  for (const [entry, files] of Object.entries(beside)) {
    for (const [name, text] of Object.entries(files)) write(join(directory, entry, name), text)
  }
}

/** esbuild has said on stderr what is wrong, with file and line. Throws `BundlingFailed`. */
function bundle<Options extends BuildOptions>(
  options: SameShape<BuildOptions, Options>,
): BuildResult<Options> {
  try {
    return buildSync(options)
  } catch (cause) {
    throw new ExchequerError('BundlingFailed', 'the functions cannot be bundled: see above', { cause })
  }
}

function write(path: string, contents: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, contents)
}
