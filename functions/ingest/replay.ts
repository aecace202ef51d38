import { monotonicFactory } from 'ulid'
import * as z from 'zod'
import { parseSources } from '../../shared/ingest/envelope.ts'
import { MAX_REPLAYED, replay } from '../../shared/ingest/replay.ts'
import { connectStore } from '../../shared/store/table.ts'
import { logger } from '../middleware/observe.ts'
import { step } from '../middleware/step.ts'
import { once, setting } from '../middleware/wiring.ts'

const order = z.strictObject({
  ids: z.array(z.string()).min(1).max(MAX_REPLAYED).optional(),
  after: z.string().optional(),
  admitLate: z.boolean().optional(),
})

const wiring = once(() => ({
  store: connectStore({ tableName: setting('TABLE_NAME') }),
  sources: parseSources(setting('EVENT_SOURCES')),
  now: Date.now,
  newId: monotonicFactory(),
  warn: (message: string, error: Error) => logger.warn(message, { error }),
}))

/** An operator puts what is in quarantine through admission again, after a fix. */
export const handler = step(order, (input) => replay(wiring(), input))
