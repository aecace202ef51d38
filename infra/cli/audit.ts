import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { ExchequerError } from '../../shared/domain/errors.ts'
import type { Item } from '../../shared/store/attributes.ts'
import type { Audit } from './audit/audit.ts'
import { describeFinding } from './audit/finding.ts'
import { scanTable } from './audit/scan.ts'
import { auditWhileWritten } from './audit/while-written.ts'
import { defineCommand, readWhole, runCommand, type Values } from './command.ts'
import { clientConfigOf, DEPLOYMENT_OPTIONS, explainUnreachable, readOutputs } from './deployment.ts'
import { formatCount, plural, progressOn, styleFor } from './terminal.ts'

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
