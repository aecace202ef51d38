import { execFile } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { synthesize } from '../../infra/cli/synth.ts'
import { PARTITIONS } from '../../shared/domain/account.ts'
import { SHARDS } from '../../shared/domain/settle.ts'
import { range } from '../../shared/settlement/network.ts'
import { openNetwork } from '../../shared/settlement/open.ts'
import { START_MS } from '../support/policies.ts'
import { bundlesIn } from './cold-start.ts'
import { openWorld } from './lambda.ts'
import type { Figure, Size } from './measure.ts'
import { charge, EVENTS_PER_ACCOUNT, populate, population, populationPolicy } from './population.ts'
import { closeFirstEra, inputsOf, STEPS } from './settle.ts'

/**
 * The peak of resident memory of every step of a settlement, each in a process of its own as on Lambda: the fullest
 * shard and the partitions of an era with ten events for each account. Of the shards only the first is full: the
 * others would show the same.
 */
export async function memory({ tiny, accounts }: Size): Promise<Figure[]> {
  const people = population(tiny ? 100 : accounts)
  const count = people.accounts.length
  const inShard = Math.floor((count * (EVENTS_PER_ACCOUNT - 1)) / SHARDS)
  const bundles = new Map(
    bundlesIn(await synthesize({ stage: 'local' })).map(({ name, path }) => [name, path]),
  )
  const world = await openWorld()
  try {
    await openNetwork(world.store, populationPolicy, START_MS)
    await populate(world.store, people, SHARDS)
    await charge(world.store, inShard, { shards: SHARDS, only: 0 })
    await closeFirstEra(world.store)
    const what = `${count.toLocaleString('en-US')} accounts, ${(count * EVENTS_PER_ACCOUNT).toLocaleString('en-US')} events`
    const figures: Figure[] = []
    for (const step of STEPS) {
      const peakMb = await peakMbOf(step, bundles.get(`settlement/${step}`) as string)
      figures.push({
        bench: 'memory',
        what: `${what}: ${step}`,
        value: peakMb,
        unit: 'MB',
        target: { atMost: 1_024 },
      })
    }
    return figures
  } finally {
    await world.stop()
  }
}

/**
 * Runs all invocations of a step one after the other in a new process, from the function's own bundle, and answers with
 * the peak of that process, MB.
 */
async function peakMbOf(step: string, bundle: string): Promise<number> {
  const inputs = inputsOf(step, range(SHARDS), range(PARTITIONS))
  const code = `
    const { handler } = await import(${JSON.stringify(pathToFileURL(bundle).href)})
    const context = { functionName: 'bench', getRemainingTimeInMillis: () => 900_000 }
    for (const input of ${JSON.stringify(inputs)}) await handler(input, context)
    console.error(process.resourceUsage().maxRSS / 1_024)`
  const { stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code])
  return Number(stderr)
}
