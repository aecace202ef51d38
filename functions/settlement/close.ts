import { closeEra } from '../../shared/settlement/close.ts'
import { connectStore } from '../../shared/store/table.ts'
import { step } from '../middleware/step.ts'
import { once, setting, wholeSetting } from '../middleware/wiring.ts'
import { ofEra } from './input.ts'

const wiring = once(() => ({
  store: connectStore({ tableName: setting('TABLE_NAME') }),
  now: Date.now,
  fenceSeconds: wholeSetting('FENCE_SECONDS'),
}))

/** First step: what there is to settle, and how long to wait for those who may still be writing. */
export const handler = step(ofEra, (order) => closeEra(wiring(), order))
