import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { clientsWithoutGrant } from './loaded.ts'
import { type Point, plotOf } from './log-log.ts'
import type { Figure } from './measure.ts'

/** On a machine that does much else. */
const TIMEOUT_MS = 120_000

/** What a command of this folder prints as JSON, of a run so small that its times mean nothing: none is looked at. */
async function tiny(command: string, ...names: string[]) {
  const args = [join(import.meta.dirname, `${command}.ts`), ...names, '--tiny', '--json']
  return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout)
}

// The others start the whole host, or a process for each step.
const QUICK = ['ingest', 'fold', 'split', 'quote', 'growth']

it('a plot has a point for each figure, the fitted line and its slope', () => {
  const series = [{ name: 'time', points: [1, 10, 100].map((x): Point => [x, 3 * x ** 2]) }]
  const svg = plotOf('title', 'accounts', [{ unit: 'seconds', series }])
  // One more is the legend's.
  expect(svg.match(/<circle/g)).toHaveLength(3 + 1)
  for (const shown of ['>title<', '>accounts<', '>seconds<', '>time, slope 2.00<'])
    expect(svg).toContain(shown)
  expect(svg).not.toContain('NaN')
})

it('an SDK client whose service a function may not call is found in its bundle', () => {
  const parts = ['zod', 'client-dynamodb', 'client-eventbridge', 'client-sfn']
  expect(clientsWithoutGrant(parts, new Set(['dynamodb', 'events']))).toEqual(['client-sfn'])
})

it('a bench measures something, and its baseline beside it', { timeout: TIMEOUT_MS }, async () => {
  const { figures }: { figures: Figure[] } = await tiny('bench', ...QUICK)
  expect([...new Set(figures.map(({ bench }) => bench))]).toEqual(QUICK)
  for (const { what, value, baseline } of figures) {
    // Of so small a run even a slope means nothing.
    expect(what.startsWith('slope') ? Math.abs(value) : value, what).toBeGreaterThan(0)
    expect(baseline?.value ?? 1, what).toBeGreaterThan(0)
  }
})

it('a bill has the same lines for the log and for an item for each fee', {
  timeout: TIMEOUT_MS,
}, async () => {
  const { bills } = await tiny('cost')
  const { 'single fees': log, 'single fees, an item for each': items } = bills.fees
  expect(Object.keys(log)).toEqual(Object.keys(items))
  expect(log['bus: events']).toEqual({ event: 1_000_000 })
  expect(log['queue: requests'].queueRequest).toBeCloseTo(1_200_000)
  expect(items['table: writes']).toEqual({ writeUnit: 1_000_000 })
  expect(log['table: writes'].writeUnit).toBeLessThan(1_000_000)
})
