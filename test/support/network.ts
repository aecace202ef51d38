import { eraAt } from '../../shared/domain/calendar.ts'
import { type Event, eventKey, keyHash, positionOf } from '../../shared/domain/event.ts'
import { parsePolicy } from '../../shared/domain/policy/policy.ts'
import type { Policy } from '../../shared/domain/policy/schema.ts'
import { shardOf } from '../../shared/domain/settle.ts'
import type { NewSegment } from '../../shared/ingest/ports.ts'
import { closeEra } from '../../shared/settlement/close.ts'
import { creditPartition } from '../../shared/settlement/credit.ts'
import { decideEra } from '../../shared/settlement/decide.ts'
import { foldShard } from '../../shared/settlement/fold.ts'
import { publishEra } from '../../shared/settlement/publish.ts'
import { sealEra } from '../../shared/settlement/seal.ts'
import { type TickDeps, tick } from '../../shared/settlement/tick.ts'
import { weighPartition } from '../../shared/settlement/weigh.ts'
import { connectStore, type Store } from '../../shared/store/table.ts'
import type { Engine } from './engine.ts'

/** A network over a real table, settled step by step in the order of the state machine, without a host. */
export interface TestNetwork {
  store: Store
  policy: Policy
  /** Names of executions that were started and not yet run, in order. */
  started: string[]
  published: { detailType: string; detail: object }[]
  tickDeps: TickDeps
  /** Writes events to the log as ingest would, each in its era, or in `era`. */
  book(events: readonly Event[], era?: number): Promise<void>
  advance(to: number | string): Promise<void>
  /** Runs every started execution, and those that they start. */
  run(): Promise<void>
}

export function testNetwork(
  engine: Engine,
  policyJson: unknown,
  wallNow: () => number = () => 0,
): TestNetwork {
  const store = connectStore({ tableName: engine.tableName, client: engine.client })
  const policy = parsePolicy(policyJson)
  const started: string[] = []
  const names = new Set<string>()
  const published: TestNetwork['published'] = []
  const executions: TickDeps['executions'] = {
    async start(name) {
      if (names.has(name)) return started.includes(name) ? 'running' : 'ended'
      names.add(name)
      started.push(name)
      return 'started'
    },
  }
  const tickDeps: TickDeps = { store, executions, now: wallNow, policyJson: () => policyJson }
  return {
    store,
    policy,
    started,
    published,
    tickDeps,
    async book(events, era) {
      const { shards } = await openedState(store)
      const segments = new Map<string, NewSegment>()
      for (const event of events) {
        const own = eraAt(policy.era.calendar, positionOf(event, policy.era.calendar))
        const place = { era: era ?? own, shard: shardOf(event, shards) }
        const key = `${place.era}/${place.shard}`
        const position = positionOf(event, policy.era.calendar)
        const segment = segments.get(key) ?? { ...place, events: [], hashes: [], earliest: position }
        segment.events.push(event)
        segment.hashes.push(keyHash(eventKey(event)))
        segment.earliest = Math.min(segment.earliest, position)
        segments.set(key, segment)
      }
      const failures = await store.log.append([...segments.values()])
      for (const failure of failures) if (failure) throw failure
    },
    async advance(to) {
      await tick(tickDeps, { advanceTo: to })
    },
    async run() {
      for (let name = started[0]; name !== undefined; name = started[0]) {
        const era = Number(name.split('-')[1])
        await settle({ store, era, wallNow })
        const bus = {
          put: async (detailType: string, detail: object) => {
            published.push({ detailType, detail })
          },
        }
        started.shift()
        await publishEra({ store, executions, bus }, { era })
      }
    },
  }
}

/** The state machine's steps up to the seal, in order. */
export async function settle({
  store,
  era,
  wallNow,
}: {
  store: Store
  era: number
  wallNow: () => number
}): Promise<void> {
  const closed = await closeEra({ store, now: wallNow, fenceSeconds: 0 }, { era })
  if (closed.sealed) return
  if (!closed.empty) {
    await Promise.all(closed.shards.map((shard) => foldShard({ store }, shard)))
    await Promise.all(closed.partitions.map((partition) => weighPartition({ store }, partition)))
    await decideEra({ store }, { era })
    await Promise.all(
      closed.partitions.map((partition) => creditPartition({ store, remainingMs: () => 60_000 }, partition)),
    )
  }
  await sealEra({ store }, { era })
}

async function openedState(store: Store) {
  const state = await store.state.read()
  if (!state) throw new Error('the test opens the network with a tick first')
  return state
}
