import { constants, zstdCompressSync } from 'node:zlib'
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda'
import magnet from '../../shared/policies/magnet-hourly.json' with { type: 'json' }
import { openNetwork } from '../../shared/settlement/open.ts'
import { SOURCE } from '../support/intake.ts'
import { START_MS } from '../support/policies.ts'
import { putFees } from './baseline/fees.ts'
import { batch, bodiesOf } from './data.ts'
import { counting, openWorld, silently } from './lambda.ts'
import { type Figure, inTurns, type Size, type Took } from './measure.ts'

/** Fees of an array event: as many as stay below the 64 kB that EventBridge bills as one. */
const FEES_IN_ARRAY = 200

/** Array events of one invocation: Lambda takes 6 MB. */
const ARRAYS = 100
const SINGLES = 1_000
const BASELINE_FEES = 1_000

const ROUNDS = 7
/** Invocations one after the other in one round. */
const SINGLE_INVOCATIONS = 10

/** Fees through the ingest function: 1,000 messages of one, and 100 of 200, against an item for each fee. */
export async function ingest(size: Size): Promise<Figure[]> {
  const { single, array, usual } = await measureIngest(size)
  const baseline = { what: 'an item per fee', value: usual.perSecond }
  const baselineUnits = { what: 'an item per fee', value: 1 }
  const figure = (what: string, value: number, unit: string, more: Partial<Figure> = {}): Figure => ({
    bench: 'ingest',
    what,
    value,
    unit,
    ...more,
  })
  return [
    figure('single fees, 1,000 an invocation', single.perSecond, 'fees/s', {
      baseline,
      target: { atLeast: 40_000 },
    }),
    figure('single fees: times the baseline', single.perSecond / usual.perSecond, 'x', {
      target: { atLeast: 50 },
    }),
    figure('single fees: write units of one', single.writeUnits, 'units', {
      baseline: baselineUnits,
      target: { atMost: 0.06 },
    }),
    figure('single fees: CPU over JSON.parse + zstd', single.cpuMs / single.parseMs, 'x', {
      target: { atMost: 2 },
    }),
    figure('single fees: CPU of a thousand', single.cpuMs * 1_000, 'ms', {
      baseline: { what: 'an item per fee', value: usual.cpuMs * 1_000 },
    }),
    figure('arrays of 200 fees', array.perSecond, 'fees/s', { baseline, target: { atLeast: 100_000 } }),
    figure('arrays of 200 fees: write units of one', array.writeUnits, 'units', { baseline: baselineUnits }),
    figure('arrays of 200 fees: CPU over JSON.parse + zstd', array.cpuMs / array.parseMs, 'x'),
    figure('arrays of 200 fees: CPU of a thousand', array.cpuMs * 1_000, 'ms', {
      baseline: { what: 'an item per fee', value: usual.cpuMs * 1_000 },
    }),
  ]
}

/** What one fee takes. */
export interface Taken {
  perSecond: number
  cpuMs: number
  wallMs: number
}

export interface TakenIn extends Taken {
  writeUnits: number
  readUnits: number
  /** CPU of reading and compressing the same bytes, a fee. */
  parseMs: number
  /** Bytes of a message, and fees in it. */
  messageBytes: number
  feesInMessage: number
  feesInInvocation: number
  /** Requests to the table, and bytes printed, in one invocation. */
  requests: number
  printedBytes: number
}

export async function measureIngest({
  tiny,
}: Pick<Size, 'tiny'>): Promise<{ single: TakenIn; array: TakenIn; usual: Taken }> {
  const world = await openWorld({ EVENT_SOURCES: JSON.stringify({ FeeCharged: [SOURCE] }) })
  const table = await world.engine.another()
  const rounds = tiny ? 1 : ROUNDS
  const invocations = tiny ? 1 : SINGLE_INVOCATIONS
  const singles = Array.from({ length: rounds + 2 }, () =>
    Array.from({ length: invocations }, () => batch(tiny ? 20 : SINGLES)),
  )
  const arrays = Array.from({ length: rounds + 2 }, () => [batch(tiny ? 2 : ARRAYS, FEES_IN_ARRAY)])
  const few = Array.from({ length: rounds + 1 }, () => bodiesOf(batch(tiny ? 20 : BASELINE_FEES)))
  try {
    await openNetwork(world.store, magnetOnEvents(), START_MS)
    const handler = await world.handler<SQSEvent, SQSBatchResponse>('ingest/ingest')
    const take = async (events: readonly SQSEvent[] = []): Promise<void> => {
      for (const event of events) {
        const { batchItemFailures } = await handler(event)
        if (batchItemFailures.length > 0)
          throw new Error(`${batchItemFailures.length} messages were not booked`)
      }
    }
    const { result: times } = await silently(() =>
      inTurns(rounds, {
        singles: (round) => take(singles[round]),
        arrays: (round) => take(arrays[round]),
        usual: (round) => putFees(table, few[round] as string[]),
        parseSingles: (round) => parseAndCompress(singles[round]),
        parseArrays: (round) => parseAndCompress(arrays[round]),
      }),
    )
    const takenIn = async (
      [event]: readonly SQSEvent[] = [],
      feesInMessage: number,
      calls: number,
      time: Took,
      parse: Took,
    ): Promise<TakenIn> => {
      const one = event as SQSEvent
      const { result: units, printedBytes } = await silently(() => counting(() => take([one])))
      const feesInInvocation = one.Records.length * feesInMessage
      return {
        ...taken(feesInInvocation * calls, time),
        parseMs: parse.cpuMs / feesInInvocation / calls,
        writeUnits: units.write / feesInInvocation,
        readUnits: units.read / feesInInvocation,
        messageBytes: Buffer.byteLength(bodiesOf(one)[0] as string),
        feesInMessage,
        feesInInvocation,
        requests: units.requests,
        printedBytes,
      }
    }
    return {
      single: await takenIn(singles.at(-1), 1, invocations, times.singles, times.parseSingles),
      array: await takenIn(arrays.at(-1), FEES_IN_ARRAY, 1, times.arrays, times.parseArrays),
      usual: taken(few[0]?.length ?? 0, times.usual),
    }
  } finally {
    await world.stop()
  }
}

function taken(fees: number, { cpuMs, wallMs }: Took): Taken {
  return { perSecond: (fees / wallMs) * 1_000, cpuMs: cpuMs / fees, wallMs: wallMs / fees }
}

/** Hourly eras that follow what events say, so that none is closed while the bench runs. */
function magnetOnEvents(): object {
  return { ...magnet, era: { ...magnet.era, clock: 'events' } }
}

/** What no way of taking fees in can do without: to read them and to pack them. */
function parseAndCompress(events: readonly SQSEvent[] = []): void {
  for (const event of events) {
    const bodies = bodiesOf(event)
    for (const body of bodies) JSON.parse(body)
    zstdCompressSync(bodies.join('\n'), { params: { [constants.ZSTD_c_compressionLevel]: 3 } })
  }
}
