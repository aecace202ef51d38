import { beforeAll, describe, expect, it } from 'vitest'
import { runOne } from './one.ts'
import { loadProduct, type Product } from './simulation.ts'
import { everyStep } from './steps/every-step.ts'
import { ONE_ERA, WORKFLOWS } from './steps/workflows.ts'

/** What of it is run with every change; `npm run sim` runs all, and as much as is asked for. */
const SEEDS = 500
const STEPS = 20
const PAIRS = 15

/** Which of the cases those are: others every day. */
const SHUFFLE = Math.floor(Date.now() / 86_400_000)
const again = (name: string, pairs: boolean, sample: number): string =>
  `npm run sim -- ${pairs ? '--pairs' : '--steps'} --workflow ${name} --sample ${sample} --shuffle ${SHUFFLE}`

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
      const total = { reads: 0, older: 0, leftAlone: 0 }
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const { wrong, figures } = await runOne(product, seed)
        for (const name of ['reads', 'older', 'leftAlone'] as const) total[name] += figures[name]
        expect({ again: `npm run sim -- --seed ${seed}`, wrong }).toEqual({
          again: expect.anything(),
          wrong: [],
        })
      }
      // Some of the answers are not of their moment, or nothing would be shown of those; nearly all can be judged.
      expect(total.older).toBeGreaterThan(total.reads / 100)
      expect(total.leftAlone).toBeLessThanOrEqual(total.reads / 100)
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
    async (name, workflow) => {
      const { cases, failures } = await everyStep(product, workflow, { sample: STEPS, shuffle: SHUFFLE })
      const command = again(name, false, STEPS)
      expect({ command, cases, failures }).toEqual({ command, cases: STEPS, failures: [] })
    },
    PATIENCE_MS,
  )

  it.each(Object.entries(ONE_ERA))(
    'at any two: %s',
    async (name, workflow) => {
      const { failures } = await everyStep(product, workflow, {
        pairs: true,
        sample: PAIRS,
        shuffle: SHUFFLE,
      })
      const command = again(name, true, PAIRS)
      expect({ command, failures }).toEqual({ command, failures: [] })
    },
    PATIENCE_MS,
  )
})
