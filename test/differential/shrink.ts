import { type Case, differences, isReadable } from './case.ts'
import type { Sent } from './naive/language.ts'
import type { Json } from './random-policy.ts'

/** The most cases tried on the way to a small one. */
const MAX_TRIES = 4_000

/** Makes a case that differs as small as it goes, piece by piece, while the two sides still differ. */
export async function shrink(failing: Case): Promise<Case> {
  const kind = await kindOf(failing)
  if (kind === undefined) return failing
  let smallest = { ...failing, events: single(failing.events) }
  let tries = 0
  for (let found = true; found && tries < MAX_TRIES; ) {
    found = false
    for (const smaller of smallerThan(smallest)) {
      tries += 1
      if (tries >= MAX_TRIES) break
      if ((await kindOf(smaller)) !== kind) continue
      smallest = smaller
      found = true
      break
    }
  }
  return smallest
}

/** What kind of difference a case shows, without its figures; undefined when it shows none. */
async function kindOf(candidate: Case): Promise<string | undefined> {
  if (!isReadable(candidate)) return undefined
  const [first] = await differences(candidate)
  return first?.split(':')[0]?.replace(/\d+/g, '#').split(' ').slice(0, 3).join(' ')
}

function single(events: readonly Sent[]): Sent[] {
  return events.flatMap(({ detail, ...event }) =>
    (Array.isArray(detail.data) ? detail.data : [detail.data]).map((data) => ({
      ...event,
      detail: { data },
    })),
  )
}

function* smallerThan(large: Case): Generator<Case> {
  if (large.eras > 1) yield { ...large, eras: large.eras - 1 }
  if (large.partitions > 1) yield { ...large, partitions: 1 }
  if (large.shards > 1) yield { ...large, shards: 1 }
  const { events } = large
  for (let size = events.length >> 1; size >= 1; size >>= 1) {
    for (let from = 0; from < events.length; from += size) {
      yield { ...large, events: [...events.slice(0, from), ...events.slice(from + size)] }
    }
  }
  for (const policy of smallerValues(large.policy)) yield { ...large, policy: policy as Json }
  for (let index = 0; index < events.length; index += 1) {
    for (const event of smallerValues(events[index])) {
      yield { ...large, events: events.map((other, at) => (at === index ? (event as Sent) : other)) }
    }
  }
}

/** Every value with one piece less: a key, an entry of a list, a simpler amount or percentage. */
function* smallerValues(value: unknown): Generator<unknown> {
  if (typeof value === 'string') {
    if (/^\d{2,}$/.test(value)) yield* ['1', '10', '100', value.slice(0, value.length >> 1)]
    if (/^\d+\.?\d*%$/.test(value) && value !== '100%' && value !== '50%') yield* ['100%', '50%']
    return
  }
  if (Array.isArray(value)) {
    if (value.length > 1) for (let gone = 0; gone < value.length; gone += 1) yield value.toSpliced(gone, 1)
    for (const [index, entry] of value.entries()) {
      for (const smaller of smallerValues(entry)) yield value.with(index, smaller)
    }
    return
  }
  if (typeof value !== 'object' || value === null) return
  for (const key of Object.keys(value)) {
    const { [key]: _, ...others } = value as Json
    yield others
  }
  for (const [key, entry] of Object.entries(value)) {
    for (const smaller of smallerValues(entry)) yield { ...value, [key]: smaller }
  }
}
