import { weighPartition } from '../../shared/settlement/weigh.ts'
import { connectStore } from '../../shared/store/table.ts'
import { step } from '../middleware/step.ts'
import { once, setting } from '../middleware/wiring.ts'
import { ofPartition } from './input.ts'

const wiring = once(() => ({ store: connectStore({ tableName: setting('TABLE_NAME') }) }))

/** Once for each partition of the participants: what each account weighs in each group. */
export const handler = step(ofPartition, (order) => weighPartition(wiring(), order))
