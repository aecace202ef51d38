import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { synthesize } from '../../infra/cli/synth.ts'
import { ENTRIES } from '../../infra/constructs/bundles.ts'
import { functionsOf, type Resource, type Template } from '../support/deployment.ts'

/** A function's code, bytes: what Lambda loads at a cold start. The SDK's client is half of it. */
const MAX_BYTES = 750_000

const temporary = mkdtempSync(join(tmpdir(), 'exchequer-synth-'))
const outdir = join(temporary, 'out')
let template: Template

beforeAll(async () => {
  await synthesize({ stage: 'local', outdir })
  template = readJson(templateFiles()[0] ?? '')
})

afterAll(() => rmSync(temporary, { recursive: true }))

function templateFiles(): string[] {
  return readdirSync(outdir).filter((name) => name.endsWith('.template.json'))
}

// biome-ignore lint/suspicious/noExplicitAny: JSON of the CDK, and a wrong path makes the test fail.
function readJson(name: string): any {
  return JSON.parse(readFileSync(join(outdir, name), 'utf8'))
}

/** Where the code of a function lies in the output. */
function folderOf(resource: Resource): string {
  const assets = readJson(templateFiles()[0]?.replace('.template.', '.assets.') ?? '')
  const hash = String(resource.Properties.Code.S3Key).replace('.zip', '')
  return join(outdir, assets.files[hash].source.path)
}

/** What each bundle exports as `handler`, imported by Node itself and without any of this project around it. */
function handlersOf(bundles: string[]): string[] {
  const script = `for (const bundle of ${JSON.stringify(bundles)}) console.log(typeof (await import(bundle)).handler)`
  const said = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: temporary,
    encoding: 'utf8',
  })
  return said.trim().split('\n')
}

describe('synthesizing', () => {
  it('bundles every function on its own, small, and so that it can be imported', () => {
    const functions = functionsOf(template)
    expect([...functions.keys()].sort()).toEqual([...ENTRIES].sort())
    for (const [entry, { resource }] of functions) {
      const bundle = join(folderOf(resource), 'index.mjs')
      expect(statSync(bundle).size, entry).toBeLessThan(MAX_BYTES)
      expect(readFileSync(bundle, 'utf8'), entry).not.toContain(import.meta.dirname)
    }
    const bundles = [...functions.values()].map(({ resource }) => join(folderOf(resource), 'index.mjs'))
    expect(handlersOf(bundles)).toEqual(bundles.map(() => 'function'))
  })

  it('puts the policy beside tick, and nowhere else', () => {
    const policies = [...functionsOf(template)]
      .map(([entry, { resource }]) => ({ entry, path: join(folderOf(resource), 'policy.json') }))
      .filter(({ path }) => existsSync(path))
    expect(policies.map(({ entry }) => entry)).toEqual(['settlement/tick'])
    const shipped = readFileSync(policies[0]?.path ?? '', 'utf8')
    expect(JSON.parse(shipped)).toMatchObject({ network: 'magnet-hourly', version: 1 })
  })

  it('is skipped when nothing has changed, and leaves one stack when the policy has', async () => {
    const heard: string[] = []
    const again = (policyFile?: string) =>
      synthesize({ stage: 'local', outdir, policyFile, onProgress: (text) => heard.push(text) })
    await again()
    expect(heard).toEqual(['template is up to date'])
    await again('infinect')
    expect(heard[1]).toBe('synthesizing the template and bundling the functions')
    expect(templateFiles()).toEqual(['exchequer-infinect-local.template.json'])
  })

  it('may run twice at once', async () => {
    const both = join(temporary, 'both')
    const directories = await Promise.all([1, 2].map(() => synthesize({ stage: 'local', outdir: both })))
    expect(directories).toEqual([both, both])
    expect(readdirSync(both).filter((name) => name.startsWith('asset.'))).toHaveLength(ENTRIES.length)
    expect(readdirSync(temporary).filter((name) => name.startsWith('both-'))).toEqual([])
  })

  it('writes nothing for a policy with a mistake, and says where each is', async () => {
    const policyFile = join(temporary, 'wrong.json')
    const nowhere = join(temporary, 'nowhere')
    const magnet = JSON.parse(
      readFileSync(join(import.meta.dirname, '../../shared/policies/magnet.json'), 'utf8'),
    )
    magnet.stages[0].split[2].share = '150%'
    writeFileSync(policyFile, JSON.stringify(magnet))
    await expect(synthesize({ stage: 'local', outdir: nowhere, policyFile })).rejects.toThrow(
      'stages[0].split: the shares of a split are at most 100% together: got 235%',
    )
    expect(existsSync(nowhere)).toBe(false)
  })

  it('does not write among files that are not its own', async () => {
    await expect(synthesize({ stage: 'local', outdir: import.meta.dirname })).rejects.toThrow(
      'the output goes to an empty directory',
    )
  })
})
