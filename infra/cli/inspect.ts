import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb'
import { ExchequerError } from '../../shared/domain/errors.ts'
import { decode } from '../../shared/store/codec.ts'
import { defineCommand, readWhole, runCommand, UsageError, type Values } from './command.ts'
import { clientConfigOf, DEPLOYMENT_OPTIONS, explainUnreachable, readOutputs } from './deployment.ts'

const options = {
  pk: { value: 'KEY', describe: 'Partition key, such as STATE, SEALS, ERA#0, LOG#0#2 or PAGES#3.' },
  sk: {
    value: 'KEY',
    describe: 'Sort key of the item; without it the sort keys of the partition are listed.',
  },
  limit: { value: 'COUNT', describe: 'The most sort keys that are listed.', default: '100' },
  table: { value: 'NAME', describe: "Table (default the stack's own)." },
  ...DEPLOYMENT_OPTIONS,
} as const

export const inspect = defineCommand({
  name: 'inspect',
  summary: 'Prints an item of the table as JSON, with what is stored compressed decoded.',
  options,
  examples: ['--pk STATE --sk .', '--pk ERA#0', '--pk ERA#0 --sk PLAN'],
  run,
})

async function run(values: Values<typeof options>): Promise<void> {
  const { pk, sk } = values
  if (pk === undefined) throw new UsageError('the partition key is needed: --pk KEY')
  const limit = readWhole('limit', values.limit, 1, 10_000)
  const TableName = values.table ?? (await readOutputs(values))('TableName')
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(clientConfigOf(values)), {
    unmarshallOptions: { wrapNumbers: exactNumber },
  })
  if (sk === undefined) {
    const { Items = [] } = await client
      .send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': pk },
          ProjectionExpression: 'sk',
          Limit: limit,
        }),
      )
      .catch((cause: unknown) => Promise.reject(explainUnreachable(cause, values)))
    if (Items.length === 0)
      throw new ExchequerError('NothingThere', `the table has no partition ${JSON.stringify(pk)}`)
    process.stdout.write(`${Items.map((item) => item.sk).join('\n')}\n`)
    return
  }
  const { Item } = await client
    .send(new GetCommand({ TableName, Key: { pk, sk }, ConsistentRead: true }))
    .catch((cause: unknown) => Promise.reject(explainUnreachable(cause, values)))
  if (!Item)
    throw new ExchequerError(
      'NothingThere',
      `the table has no item with pk ${JSON.stringify(pk)} and sk ${JSON.stringify(sk)}`,
    )
  process.stdout.write(`${showItem(Item)}\n`)
}

/** An item as JSON: binary attributes decoded, amounts as decimal strings, hashes as hex. */
export function showItem(item: Record<string, unknown>): string {
  const decoded = Object.fromEntries(
    Object.entries(item).map(([key, value]) => [key, value instanceof Uint8Array ? decode(value) : value]),
  )
  return JSON.stringify(decoded, showPart, 2)
}

function showPart(_key: string, part: unknown): unknown {
  if (typeof part === 'bigint') return part.toString()
  if (part instanceof BigUint64Array) return Array.from(part, (hash) => hash.toString(16).padStart(16, '0'))
  if (part instanceof Uint8Array) return Buffer.from(part).toString('hex')
  if (part instanceof Map) return Object.fromEntries(part)
  return part
}

/** Numbers of the table that JavaScript cannot hold exactly are shown as the text they are. */
function exactNumber(digits: string): number | string {
  const number = Number(digits)
  return Number.isSafeInteger(number) ? number : digits
}

if (import.meta.main) await runCommand(inspect)
