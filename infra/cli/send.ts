import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ExchequerError } from '../../shared/domain/errors.ts'
import { defineCommand, runCommand, UsageError, type Values } from './command.ts'
import { clientConfigOf, DEPLOYMENT_OPTIONS, explainUnreachable, readOutputs } from './deployment.ts'
import { compileMapping, type Mapping } from './mapping/mapping.ts'
import { EVENTS_AS_THEY_ARE, type RowCounts, toOutgoing } from './mapping/outgoing.ts'
import { readCsv, readNdjson } from './mapping/rows.ts'
import { eventBridge } from './sending/event-bridge.ts'
import { type Entry, packRequests } from './sending/pack.ts'
import { type PutEntries, type Sent, sendRequests } from './sending/put.ts'
import { formatCount, plural, progressOn } from './terminal.ts'

const MAPS = join(import.meta.dirname, 'maps')
const SOURCE = 'exchequer.send'
/** Problems that are shown one by one; the others are counted. */
const SHOWN_PROBLEMS = 20

const options = {
  csv: { value: 'FILE', describe: 'CSV file with a header row.' },
  ndjson: {
    value: 'FILE',
    describe: 'File of one JSON object per line; without --map, of events as they are.',
  },
  map: {
    value: 'FILE',
    describe: 'How a row becomes events: a JSON file, or a packaged mapping such as ethereum-blocks.',
  },
  source: { value: 'NAME', describe: `Source the events come from (default the mapping's, or ${SOURCE}).` },
  bus: { value: 'NAME', describe: "Event bus (default the stack's own)." },
  'dry-run': { describe: 'Read and check the whole file, list what is wrong with it, send nothing.' },
  'skip-invalid': { describe: 'Leave out events that break a rule instead of stopping at the first.' },
  ...DEPLOYMENT_OPTIONS,
} as const

export const send = defineCommand({
  name: 'send',
  summary: 'Turns the rows of a CSV or NDJSON file into events and sends them in full PutEvents entries.',
  options,
  examples: [
    '--csv blocks.csv --map ethereum-blocks',
    '--csv blocks.csv --map ethereum-blocks --dry-run',
    '--ndjson events.ndjson --aws --stack exchequer-magnet-dev',
  ],
  run,
})

async function run(values: Values<typeof options>): Promise<void> {
  const rows = readRows(values)
  const mapping = readMapping(values)
  const problems: string[] = []
  const counts: RowCounts = { rows: 0, events: 0, skipped: 0, problems: 0 }
  const keepGoing = values['dry-run'] || values['skip-invalid']
  const onProblem = (problem: string): void => {
    if (!keepGoing) throw new ExchequerError('InvalidRow', problem)
    if (problems.length < SHOWN_PROBLEMS) problems.push(problem)
  }
  const events = toOutgoing(rows, mapping, values.source ?? mapping.source ?? SOURCE, counts, onProblem)
  const progress = progressOn(process.stderr)
  let sent: Sent | undefined
  try {
    sent = await sendRequests(packRequests(events), await readPut(values), {
      onProgress: (soFar) => {
        sent = soFar
        progress.show(`${plural(soFar.events, 'event')} in ${plural(soFar.requests, 'request')}`)
      },
    })
  } catch (cause) {
    progress.clear()
    throw withWhatWasSent(explainUnreachable(cause, values), sent)
  }
  progress.clear()
  for (const problem of problems) process.stderr.write(`${problem}\n`)
  if (counts.problems > problems.length)
    process.stderr.write(`... and ${formatCount(counts.problems - problems.length)} more\n`)
  process.stdout.write(`${summaryOf(values, counts, sent)}\n`)
  if (sent.failed > 0)
    throw new ExchequerError('NotSent', `${plural(sent.failed, 'event')} could not be sent: ${sent.reason}`)
  if (counts.problems > 0)
    throw new ExchequerError(
      'InvalidRow',
      `${plural(counts.problems, 'event')} of the file ${counts.problems === 1 ? 'breaks' : 'break'} a rule`,
    )
}

function readRows({ csv, ndjson, map }: Values<typeof options>) {
  if ((csv === undefined) === (ndjson === undefined))
    throw new UsageError('one file is needed: --csv FILE or --ndjson FILE')
  const file = (csv ?? ndjson) as string
  if (!existsSync(file)) throw new UsageError(`there is no file ${JSON.stringify(file)}`)
  if (csv !== undefined && map === undefined)
    throw new UsageError('--csv needs --map: how a row becomes events')
  return csv === undefined ? readNdjson(file) : readCsv(file)
}

function readMapping({ map }: Values<typeof options>): Mapping {
  if (map === undefined) return EVENTS_AS_THEY_ARE
  const file = [resolve(map), join(MAPS, `${map}.json`)].find((candidate) => existsSync(candidate))
  if (file === undefined)
    throw new UsageError(`--map is a file or a packaged mapping: there is no ${JSON.stringify(map)}`)
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    throw new ExchequerError('InvalidMapping', `${map} is not JSON: ${(cause as Error).message}`, { cause })
  }
  return compileMapping(json)
}

async function readPut(values: Values<typeof options>): Promise<PutEntries> {
  if (values['dry-run']) return async (entries: Entry[]) => entries.map(() => undefined)
  const bus = values.bus ?? (await readOutputs(values))('BusName')
  return eventBridge(clientConfigOf(values), bus)
}

function summaryOf(values: Values<typeof options>, counts: RowCounts, sent: Sent): string {
  const what = `${plural(sent.events, 'event')} from ${plural(counts.rows, 'row')}, in ${plural(sent.entries, 'entry', 'entries')} and ${plural(sent.requests, 'request')}`
  const left = counts.skipped > 0 ? `; ${formatCount(counts.skipped)} skipped by the mapping` : ''
  return `${values['dry-run'] ? 'would send' : 'sent'} ${what}${left}`
}

/** A file that breaks off may simply be sent again: what was sent already is counted once. */
function withWhatWasSent(error: unknown, sent: Sent | undefined): unknown {
  if (!(error instanceof ExchequerError) || !sent?.events) return error
  return new ExchequerError(
    error.code,
    `${error.message} (${plural(sent.events, 'event')} sent before; sending them again counts none twice)`,
    { cause: error },
  )
}

if (import.meta.main) await runCommand(send)
