import { MetricUnit } from '@aws-lambda-powertools/metrics'
import { releaseDue } from '../../shared/payouts/release-due.ts'
import { unansweredMs } from '../../shared/payouts/unanswered.ts'
import { connectBus } from '../../shared/store/bus.ts'
import { connectStore } from '../../shared/store/table.ts'
import { logger, metrics } from '../middleware/observe.ts'
import { step } from '../middleware/step.ts'
import { once, setting } from '../middleware/wiring.ts'
import { ofStep } from './input.ts'

const wiring = once(() => ({
  store: connectStore({ tableName: setting('TABLE_NAME') }),
  bus: connectBus({ busName: setting('BUS_NAME') }),
  now: Date.now,
  warn: (message: string, error: Error) => logger.error(message, { error }),
}))

/** Second step: releases what is due, and tells the bus. Called again until it is done; then looks who never answered. */
export const handler = step(ofStep, async (cursor, context) => {
  const result = await releaseDue(
    { ...wiring(), remainingMs: () => context.getRemainingTimeInMillis() },
    cursor,
  )
  if (result.done)
    metrics.addMetric('OldestUnanswered', MetricUnit.Milliseconds, await unansweredMs(wiring()))
  return result
})
