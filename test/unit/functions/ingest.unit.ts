import {
  BatchWriteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import type { Context, SQSEvent } from 'aws-lambda'
import { mockClient } from 'aws-sdk-client-mock'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { parsePolicy } from '../../../shared/domain/policy/policy.ts'
import { keyItem } from '../../../shared/store/attributes.ts'
import { clockItem, UNSET_CLOCK } from '../../../shared/store/clock.ts'
import { clockKey, policyKey, stateKey } from '../../../shared/store/keys.ts'
import { policyItem } from '../../../shared/store/policies.ts'
import { stateItem } from '../../../shared/store/state.ts'
import { fee, message, SOURCE } from '../../support/intake.ts'
import { HOUR_MS, policyJson, START_MS } from '../../support/policies.ts'

const dynamo = mockClient(DynamoDBClient)

beforeEach(() => {
  vi.stubEnv('TABLE_NAME', 'books')
  vi.stubEnv('EVENT_SOURCES', JSON.stringify({ FeeCharged: [SOURCE] }))
  vi.stubEnv('AWS_REGION', 'eu-west-1')
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'true')
  vi.stubEnv('POWERTOOLS_METRICS_NAMESPACE', 'Exchequer')
})

afterEach(() => {
  vi.unstubAllEnvs()
  vi.useRealTimers()
  dynamo.reset()
})

const context = { functionName: 'ingest', awsRequestId: 'r' } as Context

it('ingest tells the queue of each message that must come again, by its id', async () => {
  const { handler } = await import('../../../functions/ingest/ingest.ts')
  // The network is not open: nothing can be booked.
  dynamo.on(GetItemCommand).resolves({})
  const Records = ['one', 'two'].map((messageId) => ({ messageId, body: '{}' }))
  expect(await handler({ Records } as SQSEvent, context)).toEqual({
    batchItemFailures: [{ itemIdentifier: 'one' }, { itemIdentifier: 'two' }],
  })
})

/** A network on the wall's clock, as it is when it has just been opened. */
function openNetwork(): void {
  const era = { every: 'PT1H', from: '2026-01-01T00:00:00Z', clock: 'wall' }
  const json = policyJson({ era })
  const policy = parsePolicy(json)
  const state = { openEra: 0, closedThrough: -1, sealedThrough: -1, policyVersion: 1, closedAt: 0 }
  const items = [
    { key: stateKey, item: stateItem({ ...state, shards: 4, partitions: 16 }) },
    { key: clockKey, item: clockItem(UNSET_CLOCK) },
    { key: policyKey(1), item: policyItem({ version: 1, effectiveFrom: 0, hash: '', json, policy }) },
  ]
  for (const { key, item } of items) dynamo.on(GetItemCommand, { Key: keyItem(key) }).resolves({ Item: item })
  dynamo.on(BatchWriteItemCommand).resolves({})
  dynamo.on(UpdateItemCommand).resolves({})
}

it('ingest judges a message by the time at which it comes, however long the function has been warm', async () => {
  vi.resetModules()
  vi.useFakeTimers({ toFake: ['Date'], now: START_MS })
  const { handler } = await import('../../../functions/ingest/ingest.ts')
  openNetwork()
  const occurredAt = new Date(START_MS + HOUR_MS).toISOString()
  const { id: messageId, body } = message('FeeCharged', fee({ kind: 'fee', occurredAt }))
  const written = async (): Promise<string[]> => {
    dynamo.resetHistory()
    const answer = await handler({ Records: [{ messageId, body }] } as SQSEvent, context)
    expect(answer).toEqual({ batchItemFailures: [] })
    return dynamo
      .commandCalls(BatchWriteItemCommand)
      .flatMap(({ args: [{ input }] }) => input.RequestItems?.books ?? [])
      .map(({ PutRequest }) => PutRequest?.Item?.pk?.S?.split('#')[0] ?? '')
  }
  // An hour ahead it is a mistake; an hour later it has happened.
  expect(await written()).toEqual(['QUARANTINE'])
  vi.setSystemTime(START_MS + HOUR_MS)
  expect(await written()).toEqual(['LOG'])
})
