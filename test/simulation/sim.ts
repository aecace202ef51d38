import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { describeCase } from './describe.ts'
import { type Figures, runOne } from './one.ts'
import { shrink } from './shrink.ts'
import { loadProduct } from './simulation.ts'
import { type Count, everyStep, type Report } from './steps/every-step.ts'
import { ONE_ERA, WORKFLOWS } from './steps/workflows.ts'

const USAGE = `npm run sim -- [--seeds COUNT] [--from SEED]   so many seeded worlds, from a seed (500 from 1)
npm run sim -- --seed N [--trace FILE]       one seed again; FILE gets everything that happens in it
npm run sim -- --steps [--workflow NAME]     a fault at every call of a workflow: ${Object.keys(WORKFLOWS).join(', ')}
npm run sim -- --pairs [--workflow NAME] [--sample COUNT [--shuffle N]]   two faults at every two calls of settling an era: ${Object.keys(ONE_ERA).join(', ')}
`

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    from: { type: 'string' },
    seed: { type: 'string' },
    trace: { type: 'string' },
    steps: { type: 'boolean' },
    pairs: { type: 'boolean' },
    workflow: { type: 'string' },
    sample: { type: 'string' },
    shuffle: { type: 'string' },
    help: { type: 'boolean' },
  },
})

if (values.help) console.log(USAGE)
else if (values.steps || values.pairs) await runSteps()
else await runSeeds()

async function runSeeds(): Promise<void> {
  const from = whole('seed', values.seed ?? values.from ?? '1')
  const count = values.seed === undefined ? whole('seeds', values.seeds ?? '500') : 1
  const product = await loadProduct()
  const total: Partial<Figures> = {}
  const startedAt = performance.now()
  for (let seed = from; seed < from + count; seed += 1) {
    const options = { keepsLines: values.trace !== undefined }
    const outcome = await runOne(product, seed, options)
    if (values.trace) writeFileSync(values.trace, `${outcome.trace.lines.join('\n')}\n`)
    if (outcome.wrong.length > 0) {
      console.error(`seed ${seed} fails: ${outcome.wrong.join('\n')}\nmaking it small ...`)
      const small = await shrink(product, seed, outcome, {})
      console.error(await describeCase(product, small))
      process.exit(1)
    }
    for (const [name, figure] of Object.entries(outcome.figures))
      total[name as keyof Figures] = (total[name as keyof Figures] ?? 0) + figure
    const done = seed - from + 1
    if (done % 1_000 === 0 && done < count) console.log(`${done} of ${count} seeds, ${rate(done, startedAt)}`)
    if (values.seed !== undefined) {
      for (const { kind, place } of outcome.faults) console.log(`${kind} at ${place}`)
      console.log(`trace ${outcome.trace.hash}`)
    }
  }
  const { steps, faults, eras, commands, reads, older, leftAlone, unanswered } = total
  console.log(
    `${count} seeds from ${from}, nothing wrong: ${steps} steps, ${faults} faults, ${eras} eras sealed, ${commands} ` +
      `commands, ${reads} answers held against the table, ${older} of them older, ${leftAlone} left alone, ` +
      `${unanswered} that failed; ${rate(count, startedAt)}`,
  )
}

async function runSteps(): Promise<void> {
  const product = await loadProduct()
  const workflows = values.pairs ? ONE_ERA : WORKFLOWS
  const names = values.workflow ? [values.workflow] : Object.keys(workflows)
  const sample: Count = values.sample === undefined ? 'all' : whole('sample', values.sample)
  const shuffle = whole('shuffle', values.shuffle ?? '1')
  let hasFailed = false
  for (const name of names) {
    const workflow = workflows[name]
    if (!workflow) throw new Error(`--workflow is one of ${Object.keys(workflows).join(', ')}: got ${name}`)
    const startedAt = performance.now()
    const report: Report = await everyStep(product, workflow, {
      pairs: values.pairs === true,
      sample,
      shuffle,
    })
    console.log(`${name}: ${report.calls} calls, ${report.cases} cases, ${rate(report.cases, startedAt)}`)
    for (const { faults, wrong } of report.failures)
      console.error(
        `${faults.map(({ kind, place }) => `${kind} at ${place}`).join(' and ')}: ${wrong.join('\n  ')}`,
      )
    hasFailed ||= report.failures.length > 0
  }
  if (hasFailed) process.exit(1)
}

function whole(name: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new Error(`--${name} is a whole number: got ${text}`)
}

function rate(count: number, startedAt: number): string {
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage()
  return `${(count / seconds).toFixed(1)} a second, ${((user + system) / 1e6).toFixed(0)} s of a processor in all`
}
