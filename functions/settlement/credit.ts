import { creditPartition } from '../../shared/settlement/credit.ts'
import { connectStore } from '../../shared/store/table.ts'
import { step } from '../middleware/step.ts'
import { once, setting } from '../middleware/wiring.ts'
import { ofCredit } from './input.ts'

const wiring = once(() => ({ store: connectStore({ tableName: setting('TABLE_NAME') }) }))

/** Once for each partition, and again from where it stopped while the answer is not `done`. */
export const handler = step(ofCredit, (cursor, context) =>
  creditPartition({ ...wiring(), remainingMs: () => context.getRemainingTimeInMillis() }, cursor),
)
