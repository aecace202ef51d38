import { setTimeout as sleep } from 'node:timers/promises'
import { SHARDS } from '../../shared/domain/settle.ts'
import { START_MS } from '../support/policies.ts'
import { type Service, startService } from '../support/service.ts'
import { HOUR_MS, sentFee } from './data.ts'
import type { Figure, Size } from './measure.ts'
import { populate, population, populationPolicy } from './population.ts'
import { settleFirstEra } from './settle.ts'

/** Fees a second, in array events, for so long, while the era before is settled. */
const PER_SECOND = 10_000
const SECONDS = 60
/** Ten such entries stay below the 256 kB of one request. */
const FEES_IN_ARRAY = 100

/** Accounts of the era that is settled meanwhile. */
const ACCOUNTS = 10_000

/**
 * Fees through PutEvents on the local bus while an era settles beside them on the same machine. Throws unless every one
 * of them is in the log of its era and none in quarantine; a request that is refused throws as well.
 */
export async function endToEnd({ tiny }: Size): Promise<Figure[]> {
  const seconds = tiny ? 1 : SECONDS
  const perSecond = tiny ? 400 : PER_SECOND
  const service = await startService(populationPolicy)
  try {
    await populate(service.store, population(tiny ? 50 : ACCOUNTS), SHARDS)
    const start = performance.now()
    const settling = settleFirstEra(service)
    for (let second = 0; second < seconds; second += 1) {
      await service.send(arraysOf(perSecond))
      const early = start + (second + 1) * 1_000 - performance.now()
      if (early > 0) await sleep(early)
    }
    const sentMs = performance.now() - start
    await service.host.drained()
    const bookedMs = performance.now() - start
    await settling
    const sent = perSecond * seconds
    await assertBooked(service, sent)
    return [
      {
        bench: 'end-to-end',
        what: `fees sent by PutEvents for ${seconds} s while an era settles`,
        value: (sent / sentMs) * 1_000,
        unit: 'fees/s',
        target: { atLeast: PER_SECOND * 0.99 },
      },
      {
        bench: 'end-to-end',
        what: 'all of them booked, after the last was sent',
        value: bookedMs - sentMs,
        unit: 'ms',
      },
      {
        bench: 'end-to-end',
        what: 'lost, refused or in quarantine',
        value: 0,
        unit: '',
        target: { atMost: 0 },
      },
    ]
  } finally {
    await service.close()
  }
}

/** Of the second era, so that none is late. */
function arraysOf(fees: number) {
  return Array.from({ length: fees / FEES_IN_ARRAY }, () => ({
    'detail-type': 'FeeCharged',
    detail: {
      metadata: { version: 1 },
      data: Array.from({ length: FEES_IN_ARRAY }, () => ({
        ...sentFee(),
        kind: 'fee',
        occurredAt: new Date(START_MS + HOUR_MS + Math.floor(Math.random() * HOUR_MS)).toISOString(),
      })),
    },
  }))
}

async function assertBooked({ store, host }: Service, sent: number): Promise<void> {
  let booked = 0
  for (let shard = 0; shard < SHARDS; shard += 1)
    for await (const { hashes } of store.log.segments(1, shard)) booked += hashes.length
  const waiting = await store.quarantine.waiting({ limit: 1 })
  const dead = Object.values(host.queues()).reduce((sum, { visible }) => sum + visible, 0)
  if (booked !== sent || waiting.length > 0 || dead > 0)
    throw new Error(
      `${booked} of ${sent} fees are booked, ${waiting.length} in quarantine, ${dead} messages left`,
    )
}
