import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { contracts } from '../../shared/events/contracts.ts'
import { type Engine, startEngine } from '../support/engine.ts'
import { SOURCE } from '../support/intake.ts'
import type { Round } from './round.ts'
import type { Task } from './worker.ts'

/** Cases of one network: enough for much to exist, few enough to be run again in seconds. */
const ROUND_CASES = 1_250

/** Rounds at a time: each waits for the engine more than it works. */
const SIDE_BY_SIDE = 2

/** Runs as many rounds as so many cases need. Throws what went wrong, with how to see it again. */
export async function fuzz({
  seed,
  cases,
  onRound,
}: {
  seed: number
  cases: number
  onRound?: (done: number) => void
}): Promise<Round> {
  const engine = await startEngine()
  const all: Round = { tried: {}, done: {}, problems: {}, slowestMs: 0 }
  let begun = 0
  let done = 0
  const work = async (): Promise<void> => {
    while (begun < cases) {
      const own = Math.min(ROUND_CASES, cases - begun)
      const ownSeed = seed + begun / ROUND_CASES
      begun += own
      add(all, await runIn(engine, ownSeed, own))
      done += own
      onRound?.(done)
    }
  }
  try {
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work))
  } finally {
    await engine.stop()
  }
  return all
}

function add(all: Round, round: Round): void {
  for (const part of ['tried', 'done', 'problems'] as const)
    for (const [name, count] of Object.entries(round[part])) all[part][name] = (all[part][name] ?? 0) + count
  all.slowestMs = Math.max(all.slowestMs, round.slowestMs)
}

/** A rejection that nobody handles ends the thread, as it ends a function. */
async function runIn(engine: Engine, seed: number, cases: number): Promise<Round> {
  const { endpoint, tableName } = await engine.another()
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: { endpoint, tableName, seed, cases } satisfies Task,
    env: {
      ...process.env,
      TZ: 'UTC',
      TABLE_NAME: tableName,
      EVENT_SOURCES: JSON.stringify(
        Object.fromEntries(Object.keys(contracts).map((name) => [name, [SOURCE]])),
      ),
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      POWERTOOLS_LOG_LEVEL: 'ERROR',
      POWERTOOLS_METRICS_DISABLED: 'true',
      POWERTOOLS_METRICS_NAMESPACE: 'fuzz',
    },
  })
  try {
    const [round] = await once(worker, 'message')
    return round as Round
  } catch (error) {
    const { message, stack } = error as Error
    throw new Error(
      `seed ${seed}: ${stack ?? message}\nagain: npm run fuzz -- --seed ${seed} --cases ${cases}`,
    )
  } finally {
    await worker.terminate()
  }
}
