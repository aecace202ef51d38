import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { synthesize } from '../../infra/cli/synth.ts'
import { functionsOf, type Template, targetOf } from '../support/deployment.ts'
import { clientsWithoutGrant, heavyPartsOf, servicesOf } from './loaded.ts'
import { type Figure, median, type Size } from './measure.ts'
import { shown } from './table.ts'

const ROUNDS = 5
const KB = 1_024

interface Bundle {
  name: string
  path: string
  /** What its role is granted something of. */
  services: Set<string>
}

/**
 * What a function loads before its first call: the size of its bundle with what is heavy in it, clients of services that
 * it may not call, and the time until its handler is there.
 */
export async function coldStart({ tiny }: Size): Promise<Figure[]> {
  const all = bundlesIn(await synthesize({ stage: 'local' }))
  const bundles = tiny ? all.slice(0, 1) : all
  const times = new Map<string, number[]>(bundles.map(({ name }) => [name, []]))
  // Round by round, so that no function has a quiet moment of this machine for itself.
  for (let round = 0; round < (tiny ? 1 : ROUNDS); round += 1) {
    for (const { name, path } of bundles) times.get(name)?.push(await loadMs(path))
  }
  return bundles.flatMap(({ name, path, services }): Figure[] => {
    const parts = heavyPartsOf(path)
    const heavy = [...parts].filter(([, kilobytes]) => kilobytes >= 1)
    const listed = heavy.map(([part, kilobytes]) => `${part} ${shown(kilobytes)}`).join(', ')
    const needless = clientsWithoutGrant(parts.keys(), services)
    const figure = (what: string, value: number, unit: string): Figure => ({
      bench: 'cold-start',
      what: `${name}: ${what}`,
      value,
      unit,
    })
    return [
      figure(`bundle (${listed})`, statSync(path).size / KB, 'kB'),
      {
        ...figure(['clients without a grant', ...needless].join(' '), needless.length, ''),
        target: { atMost: 0 },
      },
      figure('init', median(times.get(name) ?? []), 'ms'),
    ]
  })
}

export function bundlesIn(outdir: string): Bundle[] {
  const file = readdirSync(outdir).find((name) => name.endsWith('.template.json')) as string
  const template: Template = JSON.parse(readFileSync(join(outdir, file), 'utf8'))
  return [...functionsOf(template)].map(([name, { resource }]) => {
    const key: string = resource.Properties.Code.S3Key
    return {
      name,
      path: join(outdir, `asset.${key.replace(/\.zip$/, '')}`, 'index.mjs'),
      services: servicesOf(template, targetOf(resource.Properties.Role)),
    }
  })
}

/** In a new process, and without what starting Node takes: that is the same for every function. */
async function loadMs(path: string): Promise<number> {
  const code = `const start = performance.now(); await import(${JSON.stringify(pathToFileURL(path).href)}); console.log(performance.now() - start)`
  const args = ['--enable-source-maps', '--input-type=module', '--eval', code]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return Number(stdout)
}
