import { SHARDS } from '../../shared/domain/settle.ts'
import { type Service, startService } from '../support/service.ts'
import { type Figure, type Size, took } from './measure.ts'
import { populate, population, populationPolicy } from './population.ts'
import { sendFromOutside } from './send.ts'
import { settleFirstEra } from './settle.ts'
import { shown } from './table.ts'

/** Fees a second, for so long, while the era before is settled. */
const PER_SECOND = 10_000
const SECONDS = 60

/** Ten such arrays stay below the 256 kB of one request. */
const FEES_IN_ARRAY = 100

/** Accounts of the era that is settled meanwhile. */
const ACCOUNTS = 10_000

/**
 * Fees through PutEvents on the local bus while an era settles beside them on the same machine: in arrays, and single
 * ones, ten to a request. As many of 10,000 a second as the bus takes. Throws unless every one that it took is in the log
 * of its era and none in quarantine; a request that is refused throws as well.
 */
export async function endToEnd({ tiny }: Size): Promise<Figure[]> {
  return [
    ...(await sendAndSettle(`fees in arrays of ${FEES_IN_ARRAY}`, FEES_IN_ARRAY, tiny)),
    ...(await sendAndSettle('single fees', 1, tiny)),
  ]
}

async function sendAndSettle(what: string, each: number, tiny: boolean): Promise<Figure[]> {
  const service = await startService(populationPolicy)
  const { host, store } = service
  try {
    await populate(store, population(tiny ? 50 : ACCOUNTS), SHARDS)
    const settling = settleFirstEra(service)
    const { fees, ms } = await sendFromOutside({
      url: host.url,
      busName: host.outputs.BusName as string,
      each,
      perSecond: tiny ? 400 : PER_SECOND,
      seconds: tiny ? 1 : SECONDS,
    })
    const { wallMs } = await took(() => host.drained())
    await settling
    await assertBooked(service, fees)
    const figure = (of: string, value: number, unit: string, target?: Figure['target']): Figure => ({
      bench: 'end-to-end',
      what: `${what}: ${of}`,
      value,
      unit,
      ...(target && { target }),
    })
    return [
      figure(
        `taken by PutEvents in ${shown(ms / 1_000)} s while an era settles`,
        (fees / ms) * 1_000,
        'fees/s',
        {
          atLeast: PER_SECOND * 0.99,
        },
      ),
      figure('all of them booked, after the last was sent', wallMs, 'ms'),
      figure('lost, refused or in quarantine', 0, '', { atMost: 0 }),
    ]
  } finally {
    await service.close()
  }
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
