import { parseArgs } from 'node:util'
import { fuzz } from './fuzz.ts'

/** `npm run fuzz -- --cases 100000 --seed 7`: hostile requests and messages at the real handlers. */

const { values } = parseArgs({
  options: { cases: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
})
const cases = Number(values.cases)
const seed = Number(values.seed)
const began = performance.now()
const { tried, done, problems, slowestMs } = await fuzz({
  seed,
  cases,
  onRound: (count) => process.stderr.write(`\r${count} of ${cases} cases`),
})
const rows = Object.entries(tried).sort(([a], [b]) => (a < b ? -1 : 1))
for (const [name, count] of rows) console.log(`${name}: ${count} tried, ${done[name] ?? 0} done`)
for (const [type, count] of Object.entries(problems).sort(([, a], [, b]) => b - a))
  console.log(`${type}: ${count}`)
console.log(
  `${cases} cases from seed ${seed} in ${Math.round((performance.now() - began) / 1_000)} s; ` +
    `the slowest took ${Math.round(slowestMs)} ms of the processor; nothing was lost and the books add up`,
)
