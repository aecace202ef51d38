import type { Figure, Size } from './measure.ts'
import { population } from './population.ts'
import { type Steps, settleStepByStep, totalOf } from './settle.ts'

/** Sizes, each ten times the one before. */
const FACTOR = 10
const SIZES = 3

/**
 * Settles a hundredth and a tenth of the accounts, and all of them: how much more ten times as many take, as the slope
 * of a line through the figures on logarithmic axes. 1 is as much more as there is more to do.
 */
export async function growth({ tiny, accounts }: Size): Promise<Figure[]> {
  const largest = tiny ? 200 : accounts
  const counts = Array.from({ length: SIZES }, (_, i) =>
    Math.max(2, Math.round(largest / FACTOR ** (SIZES - 1 - i))),
  )
  const runs: { count: number; steps: Steps }[] = []
  for (const count of counts) runs.push({ count, steps: await settleStepByStep(population(count)) })
  const measures = {
    'CPU of all steps, s': (steps: Steps) =>
      Object.values(steps).reduce((sum, { cpuMs }) => sum + cpuMs / 1_000, 0),
    'write units': (steps: Steps) => totalOf(steps).write,
    'read units': (steps: Steps) => totalOf(steps).read,
  }
  return Object.entries(measures).flatMap(([what, of]): Figure[] => [
    ...runs.map(({ count, steps }) => ({
      bench: 'growth',
      what: `${count.toLocaleString('en-US')} accounts: ${what}`,
      value: of(steps),
      unit: '',
    })),
    {
      bench: 'growth',
      what: `slope of ${what}`,
      value: slopeOf(runs.map(({ count, steps }) => [count, of(steps)])),
      unit: '',
      target: { atMost: 1.05 },
    },
  ])
}

/** Of the least-squares line through the logarithms. */
function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const)
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [meanX, meanY] = [mean(logs.map(([x]) => x)), mean(logs.map(([, y]) => y))]
  const covariance = logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0)
  return covariance / logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
}
