import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { connectBus } from '../../../shared/store/bus.ts'

const client = mockClient(EventBridgeClient)
const bus = connectBus({ busName: 'exchequer' })

beforeEach(() => client.reset())

describe('saying something on the bus', () => {
  it("puts one entry under the network's own source", async () => {
    client.on(PutEventsCommand).resolves({ FailedEntryCount: 0, Entries: [{ EventId: '1' }] })
    await bus.put('EraSealed', { era: 7, net: '1000' })
    expect(client.commandCalls(PutEventsCommand)[0]?.args[0].input.Entries).toEqual([
      {
        EventBusName: 'exchequer',
        Source: 'exchequer',
        DetailType: 'EraSealed',
        Detail: '{"metadata":{"version":1},"data":{"era":7,"net":"1000"}}',
      },
    ])
  })

  it('throws when the entry is refused, though the call succeeds', async () => {
    client.on(PutEventsCommand).resolves({
      FailedEntryCount: 1,
      Entries: [{ ErrorCode: 'ThrottlingException', ErrorMessage: 'Rate exceeded' }],
    })
    await expect(bus.put('EraSealed', {})).rejects.toMatchObject({
      name: 'NotPublished',
      message: 'EraSealed was refused by the bus: ThrottlingException Rate exceeded',
    })
  })

  it('never sends an amount that is not text', async () => {
    await expect(bus.put('EraSealed', { net: 1000n })).rejects.toThrow(TypeError)
  })
})
