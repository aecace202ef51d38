import { decideEra } from '../../shared/settlement/decide.ts'
import { connectStore } from '../../shared/store/table.ts'
import { step } from '../middleware/step.ts'
import { once, setting } from '../middleware/wiring.ts'
import { ofEra } from './input.ts'

const wiring = once(() => ({ store: connectStore({ tableName: setting('TABLE_NAME') }) }))

/** Works out the profit and its lines. The plan stays in the table; the machine is told its state only. */
export const handler = step(ofEra, async (order) => {
  const { era, state } = await decideEra(wiring(), order)
  return { era, state }
})
