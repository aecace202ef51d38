import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { ulid } from 'ulid'
import { startEngine as launch } from '../../infra/local/engine/engine.ts'
import { INDEXES } from '../../shared/store/dynamo.ts'

export interface Engine {
  endpoint: string
  client: DynamoDBClient
  tableName: string
  /** The same engine with a table of its own, for a test that must not see what another wrote. */
  another(): Promise<Engine>
  stop(): Promise<void>
}

/** A database engine of its own, in memory, with the one table as the template makes it. */
export async function startEngine(): Promise<Engine> {
  const engine = await launch()
  const endpoint = engine.url.href
  const client = new DynamoDBClient({
    endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  const stop = async (): Promise<void> => {
    client.destroy()
    await engine.close()
  }
  const withTable = async (): Promise<Engine> => {
    // An engine that somebody else started may hold the tables of other tests.
    const tableName = `exchequer-${ulid()}`
    await createTable(client, tableName)
    return { endpoint, client, tableName, another: withTable, stop }
  }
  return withTable()
}

async function createTable(client: DynamoDBClient, tableName: string): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk', 'owner', 'ownedAt', 'list', 'place'].map((name) => ({
        AttributeName: name,
        AttributeType: 'S',
      })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: Object.entries(INDEXES).map(([IndexName, { key, place }]) => ({
        IndexName,
        KeySchema: [
          { AttributeName: key, KeyType: 'HASH' as const },
          { AttributeName: place, KeyType: 'RANGE' as const },
        ],
        Projection: { ProjectionType: 'ALL' as const },
      })),
    }),
  )
}
