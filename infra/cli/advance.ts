import { setTimeout as sleep } from 'node:timers/promises'
import { ExchequerError } from '../../shared/domain/errors.ts'
import { type Api, apiAt } from './api.ts'
import { defineCommand, readWhole, runCommand, UsageError, type Values } from './command.ts'
import { DEPLOYMENT_OPTIONS, readOutputs } from './deployment.ts'
import { waitUntilDrained } from './drain.ts'
import { invokeFunction } from './invoke.ts'
import { plural, progressOn } from './terminal.ts'

const options = {
  to: { value: 'POSITION', describe: 'All events before this have been sent: an ISO moment, or a block.' },
  wait: { describe: 'Wait until every era that ended by then is sealed.' },
  timeout: { value: 'SECONDS', describe: 'With --wait, how long one era may take.', default: '300' },
  ...DEPLOYMENT_OPTIONS,
} as const

export const advance = defineCommand({
  name: 'advance',
  summary:
    'Says that everything up to a moment has been sent: moves the network clock there and closes the eras before it.',
  options,
  examples: ['--to 2026-01-01T03:00:00Z', '--to 2021-08-10T00:00:00Z --wait'],
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
  if (!values.wait || ticked.closedThrough < 0) return
  await waitUntilSealed(apiAt(outputs('ApiUrl')), ticked.closedThrough, timeoutMs, (sealed) => {
    progress.show(`${through('sealed', sealed)}, waiting for era ${ticked.closedThrough}`)
  })
  progress.clear()
  process.stdout.write(`${through('sealed', ticked.closedThrough)}\n`)
}

function through(what: string, era: number): string {
  return era < 0 ? `no era is ${what} yet` : `eras are ${what} through ${era}`
}

const POLL_MS = 250

/** Waits until an era is sealed. Throws `NotSealed` when no further era was sealed for `timeoutMs`. */
export async function waitUntilSealed(
  api: Api,
  era: number,
  timeoutMs: number,
  onWaiting: (sealedThrough: number) => void,
): Promise<void> {
  let last: number | undefined
  let movedAt = performance.now()
  for (;;) {
    const sealedThrough = await readSealedThrough(api)
    if (sealedThrough >= era) return
    if (sealedThrough !== last) movedAt = performance.now()
    last = sealedThrough
    if (performance.now() - movedAt > timeoutMs) {
      throw new ExchequerError(
        'NotSealed',
        `era ${sealedThrough + 1} was not sealed within ${timeoutMs / 1000} s: look at the execution era-${sealedThrough + 1}-1`,
      )
    }
    onWaiting(sealedThrough)
    await sleep(POLL_MS)
  }
}

/** Greatest sealed era; -1 before the first. */
export async function readSealedThrough(api: Api): Promise<number> {
  const { eras } = await api.get<{ eras: { through: number }[] }>('/eras?limit=1')
  return eras[0]?.through ?? -1
}

if (import.meta.main) await runCommand(advance)
