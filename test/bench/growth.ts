import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fitOf, type Point, plotOf } from './log-log.ts'
import type { Figure, Size } from './measure.ts'
import { EVENTS_PER_ACCOUNT, population } from './population.ts'
import { type Steps, settleStepByStep, totalOf } from './settle.ts'
import { machine } from './table.ts'

/** Sizes, each ten times the one before. */
const FACTOR = 10
const SIZES = 3

const PLOT = join(import.meta.dirname, 'growth.svg')

const MEASURES: Record<string, { unit: string; of: (steps: Steps) => number }> = {
  time: { unit: 's', of: (steps) => sum(steps, 'wallMs') / 1_000 },
  CPU: { unit: 's', of: (steps) => sum(steps, 'cpuMs') / 1_000 },
  writes: { unit: 'write units', of: (steps) => totalOf(steps).write },
  reads: { unit: 'read units', of: (steps) => totalOf(steps).read },
}

/** In one picture, and in one axis of it. */
const PANELS = [
  { unit: 'seconds', names: ['time', 'CPU'] },
  { unit: 'units of the table', names: ['writes', 'reads'] },
]

/**
 * Settles a hundredth and a tenth of the accounts, and all of them, with ten events for each: how much more ten times as
 * many take, as the slope of a line through the figures on logarithmic axes. 1 is as much more as there is more to do;
 * what every era takes anyway makes it less, so the last of the steps is shown alone too. Draws them to `growth.svg`.
 */
export async function growth({ tiny, accounts }: Size): Promise<Figure[]> {
  const largest = tiny ? 200 : accounts
  const counts = Array.from({ length: SIZES }, (_, i) =>
    Math.max(2, Math.round(largest / FACTOR ** (SIZES - 1 - i))),
  )
  const runs: { count: number; steps: Steps }[] = []
  // The first in a process is slower, and would make the slope of time too good.
  await settleStepByStep(population(counts[0] as number), EVENTS_PER_ACCOUNT)
  for (const count of counts)
    runs.push({ count, steps: await settleStepByStep(population(count), EVENTS_PER_ACCOUNT) })
  const pointsOf = (name: string): Point[] =>
    runs.map(({ count, steps }) => [count, MEASURES[name]?.of(steps) ?? 0])
  const plot = plotOf(
    `An era settled, ${EVENTS_PER_ACCOUNT} events for each account; ${machine()}`,
    'accounts',
    PANELS.map(({ unit, names }) => ({
      unit,
      series: names.map((name) => ({ name, points: pointsOf(name) })),
    })),
  )
  // Of a run that measures nothing there is nothing to show.
  if (!tiny) writeFileSync(PLOT, plot)
  return Object.entries(MEASURES).flatMap(([name, { unit }]) => figuresOf(name, unit, pointsOf(name)))
}

function figuresOf(name: string, unit: string, points: readonly Point[]): Figure[] {
  const slope = (what: string, through: readonly Point[]): Figure => ({
    bench: 'growth',
    what,
    value: fitOf(through).slope,
    unit: '',
    target: { atMost: 1.05 },
  })
  return [
    ...points.map(([count, value]) => ({
      bench: 'growth',
      what: `${spelt(count)} accounts, ${spelt(count * EVENTS_PER_ACCOUNT)} events: ${name}`,
      value,
      unit,
    })),
    slope(`slope of ${name}`, points),
    slope(`slope of ${name}, the last ten times`, points.slice(-2)),
  ]
}

function sum(steps: Steps, part: 'wallMs' | 'cpuMs'): number {
  return Object.values(steps).reduce((total, step) => total + step[part], 0)
}

function spelt(count: number): string {
  return count.toLocaleString('en-US')
}
