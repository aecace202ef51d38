import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { ExchequerError } from '../../shared/domain/errors.ts'
import type { Item } from '../../shared/store/attributes.ts'
import { type Audit, audit as auditItems } from './audit/audit.ts'
import { describeFinding } from './audit/finding.ts'
import { scanTable } from './audit/scan.ts'
import { defineCommand, readWhole, runCommand, type Values } from './command.ts'
import { clientConfigOf, DEPLOYMENT_OPTIONS, explainUnreachable, readOutputs } from './deployment.ts'
import { formatCount, plural, progressOn, styleFor } from './terminal.ts'

/** The most readings of one table: what is found in each of them is not a write that came between. */
const MAX_READINGS = 4

const options = {
  table: { value: 'NAME', describe: "Table, such as one that was restored (default the stack's own)." },
  segments: { value: 'COUNT', describe: 'Segments of the table that are read side by side.', default: '4' },
  json: { describe: 'Print JSON: what was read, and every finding.' },
  ...DEPLOYMENT_OPTIONS,
} as const

export const audit = defineCommand({
  name: 'audit',
  summary:
    'Reads the whole table and proves the books anew from log and journal: says in words what is wrong, and exits 1.',
  options,
  examples: ['', '--json', '--table restored-books --aws --stack exchequer-prod'],
  run,
})

async function run(values: Values<typeof options>): Promise<void> {
  const segments = readWhole('segments', values.segments, 1, 64)
  const table = values.table ?? (await readOutputs(values))('TableName')
  const client = new DynamoDBClient(clientConfigOf(values))
  const progress = progressOn(process.stderr)
  let reading = 0
  const found = await auditWhileWritten(() => {
    reading += 1
    return counted(scanTable(client, table, segments), (count) =>
      progress.show(`${plural(count, 'item')} of ${table} read${reading > 1 ? `, reading ${reading}` : ''}`),
    )
  }).catch((cause: unknown) => Promise.reject(explainUnreachable(cause, values)))
  progress.clear()
  if (values.json) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`)
  else process.stdout.write(describe(found))
  if (found.count > 0)
    throw new ExchequerError(
      'AuditFailed',
      `the books of ${table} are wrong: ${plural(found.count, 'finding')}`,
    )
}

/**
 * Audits a table that may be written to while it is read: what is found only because one item was read before a
 * write and another after it is not found again. Answers with the last reading, and what every reading found.
 */
async function auditWhileWritten(read: () => AsyncIterable<Item>): Promise<Audit> {
  let last = await auditItems(read())
  for (let readings = 1; readings < MAX_READINGS && last.count > 0; readings += 1) {
    const next = await auditItems(read())
    const keys = new Set(next.findings.map(({ key }) => key))
    const lasting = last.findings.filter(({ key }) => keys.has(key))
    const isSure = lasting.length === last.findings.length
    // Findings beyond those that are kept cannot be set side by side: they count as they are.
    const beyond = Math.min(last.count - last.findings.length, next.count - next.findings.length)
    last = { ...next, findings: lasting, count: lasting.length + beyond }
    if (isSure) break
  }
  return last
}

async function* counted(items: AsyncIterable<Item>, show: (count: number) => void): AsyncGenerator<Item> {
  let count = 0
  for await (const item of items) {
    count += 1
    if (count % 1_000 === 0) show(count)
    yield item
  }
}

function describe({ read, findings, count }: Audit): string {
  const style = styleFor(process.stdout)
  const lines = findings.map((finding) => `${style.red('✗')} ${describeFinding(finding)}`)
  if (count > findings.length) lines.push(`and ${formatCount(count - findings.length)} more`)
  if (count === 0)
    lines.push(
      `${style.green('✓')} clean: all that is sealed follows from log, journal and policies, and every account adds up`,
    )
  const sealed = read.sealedThrough < 0 ? 'no era sealed' : `eras sealed through ${read.sealedThrough}`
  const { items, counted, waiting, quarantined, replayed, commands, accounts } = read
  const inQuarantine = Object.entries(quarantined).map(([rule, count]) => `${formatCount(count)} by ${rule}`)
  lines.push(
    `${plural(items, 'item')}: ${sealed}, ${plural(counted, 'event')} counted and ${formatCount(waiting)} waiting, ` +
      `${plural(commands, 'command')}, ${plural(accounts, 'account')}`,
    `in quarantine: ${inQuarantine.join(', ') || 'nothing'}; ${formatCount(replayed)} replayed`,
  )
  return `${lines.join('\n')}\n`
}

if (import.meta.main) await runCommand(audit)
