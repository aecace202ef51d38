import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { FittedPolicy } from '../../sample/fit.ts'
import { synthesize } from '../synth.ts'
import type { Progress } from '../terminal.ts'

const OUT = join(import.meta.dirname, '../../../cdk.out')

/**
 * The template of this machine's network. Each network has a directory of its own, so that going from one policy to
 * another and back synthesizes nothing anew. A policy that was fitted is written down first, for the template ships it.
 */
export async function synthesizeLocal(
  { json, policy, changes }: FittedPolicy,
  path: string,
  progress: Progress,
): Promise<string> {
  let policyFile = path
  if (changes.length > 0) {
    policyFile = join(OUT, 'policies', `${policy.network}.json`)
    mkdirSync(dirname(policyFile), { recursive: true })
    writeFileSync(policyFile, `${JSON.stringify(json, null, 2)}\n`)
  }
  let doing = ''
  const outdir = await synthesize({
    stage: 'local',
    policyFile,
    outdir: join(OUT, `local-${policy.network}`),
    onProgress: (text) => {
      doing = text
      progress.show(text)
    },
  })
  progress.done(doing)
  return outdir
}
