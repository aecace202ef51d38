import type { Stack } from '../stack/stack.ts'
import { type Fields, listOf, recordOf, StartupError } from '../stack/values.ts'
import { type Engine, engineHeaders } from './engine.ts'

/**
 * Creates the template's tables in the engine. A table that is already there (durable file) is kept.
 * @throws StartupError when a kept table has other keys or indexes than the template.
 */
export async function createTables(stack: Stack, engine: Engine): Promise<void> {
  const tables = stack.resources('AWS::DynamoDB::GlobalTable', 'AWS::DynamoDB::Table')
  await Promise.all(
    tables.map(async ({ name, properties }) => {
      const wanted = tableRequest(name, properties)
      const found = await call(engine, 'DescribeTable', { TableName: name })
      if (found.status === 200) {
        requireSameShape(name, wanted, recordOf(found.body.Table))
        return
      }
      const created = await call(engine, 'CreateTable', wanted)
      if (created.status !== 200) {
        throw new StartupError(`Table ${name} could not be created: ${JSON.stringify(created.body)}`)
      }
    }),
  )
}

/** Keys, attributes and indexes only: billing, streams, backups and protection mean nothing on one machine. */
function tableRequest(name: string, properties: Fields): Fields {
  const index = (raw: unknown) => {
    const { IndexName, KeySchema, Projection } = recordOf(raw)
    return { IndexName, KeySchema, Projection }
  }
  const global = listOf(properties.GlobalSecondaryIndexes).map(index)
  const local = listOf(properties.LocalSecondaryIndexes).map(index)
  return {
    TableName: name,
    AttributeDefinitions: properties.AttributeDefinitions,
    KeySchema: properties.KeySchema,
    BillingMode: 'PAY_PER_REQUEST',
    ...(global.length === 0 ? {} : { GlobalSecondaryIndexes: global }),
    ...(local.length === 0 ? {} : { LocalSecondaryIndexes: local }),
  }
}

function requireSameShape(name: string, wanted: Fields, found: Fields): void {
  const shape = (table: Fields) =>
    JSON.stringify([
      keysOf(table),
      indexesOf(table.GlobalSecondaryIndexes),
      indexesOf(table.LocalSecondaryIndexes),
    ])
  if (shape(wanted) !== shape(found)) {
    throw new StartupError(
      `Table ${name} in the data folder has other keys or indexes than the template: remove the data folder to start anew`,
    )
  }
}

function keysOf(table: Fields): readonly string[] {
  return listOf(table.KeySchema).map((key) => `${recordOf(key).AttributeName} ${recordOf(key).KeyType}`)
}

function indexesOf(indexes: unknown): readonly string[] {
  return listOf(indexes)
    .map((index) => `${recordOf(index).IndexName}: ${keysOf(recordOf(index)).join(', ')}`)
    .sort()
}

async function call(engine: Engine, operation: string, request: Fields) {
  const response = await fetch(engine.url, {
    method: 'POST',
    headers: engineHeaders(operation),
    body: JSON.stringify(request),
  })
  return { status: response.status, body: recordOf(await response.json()) }
}
