import { beforeAll, describe, expect, it } from 'vitest'
import { runOne } from './one.ts'
import { loadProduct, type Product } from './simulation.ts'
import { everyStep } from './steps/every-step.ts'
import { ONE_ERA, WORKFLOWS } from './steps/workflows.ts'

/** What of it is run with every change; `npm run sim` runs all, and as much as is asked for. */
const SEEDS = 500
const STEPS = 20
const PAIRS = 15

/** On a machine that has nothing else to do all of it takes a minute or two; on a busy one it takes longer, and is no less right. */
const PATIENCE_MS = 1_800_000

let product: Product

beforeAll(async () => {
  product = await loadProduct()
}, PATIENCE_MS)

describe('a network in which anything may go wrong', () => {
  it(
    `is right once nothing goes wrong any more, whatever did before: ${SEEDS} seeds`,
    async () => {
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const { wrong } = await runOne(product, seed)
        expect({ again: `npm run sim -- --seed ${seed}`, wrong }).toEqual({
          again: expect.anything(),
          wrong: [],
        })
      }
    },
    PATIENCE_MS,
  )

  it(
    'does the same again with the same seed',
    async () => {
      const [first, second] = [await runOne(product, 24), await runOne(product, 24)]
      expect(second.trace.hash).toBe(first.trace.hash)
      expect(second.faults).toEqual(first.faults)
      expect(first.faults).not.toEqual([])
    },
    PATIENCE_MS,
  )
})

describe('something goes wrong at any call', () => {
  it.each(Object.entries(WORKFLOWS))(
    '%s ends with the books of the undisturbed run',
    async (_name, workflow) => {
      const { cases, failures } = await everyStep(product, workflow, { sample: STEPS })
      expect({ cases, failures }).toEqual({ cases: STEPS, failures: [] })
    },
    PATIENCE_MS,
  )

  it.each(Object.entries(ONE_ERA))(
    'at any two: %s',
    async (_name, workflow) => {
      const { failures } = await everyStep(product, workflow, { pairs: true, sample: PAIRS })
      expect(failures).toEqual([])
    },
    PATIENCE_MS,
  )
})
