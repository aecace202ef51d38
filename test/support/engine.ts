import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'

export interface Engine {
  endpoint: string
  client: DynamoDBClient
  tableName: string
  stop(): Promise<void>
}

const BINARY = fileURLToPath(new URL('../../node_modules/@dynoxide/linux-x64/dynoxide', import.meta.url))
const TABLE_NAME = 'exchequer-test'

/** Longest wait for the engine's first answer, in steps. */
const READY_TRIES = 200
const READY_STEP_MS = 25

/** A database engine of its own, in memory, with the one table as the template makes it. */
export async function startEngine(): Promise<Engine> {
  const port = await freePort()
  const child = spawn(BINARY, ['serve', '--host', '127.0.0.1', '--port', String(port)], { stdio: 'ignore' })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const endpoint = `http://127.0.0.1:${port}`
  const client = new DynamoDBClient({
    endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  await untilReady(client, child)
  await createTable(client)
  return {
    endpoint,
    client,
    tableName: TABLE_NAME,
    async stop() {
      client.destroy()
      process.off('exit', kill)
      const gone = new Promise((resolve) => child.once('exit', resolve))
      if (child.exitCode === null && kill()) await gone
    },
  }
}

async function createTable(client: DynamoDBClient): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: TABLE_NAME,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk', 'buyer'].map((name) => ({
        AttributeName: name,
        AttributeType: 'S',
      })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'byBuyer',
          KeySchema: [
            { AttributeName: 'buyer', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    }),
  )
}

/** Asks until the engine answers; an engine that has ended already never will. */
async function untilReady(client: DynamoDBClient, child: ChildProcess): Promise<void> {
  for (let tried = 0; tried < READY_TRIES; tried++) {
    if (child.exitCode !== null)
      throw new Error(`the engine ended with code ${child.exitCode} before it answered`)
    try {
      await client.send(new ListTablesCommand({}))
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, READY_STEP_MS))
    }
  }
  throw new Error(`the engine did not answer ${READY_TRIES} times`)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
