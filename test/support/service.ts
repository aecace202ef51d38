import { setTimeout as sleep } from 'node:timers/promises'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { synthesize } from '../../infra/cli/synth.ts'
import { type Host, type HostOptions, startHost } from '../../infra/local/host.ts'
import { openNetwork } from '../../shared/settlement/open.ts'
import { connectStore, type Store } from '../../shared/store/table.ts'

const CREDENTIALS = { region: 'eu-central-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }

/** PutEvents takes at most this many entries. */
const MAX_ENTRIES = 10

/** Longest that a settlement in a test may take. */
const SETTLED_WITHIN_MS = 60_000

export interface SentEvent {
  'detail-type': string
  detail: { metadata: { version: number }; data: unknown }
}

export interface Answer {
  status: number
  type: string | null
  // biome-ignore lint/suspicious/noExplicitAny: an answer is JSON, and a wrong path makes the test fail.
  body: any
}

/** The whole service on this machine, spoken to as a producer, an operator and a reader would. */
export interface Service {
  host: Host
  /** Straight to the table, for what no reader may see. */
  store: Store
  /** Through PutEvents with the real client, full requests. */
  send(events: readonly SentEvent[], source?: string): Promise<void>
  /** Waits until the queue is empty, moves the clock, and waits for the seals of all that has closed. */
  advance(to: string | number): Promise<void>
  get(path: string, headers?: Record<string, string>): Promise<Answer>
  close(): Promise<void>
}

/** Runs the template of the local stage with a network that lives by `policyJson`. */
export async function startService(
  policyJson: unknown,
  options: Pick<HostOptions, 'onEvent'> = {},
): Promise<Service> {
  const outdir = await synthesize({ stage: 'local' })
  const host = await startHost({ outdir, port: 0, schedules: false, print: () => undefined, ...options })
  const client = { endpoint: host.url, ...CREDENTIALS }
  const bus = new EventBridgeClient(client)
  const store = connectStore({
    tableName: host.outputs.TableName as string,
    client: new DynamoDBClient(client),
  })
  // The bundle of the template has the policy of its stage; a network that is open already keeps the one it has.
  await openNetwork(store, policyJson, Date.now())
  return {
    host,
    store,
    async send(events, source = 'exchequer.sample') {
      for (let from = 0; from < events.length; from += MAX_ENTRIES) {
        const Entries = events.slice(from, from + MAX_ENTRIES).map((event) => ({
          EventBusName: host.outputs.BusName,
          Source: source,
          DetailType: event['detail-type'],
          Detail: JSON.stringify(event.detail),
        }))
        const { FailedEntryCount } = await bus.send(new PutEventsCommand({ Entries }))
        if (FailedEntryCount) throw new Error(`${FailedEntryCount} entries failed`)
      }
    },
    async advance(to) {
      await host.drained()
      await host.invoke(host.outputs.TickFunctionName as string, { advanceTo: to })
      const until = Date.now() + SETTLED_WITHIN_MS
      for (;;) {
        const state = await store.state.read()
        if (state && state.sealedThrough === state.closedThrough) return
        const failed = host.executions().find(({ status }) => status === 'FAILED')
        if (failed) throw new Error(`${failed.name} failed: ${JSON.stringify(failed.error)} ${failed.cause}`)
        if (Date.now() > until) throw new Error(`still at ${JSON.stringify(state)}`)
        await sleep(50)
      }
    },
    async get(path, headers = {}) {
      const response = await fetch(`${host.url}${path}`, { headers })
      return {
        status: response.status,
        type: response.headers.get('content-type'),
        body: await response.json(),
      }
    },
    close: () => host.close(),
  }
}
