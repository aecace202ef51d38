import { foldShard } from '../../shared/settlement/fold.ts'
import { connectStore } from '../../shared/store/table.ts'
import { step } from '../middleware/step.ts'
import { once, setting } from '../middleware/wiring.ts'
import { ofShard } from './input.ts'

const wiring = once(() => ({ store: connectStore({ tableName: setting('TABLE_NAME') }) }))

/** Once for each shard of the log: counts each event once. */
export const handler = step(ofShard, (order) => foldShard(wiring(), order))
