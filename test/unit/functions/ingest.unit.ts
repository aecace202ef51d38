import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import type { Context, SQSEvent } from 'aws-lambda'
import { mockClient } from 'aws-sdk-client-mock'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

const dynamo = mockClient(DynamoDBClient)

beforeEach(() => {
  vi.stubEnv('TABLE_NAME', 'books')
  vi.stubEnv('EVENT_SOURCES', '{}')
  vi.stubEnv('AWS_REGION', 'eu-west-1')
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'true')
  vi.stubEnv('POWERTOOLS_METRICS_NAMESPACE', 'Exchequer')
})

afterEach(() => {
  vi.unstubAllEnvs()
  dynamo.reset()
})

it('ingest tells the queue of each message that must come again, by its id', async () => {
  const { handler } = await import('../../../functions/ingest/ingest.ts')
  // The network is not open: nothing can be booked.
  dynamo.on(GetItemCommand).resolves({})
  const Records = ['one', 'two'].map((messageId) => ({ messageId, body: '{}' }))
  const context = { functionName: 'ingest', awsRequestId: 'r' } as Context
  expect(await handler({ Records } as SQSEvent, context)).toEqual({
    batchItemFailures: [{ itemIdentifier: 'one' }, { itemIdentifier: 'two' }],
  })
})
