import { type BusEvent, type Event, eventKey, isCommandName, keyHash } from '../../shared/domain/event.ts'
import { EVENT_NAMES, readEvent } from '../../shared/events/contracts.ts'
import { bytesOf, textOf } from '../../shared/store/attributes.ts'
import { decode } from '../../shared/store/codec.ts'
import type { Simulation } from './simulation.ts'

/** Something that a producer sent: by its key, what it said under it last. */
interface SentKey {
  key: string
  event: BusEvent
  /** When it happened, in all that was said of it, ms. */
  moments: number[]
}

/**
 * Everything that was sent is counted in one sealed era, or waits in an open one, or is posted, or is in quarantine;
 * nothing is counted twice, and nothing that was not sent. A line for each that is not so.
 */
export async function wronglyCounted(sim: Simulation): Promise<string[]> {
  const wrong: string[] = []
  const sent = sentKeys(sim.queue.sent)
  const { lateness } = (await sim.store.policies.read(1)).policy.era
  const { counted, waiting, posted, refused } = await taken(sim)
  for (const { key, event, moments } of sent.values()) {
    const name = key.replace('\0', ' ')
    if (isCommandName(event.name)) {
      const isPosted = posted.delete(`evt#${event.name}#${event.id}`)
      if (!isPosted && (isGiven(event) || !refused.has(key)))
        wrong.push(`${name} was sent, and is neither posted nor in quarantine`)
      continue
    }
    const eras = counted.get(keyHash(key)) ?? []
    counted.delete(keyHash(key))
    // Nobody looks for what happened longer ago than lateness: an id that is used again after that is a new one.
    const isOnce = Math.max(...moments) - Math.min(...moments) <= lateness
    if (eras.length > 1 && isOnce) wrong.push(`${name} was counted in the eras ${eras.join(' and ')}`)
    if (eras.length > 0 || waiting.has(key)) continue
    if (!refused.has(key))
      wrong.push(`${name} was sent, and is neither counted, nor waiting, nor in quarantine`)
  }
  for (const [hash, eras] of counted)
    wrong.push(`era ${eras} counted ${hash.toString(16)}, which nobody sent`)
  for (const id of posted) if (id.startsWith('evt#')) wrong.push(`${id} was posted, and nobody sent it`)
  return wrong
}

/** What the table says became of events: hashes counted with their eras, keys that wait, commands, and keys refused. */
async function taken(sim: Simulation) {
  const { store, database } = sim
  const { shards, sealedThrough } = await store.state.read().then((state) => state ?? NOT_OPEN)
  const counted = new Map<bigint, number[]>()
  for (let shard = 0; shard < shards; shard += 1)
    for await (const { era, hashes } of store.folds.seen(shard, Number.MAX_SAFE_INTEGER))
      for (const hash of hashes) counted.set(hash, [...(counted.get(hash) ?? []), era])
  const waiting = new Set<string>()
  const posted = new Set(sim.journal().map(({ id }) => id))
  for (const { item } of database.history()) {
    const [kind, era] = textOf(item, 'pk').split('#')
    if (kind === 'LOG' && Number(era) > sealedThrough)
      for (const event of decode<Event[]>(bytesOf(item, 'd'))) waiting.add(eventKey(event))
  }
  const quarantined = await store.quarantine.waiting({ limit: 10_000 })
  const refused = new Set<string>()
  for (const { form, detailType, original } of quarantined) {
    const event = form === 'event' ? eventIn(detailType, JSON.parse(original)) : undefined
    if (event) refused.add(eventKey(event))
  }
  return { counted, waiting, posted, refused }
}

const NOT_OPEN = { shards: 0, sealedThrough: -1 }

function sentKeys(messages: Simulation['queue']['sent']): Map<string, SentKey> {
  const sent = new Map<string, SentKey>()
  for (const { body } of messages) {
    const { 'detail-type': type, detail } = JSON.parse(body)
    for (const data of [detail.data].flat()) {
      const event = eventIn(type, data)
      if (!event) continue
      const key = eventKey(event)
      const moments = [...(sent.get(key)?.moments ?? []), event.occurredAt]
      sent.set(key, { key, event, moments })
    }
  }
  return sent
}

/** An event as its contract reads it; undefined where it keeps to none. */
export function eventIn(type: string, data: unknown): BusEvent | undefined {
  const name = EVENT_NAMES.find((event) => event === type)
  const read = name && readEvent(name, data)
  return read && 'event' in read ? read.event : undefined
}

/** What people have at first: nothing can be wrong with it. */
function isGiven({ name, id }: BusEvent): boolean {
  return name === 'TokensDeposited' && id.startsWith('given-')
}
