import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { ExchequerError } from '../../shared/domain/errors.ts'
import { config, STAGES, type Stage } from '../config.ts'
import { readPolicyFile } from '../policy-file.ts'
import { defineCommand, runCommand, UsageError } from './command.ts'
import { progressOn } from './terminal.ts'

const ROOT = join(import.meta.dirname, '../..')

/** What the template and the bundles are made of. The local host and the commands are not among it. */
const SOURCES = [
  'cdk.json',
  'package-lock.json',
  'infra/*.ts',
  'infra/constructs/**/*.ts',
  'functions/**/*.ts',
  'shared/**/*.{ts,json}',
]

/** Lies beside the template and says what it was made from. */
const MADE_FROM = 'made-from.txt'

/** A synthesis takes 2 to 4 s; one that takes this long hangs. */
const TIMEOUT_MS = 120_000

export interface Synthesis {
  stage: Stage
  /** A preset's name or a file; the stage's own when not given. */
  policyFile?: string | undefined
  /** Default cdk.out/<stage>. */
  outdir?: string | undefined
  /** Told what is going on, in a few words. */
  onProgress?: ((text: string) => void) | undefined
}

/**
 * Writes the template and the functions' bundles of one stage, unless they are there already, and answers with the
 * directory. Offline, and as `cdk synth` would: by running the app of cdk.json with its context. Throws
 * `InvalidPolicy`, or `SynthesisFailed` with what the app said; then nothing is written. May run twice at once.
 */
export async function synthesize({ stage, policyFile, outdir, onProgress }: Synthesis): Promise<string> {
  const policy = readPolicyFile(policyFile ?? config[stage].policy)
  const directory = resolve(outdir ?? join(ROOT, 'cdk.out', stage))
  refuseForeign(directory)
  const madeFrom = fingerprint(stage, JSON.stringify(policy.json))
  if (isUpToDate(directory, madeFrom)) {
    onProgress?.('template is up to date')
    return directory
  }
  onProgress?.('synthesizing the template and bundling the functions')
  mkdirSync(directory, { recursive: true })
  const fresh = mkdtempSync(`${directory}-`)
  try {
    await runApp(fresh, { stage, policy: policy.path })
    writeFileSync(join(fresh, MADE_FROM), madeFrom)
    replace(directory, fresh)
  } finally {
    rmSync(fresh, { recursive: true })
  }
  return directory
}

function fingerprint(stage: Stage, policy: string): string {
  const digest = createHash('sha256')
  for (const file of globSync(SOURCES, { cwd: ROOT }).sort()) {
    digest
      .update(`${file}\0`)
      .update(readFileSync(join(ROOT, file)))
      .update('\0')
  }
  return digest.update(`${stage}\0${policy}`).digest('hex')
}

function isUpToDate(directory: string, madeFrom: string): boolean {
  const path = join(directory, MADE_FROM)
  return existsSync(path) && readFileSync(path, 'utf8') === madeFrom
}

function refuseForeign(directory: string): void {
  if (!existsSync(directory)) return
  const files = readdirSync(directory)
  if (files.length === 0 || files.includes(MADE_FROM)) return
  throw new UsageError(
    `the output goes to an empty directory or to that of an earlier synthesis: got ${directory}`,
  )
}

/**
 * Moves a synthesis to where it is wanted, what says that it is there last. Bundles of earlier ones stay, for a host
 * may be running on them; they are named by their content. Earlier descriptions go: another policy or stage is
 * another stack, and a directory holds one.
 */
function replace(directory: string, fresh: string): void {
  const files = readdirSync(fresh).sort((a, b) => Number(a === MADE_FROM) - Number(b === MADE_FROM))
  const stale = readdirSync(directory).filter((file) => file.endsWith('.json') && !files.includes(file))
  for (const file of stale) rmSync(join(directory, file), { force: true })
  for (const file of files) move(join(fresh, file), join(directory, file), file.startsWith('asset.'))
}

/** Over what is there; a bundle that is there, perhaps since a moment ago, has the same content. */
function move(from: string, to: string, isBundle: boolean): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (!isBundle || !existsSync(to)) throw error
  }
}

async function runApp(directory: string, given: { stage: Stage; policy: string }): Promise<void> {
  const env = {
    ...process.env,
    CDK_CONTEXT_JSON: JSON.stringify({ ...cdkContext(), ...given }),
    CDK_OUTDIR: directory,
    // Checking the template against CloudFormation's schemas takes longer than writing it, and matters only where
    // CloudFormation reads it. The rules of cdk-nag are checked for every stage.
    ...(given.stage === 'local' ? { CDK_VALIDATION: 'false' } : {}),
  }
  const child = spawn(process.execPath, [join(ROOT, 'infra/app.ts')], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: TIMEOUT_MS,
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  const ended = Promise.withResolvers<number | null>()
  child.on('error', ended.reject).on('close', ended.resolve)
  const code = await ended.promise
  if (code !== 0)
    throw new ExchequerError('SynthesisFailed', `the app ended with ${code ?? 'a signal'}:\n${said.trim()}`)
}

/** Context of cdk.json, feature flags among it: without the CDK's own command nobody else reads it. */
function cdkContext(): Record<string, unknown> {
  return JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8')).context
}

const synth = defineCommand({
  name: 'synth',
  summary:
    'Writes the CloudFormation template and the bundles of one stage. Needs no account and no network.',
  options: {
    stage: { describe: `One of ${STAGES.join(', ')}.`, value: 'STAGE', default: 'dev' },
    policy: {
      describe: "Policy of the network: a preset's name or a file. Default: the stage's own.",
      value: 'FILE',
    },
    out: { describe: 'Where to write. Default: cdk.out/<stage>.', value: 'DIR' },
  },
  examples: ['--stage local', '--stage prod --policy my-network.json'],
  async run({ stage: name, policy, out }) {
    const stage = STAGES.find((known) => known === name)
    if (stage === undefined)
      throw new UsageError(`a stage is one of ${STAGES.join(', ')}: got ${JSON.stringify(name)}`)
    const progress = progressOn(process.stderr)
    let doing = ''
    const directory = await synthesize({
      stage,
      policyFile: policy,
      outdir: out,
      onProgress: (text) => {
        doing = text
        progress.show(text)
      },
    })
    progress.done(doing)
    process.stdout.write(`${relative(process.cwd(), directory) || '.'}\n`)
  },
})

if (import.meta.main) await runCommand(synth)
