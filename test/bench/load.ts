import { execFile } from 'node:child_process'
import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

/** Requests from a process of their own: with an event loop that does nothing else, what is measured is who answers. */

interface Ask {
  /** What has the same name is measured together. */
  name: string
  path: string
}

interface Plan {
  url: string
  perSecond: number
  /** In their order. */
  asks: readonly Ask[]
  /** The first of them, that count for nothing. */
  warmUp: number
}

const MOST_OUTPUT_BYTES = 2 ** 28

/** Of those that count for nothing. */
const ONE_BY_ONE = 20

/**
 * What each took in another process, ms by name: from when it was due, so that one that has to wait for others has
 * waited. Throws where an answer is not 200.
 */
export async function askFromOutside(plan: Plan): Promise<Record<string, number[]>> {
  const running = promisify(execFile)(process.execPath, [import.meta.filename], {
    maxBuffer: MOST_OUTPUT_BYTES,
  })
  running.child.stdin?.end(JSON.stringify(plan))
  return JSON.parse((await running).stdout)
}

if (import.meta.main) {
  const plan = (await json(process.stdin)) as Plan
  const warmUp = plan.asks.slice(0, plan.warmUp)
  // Functions start cold, and not a whole crowd of them at once: what that takes is another bench's.
  for (const one of warmUp.slice(0, ONE_BY_ONE)) await ask(plan.url, one)
  await askAtRate({ ...plan, asks: warmUp })
  console.log(JSON.stringify(await askAtRate({ ...plan, asks: plan.asks.slice(plan.warmUp) })))
}

async function askAtRate({ url, perSecond, asks }: Plan): Promise<Record<string, number[]>> {
  const took: Record<string, number[]> = {}
  const asked: Promise<void>[] = []
  const start = performance.now()
  for (const [n, one] of asks.entries()) {
    const dueMs = start + (n * 1_000) / perSecond
    const early = dueMs - performance.now()
    if (early > 0) await sleep(early)
    // A timer may be a moment early.
    const sentMs = Math.min(dueMs, performance.now())
    asked.push(
      ask(url, one).then(() => {
        took[one.name] ??= []
        took[one.name]?.push(performance.now() - sentMs)
      }),
    )
  }
  await Promise.all(asked)
  return took
}

async function ask(url: string, { path }: Ask): Promise<void> {
  const answer = await fetch(`${url}${path}`)
  const body = await answer.text()
  if (answer.status !== 200) throw new Error(`${path} was answered ${answer.status}: ${body}`)
}
