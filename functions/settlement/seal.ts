import { sealEra } from '../../shared/settlement/seal.ts'
import { connectStore } from '../../shared/store/table.ts'
import { step } from '../middleware/step.ts'
import { once, setting } from '../middleware/wiring.ts'
import { ofEra } from './input.ts'

const wiring = once(() => ({ store: connectStore({ tableName: setting('TABLE_NAME') }) }))

/** Seals the era, or a run of eras in which nothing moved. The machine is told which, and the seal's hash. */
export const handler = step(ofEra, async (order) => {
  const { era, through, state, hash } = await sealEra(wiring(), order)
  return { era, through, state, hash }
})
