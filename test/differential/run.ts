import { parseArgs } from 'node:util'
import { check } from './explain.ts'

/** As many random policies and events as are asked for: `--runs 100000`, from `--seed`. Stops at the first difference. */
const { values } = parseArgs({ options: { runs: { type: 'string' }, seed: { type: 'string' } } })
const [runs, first] = [Number(values.runs ?? 2_000), Number(values.seed ?? 1)]
if (!Number.isSafeInteger(runs) || !Number.isSafeInteger(first) || runs < 1) {
  throw new Error('--runs and --seed are whole numbers, and at least one case runs')
}

for (let run = 0; run < runs; run += 1) {
  const difference = await check(first + run)
  if (difference !== undefined) {
    console.error(difference)
    process.exit(1)
  }
  if ((run + 1) % 1_000 === 0 && run + 1 < runs) console.log(`${run + 1} of ${runs} agree`)
}
console.log(`${runs} cases agree, seeds ${first} to ${first + runs - 1}`)
