import { setTimeout as sleep } from 'node:timers/promises'
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { START_MS } from '../support/policies.ts'
import { HOUR_MS, sentFee } from './data.ts'
import { answerPlan, inOwnProcess } from './own-process.ts'

/** Fees through PutEvents with the real client, from a process of their own. */

interface Plan {
  url: string
  busName: string
  /** Fees of an entry: one alone, or an array of them. */
  each: number
  perSecond: number
  seconds: number
}

interface Sent {
  fees: number
  ms: number
}

/** Whom the stage of the local host takes fees from. */
const SOURCE = 'exchequer.sample'

/** PutEvents takes at most this many entries. */
const ENTRIES = 10

/** Requests that are on their way at once. */
const IN_FLIGHT = 16

/** Sends for so many seconds what is due by then, or as much as is taken. Throws where an entry is refused. */
export function sendFromOutside(plan: Plan): Promise<Sent> {
  return inOwnProcess(import.meta.filename, plan)
}

if (import.meta.main) await answerPlan(send)

async function send({ url, busName, each, perSecond, seconds }: Plan): Promise<Sent> {
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' }
  const client = new EventBridgeClient({ endpoint: url, region: 'eu-central-1', credentials })
  const everyMs = (ENTRIES * each * 1_000) / perSecond
  const start = performance.now()
  let requests = 0
  const sender = async (): Promise<void> => {
    while (performance.now() - start < seconds * 1_000 && requests * everyMs < seconds * 1_000) {
      const dueMs = start + requests * everyMs
      requests += 1
      const early = dueMs - performance.now()
      if (early > 0) await sleep(early)
      const { FailedEntryCount } = await client.send(
        new PutEventsCommand({ Entries: entries(busName, each) }),
      )
      if (FailedEntryCount) throw new Error(`${FailedEntryCount} entries failed`)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, sender))
  return { fees: requests * ENTRIES * each, ms: performance.now() - start }
}

function entries(EventBusName: string, each: number) {
  return Array.from({ length: ENTRIES }, () => {
    const data = each === 1 ? secondEraFee() : Array.from({ length: each }, secondEraFee)
    const Detail = JSON.stringify({ metadata: { version: 1 }, data })
    return { EventBusName, Source: SOURCE, DetailType: 'FeeCharged', Detail }
  })
}

/** Of the era after the one that settles, so that none is late. */
function secondEraFee() {
  const occurredAt = new Date(START_MS + HOUR_MS + Math.floor(Math.random() * HOUR_MS)).toISOString()
  return { ...sentFee(), kind: 'fee', occurredAt }
}
