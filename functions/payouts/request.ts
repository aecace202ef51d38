import { requestDue } from '../../shared/payouts/request-due.ts'
import { connectStore } from '../../shared/store/table.ts'
import { logger } from '../middleware/observe.ts'
import { step } from '../middleware/step.ts'
import { once, setting } from '../middleware/wiring.ts'
import { ofStep } from './input.ts'

const wiring = once(() => ({
  store: connectStore({ tableName: setting('TABLE_NAME') }),
  now: Date.now,
  warn: (message: string, error: Error) => logger.error(message, { error }),
}))

/** First step: asks for the payouts of the periods that have begun. Called again until it is done. */
export const handler = step(ofStep, (cursor, context) =>
  requestDue({ ...wiring(), remainingMs: () => context.getRemainingTimeInMillis() }, cursor),
)
