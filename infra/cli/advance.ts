import type * as z from 'zod'
import type { policyResponse } from '../../shared/api/contracts/network.ts'
import { parsePolicy } from '../../shared/domain/policy/policy.ts'
import { type Api, apiAt } from './api.ts'
import { defineCommand, readWhole, runCommand, UsageError, type Values } from './command.ts'
import { DEPLOYMENT_OPTIONS, readOutputs } from './deployment.ts'
import { waitUntilDrained } from './drain.ts'
import { invokeFunction } from './invoke.ts'
import { reportChain, reportEras } from './report/era-report.ts'
import { readEras } from './report/read-eras.ts'
import { waitUntilSealed } from './sealed.ts'
import { plural, progressOn, styleFor } from './terminal.ts'

const options = {
  to: { value: 'POSITION', describe: 'All events before this have been sent: an ISO moment, or a block.' },
  wait: { describe: 'Wait until every era that ended by then is sealed.' },
  report: { describe: 'Wait likewise, then show the eras that were sealed.' },
  timeout: { value: 'SECONDS', describe: 'How long one era may take to be sealed.', default: '300' },
  ...DEPLOYMENT_OPTIONS,
} as const

export const advance = defineCommand({
  name: 'advance',
  summary:
    'Says that everything up to a moment has been sent: moves the network clock there and closes the eras before it.',
  options,
  examples: ['--to 2026-01-01T03:00:00Z', '--to 2021-08-10T00:00:00Z --report'],
  run,
})

/** What a tick answers. */
interface Ticked {
  closedThrough: number
  sealedThrough: number
}

async function run(values: Values<typeof options>): Promise<void> {
  if (values.to === undefined) throw new UsageError('the position to advance to is needed: --to POSITION')
  const timeoutMs = readWhole('timeout', values.timeout, 1, 86_400) * 1000
  const outputs = await readOutputs(values)
  const progress = progressOn(process.stderr)
  await waitUntilDrained(values, outputs('IntakeQueueUrl'), (messages) => {
    progress.show(`${plural(messages, 'message')} of the intake to be booked first`)
  })
  const ticked = await invokeFunction<Ticked>(values, outputs('TickFunctionName'), { advanceTo: values.to })
  progress.clear()
  process.stdout.write(
    `the clock is at ${values.to}: ${through('closed', ticked.closedThrough)}, ${through('sealed', ticked.sealedThrough)}\n`,
  )
  if ((!values.wait && !values.report) || ticked.sealedThrough === ticked.closedThrough) return
  const api = apiAt(outputs('ApiUrl'))
  await waitUntilSealed(api, ticked.closedThrough, timeoutMs, (sealed) => {
    progress.show(`${through('sealed', sealed)}, waiting for era ${ticked.closedThrough}`)
  })
  progress.clear()
  process.stdout.write(`${through('sealed', ticked.closedThrough)}\n`)
  if (values.report) await showEras(api, ticked.sealedThrough + 1, ticked.closedThrough)
}

async function showEras(api: Api, from: number, sealedThrough: number): Promise<void> {
  const policy = parsePolicy((await api.get<z.output<typeof policyResponse>>('/policy')).policy)
  const eras = await readEras(api, from, sealedThrough)
  const style = styleFor(process.stdout)
  const lines = [
    ...reportEras(eras, policy, style, process.stdout.columns),
    ...reportChain(eras, policy, style),
  ]
  process.stdout.write(`\n${lines.join('\n')}\n`)
}

function through(what: string, era: number): string {
  return era < 0 ? `no era is ${what} yet` : `eras are ${what} through ${era}`
}

if (import.meta.main) await runCommand(advance)
