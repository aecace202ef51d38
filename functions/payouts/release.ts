import { releaseDue } from '../../shared/payouts/release-due.ts'
import { connectBus } from '../../shared/store/bus.ts'
import { connectStore } from '../../shared/store/table.ts'
import { logger } from '../middleware/observe.ts'
import { step } from '../middleware/step.ts'
import { once, setting } from '../middleware/wiring.ts'
import { ofStep } from './input.ts'

const wiring = once(() => ({
  store: connectStore({ tableName: setting('TABLE_NAME') }),
  bus: connectBus({ busName: setting('BUS_NAME') }),
  now: Date.now,
  warn: (message: string, error: Error) => logger.error(message, { error }),
}))

/** Second step: releases what is due, and tells the bus. Called again until it is done. */
export const handler = step(ofStep, (cursor, context) =>
  releaseDue({ ...wiring(), remainingMs: () => context.getRemainingTimeInMillis() }, cursor),
)
