import { ExchequerError } from '../../shared/domain/errors.ts'
import type { ReplayReport } from '../../shared/ingest/replay.ts'
import { defineCommand, runCommand, UsageError, type Values } from './command.ts'
import { DEPLOYMENT_OPTIONS, readOutputs } from './deployment.ts'
import { invokeFunction } from './invoke.ts'
import { plural, progressOn } from './terminal.ts'

const options = {
  id: { value: 'IDS', describe: 'Which events: their ids in quarantine, with commas between.' },
  all: { describe: 'All that wait, oldest first.' },
  'admit-late': {
    describe:
      'Let in what is older than the lateness of the policy; what was counted before is still dropped.',
  },
  ...DEPLOYMENT_OPTIONS,
} as const

export const replay = defineCommand({
  name: 'replay',
  summary: 'Puts events in quarantine through admission again, after what refused them was put right.',
  options,
  examples: ['--all', '--all --admit-late', '--id 01KF0000000000000000000000'],
  run,
})

async function run(values: Values<typeof options>): Promise<void> {
  if ((values.id === undefined) === !values.all) {
    throw new UsageError('either --id IDS or --all says what is replayed')
  }
  const ids = values.id?.split(',').map((id) => id.trim())
  const functionName = (await readOutputs(values))('ReplayFunctionName')
  const progress = progressOn(process.stderr)
  const order = { ...(ids && { ids }), ...(values['admit-late'] && { admitLate: true }) }
  let replayed = 0
  const refused: string[] = []
  const failed: string[] = []
  for (let after: string | undefined; ; ) {
    const report = await invokeFunction<ReplayReport>(values, functionName, {
      ...order,
      ...(after && { after }),
    })
    replayed += report.replayed
    for (const { id, rule, message } of report.stillRejected) refused.push(`${id} ${rule}: ${message}`)
    failed.push(...report.failed)
    progress.show(`${plural(replayed, 'event')} replayed`)
    if (report.next === undefined || report.next === after) break
    after = report.next
  }
  progress.clear()
  for (const line of refused) process.stdout.write(`still refused: ${line}\n`)
  process.stdout.write(
    `${plural(replayed, 'message')} replayed, ${plural(refused.length, 'event')} still refused\n`,
  )
  if (failed.length > 0) {
    throw new ExchequerError(
      'NotReplayed',
      `${plural(failed.length, 'message')} could not be written just now and wait as before: ${failed.slice(0, 5).join(', ')}`,
    )
  }
}

if (import.meta.main) await runCommand(replay)
