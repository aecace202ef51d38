import { setTimeout as sleep } from 'node:timers/promises'
import { answerPlan, inOwnProcess } from './own-process.ts'

/** Reads over HTTP at a rate that no answer holds up, from a process of their own. */

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

/** Of those that count for nothing. */
const ONE_BY_ONE = 20

/**
 * What each took in another process, ms by name: from when it was due, so that one that has to wait for others has
 * waited. Throws where an answer is not 200.
 */
export function askFromOutside(plan: Plan): Promise<Record<string, number[]>> {
  return inOwnProcess(import.meta.filename, plan)
}

if (import.meta.main) await answerPlan(askAll)

async function askAll(plan: Plan): Promise<Record<string, number[]>> {
  const warmUp = plan.asks.slice(0, plan.warmUp)
  // Functions start cold, and not a whole crowd of them at once: what that takes is another bench's.
  for (const one of warmUp.slice(0, ONE_BY_ONE)) await ask(plan.url, one)
  await askAtRate({ ...plan, asks: warmUp })
  return askAtRate({ ...plan, asks: plan.asks.slice(plan.warmUp) })
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
