import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { EventBridgeClient, ListEventBusesCommand } from '@aws-sdk/client-eventbridge'
import { ListStateMachinesCommand, SFNClient } from '@aws-sdk/client-sfn'
import { describe, expect, it } from 'vitest'
import { REQUEST_LIMITS } from '../../../shared/store/limits.ts'

const ATTEMPTS = 2

describe('a request that is never answered', () => {
  it.each([
    ['the table', (options: object) => new DynamoDBClient(options).send(new ListTablesCommand())],
    ['the bus', (options: object) => new EventBridgeClient(options).send(new ListEventBusesCommand())],
    ['the state machine', (options: object) => new SFNClient(options).send(new ListStateMachinesCommand())],
  ])('of %s is sent again, and then fails', async (_whose, send) => {
    let connections = 0
    const silent = createServer(() => {
      connections += 1
    }).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const request = send({
      endpoint: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      maxAttempts: ATTEMPTS,
      requestHandler: { ...REQUEST_LIMITS, requestTimeout: 50 },
    })
    await expect(request).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(connections).toBe(ATTEMPTS)
    silent.close()
  })
})
