import { ExchequerError } from '../../shared/domain/errors.ts'
import { config } from '../config.ts'
import { PortTakenError } from '../local/api/server.ts'
import { startHost } from '../local/host.ts'
import { closeOnSignals } from '../local/signals.ts'
import { readPolicyFile } from '../policy-file.ts'
import { type FittedPolicy, fitForSample } from '../sample/fit.ts'
import { SAMPLE_SIZE } from '../sample/sample.ts'
import { apiAt } from './api.ts'
import { defineCommand, readWhole, runCommand, type Values } from './command.ts'
import { outputsFrom } from './deployment.ts'
import { type NetworkRun, openNetwork, runSample } from './start/network-run.ts'
import { examplesFor } from './start/outcome.ts'
import { watchSettling } from './start/settling.ts'
import { synthesizeLocal } from './start/template.ts'
import { progressOn, styleFor } from './terminal.ts'

const MAX_ERAS = 24

const options = {
  policy: {
    value: 'FILE',
    describe: "Policy of the network: a preset's name or a file.",
    default: config.local.policy,
  },
  port: { value: 'PORT', describe: 'Port on 127.0.0.1; 0 for any free one (default $PORT, or 4610).' },
  data: { value: 'DIR', describe: 'Keep the database here (default in memory).' },
  eras: {
    value: 'COUNT',
    describe: 'How many eras of the sample are sent and settled.',
    default: String(SAMPLE_SIZE.eras),
  },
  'no-sample': { describe: 'Start with an empty network: for events of your own.' },
  once: { describe: 'Stop after the report.' },
  verbose: { describe: 'Show everything that functions print.' },
} as const

export const start = defineCommand({
  name: 'start',
  summary:
    'Runs a network on this machine from its CloudFormation template: sends a sample, settles it, shows the books.',
  options,
  examples: [
    '',
    '--once',
    '--policy infinect --port 4700',
    '--policy ethereum-blocks --no-sample --data .data',
  ],
  run,
})

async function run(values: Values<typeof options>): Promise<void> {
  const eras = readWhole('eras', values.eras, 1, MAX_ERAS)
  const port = values.port === undefined ? undefined : readWhole('port', values.port, 0, 65_535)
  const given = readPolicyFile(values.policy)
  const fitted = values['no-sample'] ? { ...given, changes: [] } : fitForSample(given)
  const style = styleFor(process.stderr)
  const progress = progressOn(process.stderr)
  const say = (line: string): void => {
    progress.clear()
    process.stderr.write(`${line}\n`)
  }
  for (const change of fitted.changes) say(`${style.yellow('note')} ${given.policy.network}: ${change}`)

  const outdir = await synthesizeLocal(fitted, given.path, progress)
  const settling = watchSettling()
  const host = await startHost({
    outdir,
    port,
    dataDir: values.data,
    verbose: values.verbose,
    print: say,
    onEvent: settling.onEvent,
  }).catch((error: unknown) => Promise.reject(explainPort(error)))
  progress.done(`local host runs the template at ${host.url}`)
  const signals = watchSignals(host)
  const network: NetworkRun = {
    host,
    api: apiAt(host.url),
    outputs: outputsFrom(new Map(Object.entries(host.outputs)), host.stackName),
    settling,
    progress,
    say,
  }
  try {
    const work = runNetwork(network, fitted, eras, values)
    const ended = await Promise.race([work, signals.stopped.then(() => 'stopped' as const)])
    // Work that was cut short may go on waiting for a host that is gone, so the process is told to end.
    if (ended === 'stopped') process.exit(INTERRUPTED)
    if (values.once) return
    say(
      `\n${style.bold(`Serving at ${host.url}`)}, also as endpoint of EventBridge, SQS, DynamoDB, Lambda and Step Functions. Ctrl-C stops it.`,
    )
    await signals.stopped
  } catch (error) {
    // What was under way fails when the host is stopped under it: that is no news to who stopped it.
    if (!signals.asked()) throw error
    await signals.stopped
    process.exit(INTERRUPTED)
  } finally {
    progress.clear()
    await host.close()
  }
}

/** What a shell says of a process that Ctrl-C ended. */
const INTERRUPTED = 130

async function runNetwork(
  network: NetworkRun,
  fitted: FittedPolicy,
  eras: number,
  values: Values<typeof options>,
): Promise<void> {
  const opened = await openNetwork(network, fitted)
  if (!opened.isNew || values['no-sample']) return
  const outcome = await runSample(network, opened.policy, eras)
  if (values.once) return
  const examples = await examplesFor(network.api, outcome)
  network.say(['', 'Try:', ...examples.map((line) => `  ${line}`)].join('\n'))
}

function explainPort(error: unknown): unknown {
  if (!(error instanceof PortTakenError)) return error
  const hint = 'choose another with --port, or any free one with --port 0'
  return new ExchequerError(
    'PortTaken',
    `port ${error.port} is taken, perhaps by another local host: ${hint}`,
  )
}

/** One Ctrl-C stops the host cleanly, a second one at once. */
function watchSignals(host: { close: () => Promise<void> }): {
  asked: () => boolean
  stopped: Promise<unknown>
} {
  let asked = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      asked = true
    })
  }
  return { asked: () => asked, stopped: closeOnSignals(host) }
}

if (import.meta.main) await runCommand(start)
