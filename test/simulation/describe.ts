import { runOne } from './one.ts'
import type { Case } from './shrink.ts'
import type { Product } from './simulation.ts'

/** The most lines of a trace that are shown: the last ones. */
const MAX_LINES = 200

/** What goes on every minute, whatever happens, and is shown only where it failed. */
const EVERY_MINUTE = /(schedule \w+|request|release|execution Payouts\w+)[-# ]/
const TELLING = /FAULT|error|Error|FAILED/

/** A failing run in words: what is wrong, its faults, what was sent and done, and what happened. */
export async function describeCase(product: Product, { seed, scenario, faults }: Case): Promise<string> {
  const { wrong, trace } = await runOne(product, seed, { scenario, plan: { faults }, keepsLines: true })
  const { policy, phases, stories, clock, shards, partitions } = scenario
  const lines = trace.lines.filter((line) => TELLING.test(line) || !EVERY_MINUTE.test(line)).slice(-MAX_LINES)
  return [
    `seed ${seed}, again with: npm run sim -- --seed ${seed}`,
    ...wrong.map((line) => `wrong: ${line}`),
    `a ${clock} clock, ${shards} shards, ${partitions} partitions, ${phases.length} eras, policy ${JSON.stringify(policy)}`,
    ...faults.map(({ kind, place }) => `fault: ${kind} at ${place}`),
    ...phases.flatMap(({ messages }, era) =>
      messages.map(({ name, body }) => `era ${era} is sent ${name}: ${body}`),
    ),
    ...stories.map(({ name, kind, phase, afterMs }) => `era ${phase}: ${name}, ${kind}, after ${afterMs} ms`),
    `trace ${trace.hash}, the last ${lines.length} of ${trace.lines.length} lines:`,
    ...lines,
  ].join('\n')
}
