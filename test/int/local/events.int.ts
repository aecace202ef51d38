import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge'
import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Host, startHost } from '../../../infra/local/host.ts'
import type { HostEvent } from '../../../infra/local/host-event.ts'
import {
  consume,
  getAtt,
  lambda,
  queue,
  queuePolicy,
  sdkProbe,
  writeAssembly,
} from '../../support/local-template.ts'

/** Fails what its body asks for, until `heal` is set on its table of contents: here, until the second delivery after a redrive. */
const INGEST = `
let redriven = false
export const handler = async ({ Records }) => {
  console.log(JSON.stringify({ batch: Records.map((r) => r.body) }))
  const failures = []
  for (const record of Records) {
    const { detail } = JSON.parse(record.body)
    if (detail.data === 'heal') redriven = true
    if (detail.data === 'bad' && !redriven) failures.push({ itemIdentifier: record.messageId })
  }
  return { batchItemFailures: failures }
}`

describe('events', () => {
  let host: Host
  let bridge: EventBridgeClient
  let sqs: SQSClient
  const batches: string[][] = []

  beforeAll(async () => {
    const outdir = writeAssembly(
      {
        Resources: {
          Bus: { Type: 'AWS::Events::EventBus', Properties: { Name: 'network' } },
          ...queue('Fees', { VisibilityTimeout: 1 }, 2),
          FeesPolicy: queuePolicy('Fees', 'Rule'),
          FeesDlqPolicy: queuePolicy('FeesDlq', 'Rule'),
          Rule: {
            Type: 'AWS::Events::Rule',
            Properties: {
              EventBusName: { Ref: 'Bus' },
              EventPattern: { source: [{ prefix: 'exchange.' }], 'detail-type': ['FeeCharged'] },
              State: 'ENABLED',
              Targets: [
                {
                  Id: 'T',
                  Arn: getAtt('Fees'),
                  DeadLetterConfig: { Arn: getAtt('FeesDlq') },
                  RetryPolicy: { MaximumRetryAttempts: 5 },
                },
              ],
            },
          },
          ...lambda('Ingest', 'ingest', [consume('Fees')], { Timeout: 1 }),
          Source: {
            Type: 'AWS::Lambda::EventSourceMapping',
            Properties: {
              EventSourceArn: getAtt('Fees'),
              FunctionName: { Ref: 'Ingest' },
              BatchSize: 100,
              MaximumBatchingWindowInSeconds: 1,
              FunctionResponseTypes: ['ReportBatchItemFailures'],
            },
          },
          Other: { Type: 'AWS::SQS::Queue' },
          ...lambda('Sender', 'sdk', [{ Action: 'events:PutEvents', Resource: getAtt('Bus') }], {
            Timeout: 20,
          }),
        },
      },
      { ingest: INGEST, sdk: await sdkProbe() },
    )
    const onEvent = (event: HostEvent) => {
      if (event.type === 'log' && event.line.startsWith('{"batch"'))
        batches.push(JSON.parse(event.line).batch)
    }
    host = await startHost({ outdir, port: 0, print: () => {}, onEvent })
    const options = {
      endpoint: host.url,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'MINE', secretAccessKey: 'any' },
      maxAttempts: 1,
    }
    bridge = new EventBridgeClient(options)
    sqs = new SQSClient(options)
  })
  afterAll(() => host.close())

  const entry = (data: unknown, over: PutEventsRequestEntry = {}): PutEventsRequestEntry => ({
    EventBusName: 'network',
    Source: 'exchange.eu',
    DetailType: 'FeeCharged',
    Detail: JSON.stringify({ metadata: { version: 1 }, data }),
    ...over,
  })
  const put = (...Entries: PutEventsRequestEntry[]) => bridge.send(new PutEventsCommand({ Entries }))
  const depth = async (name: string) => {
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }))
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    )
    return Number(Attributes?.ApproximateNumberOfMessages)
  }

  it('travel from PutEvents over the rule and the queue to the function, as full envelopes', async () => {
    const time = new Date('2026-01-02T03:04:05Z')
    const answer = await put(
      entry('a', { Time: time, Resources: ['arn:x'] }),
      entry('b', { Source: 'nobody' }),
      entry('c', { DetailType: 'Other' }),
    )
    expect(answer.FailedEntryCount).toBe(0)
    await host.drained()
    expect(batches).toHaveLength(1)
    expect(JSON.parse(batches[0]?.[0] ?? '')).toEqual({
      version: '0',
      id: answer.Entries?.[0]?.EventId,
      'detail-type': 'FeeCharged',
      source: 'exchange.eu',
      account: '000000000000',
      time: '2026-01-02T03:04:05Z',
      region: 'us-east-1',
      resources: ['arn:x'],
      detail: { metadata: { version: 1 }, data: 'a' },
    })
  })

  it('fail one by one, not as a call', async () => {
    const answer = await put(
      entry('ok', { DetailType: 'Other' }),
      entry('x', { Source: '' }),
      entry('x', { Detail: '{' }),
      entry('x', { Detail: '[]' }),
      entry('x', { Source: 'aws.s3' }),
      entry('x', { EventBusName: 'nowhere' }),
    )
    expect(answer.FailedEntryCount).toBe(5)
    expect(answer.Entries?.map(({ ErrorCode }) => ErrorCode)).toEqual([
      undefined,
      'InvalidArgument',
      'MalformedDetail',
      'MalformedDetail',
      'NotAuthorizedForSourceException',
      'InvalidArgument',
    ])
  })

  it('are at most 10 and 256 kB a call', async () => {
    const other = (data: string) => entry(data, { DetailType: 'Other' })
    await expect(put(...Array.from({ length: 11 }, () => other('x')))).rejects.toThrow(
      /between 1 and 10, got 11/,
    )
    await expect(put(other('x'.repeat(130_000)), other('x'.repeat(140_000)))).rejects.toThrow(
      /over the limit/,
    )
    expect((await put(other('x'.repeat(130_000)), other('x'.repeat(130_000)))).FailedEntryCount).toBe(0)
  })

  it('are refused to a function without the grant', async () => {
    const send = (EventBusName: string) =>
      host.invoke('Sender', {
        client: 'eventbridge',
        service: 'EventBridge',
        command: 'PutEvents',
        input: { Entries: [entry('d', { EventBusName, DetailType: 'Other' })] },
      })
    expect(await send('network')).toMatchObject({ FailedEntryCount: 0 })
    expect(await send('default')).toMatchObject({
      refused: 'AccessDeniedException',
      message: /events:PutEvents on .*event-bus\/default/,
    })
  })

  it('that fail come back, end in the dead-letter queue, and can be redriven', async () => {
    batches.length = 0
    await put(entry('good'), entry('bad'))
    await host.drained()
    expect(batches.map((batch) => batch.map((body) => JSON.parse(body).detail.data))).toEqual([
      ['good', 'bad'],
      ['bad'],
    ])
    expect(await depth('Test-FeesDlq')).toBe(1)
    await put(entry('heal'))
    await host.drained()
    await sqs.send(
      new StartMessageMoveTaskCommand({ SourceArn: 'arn:aws:sqs:us-east-1:000000000000:Test-FeesDlq' }),
    )
    expect(host.queueDepth()).toBe(1)
    await host.drained()
    expect(await depth('Test-FeesDlq')).toBe(0)
  })

  it('a queue takes and gives messages by itself', async () => {
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'Test-Other' }))
    const waiting = sqs.send(
      new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5, MaxNumberOfMessages: 10 }),
    )
    const attribute = { DataType: 'String', StringValue: 'v' }
    await sqs.send(
      new SendMessageCommand({ QueueUrl, MessageBody: '{"a":"ü"}', MessageAttributes: { k: attribute } }),
    )
    const { Messages } = await waiting
    expect(Messages?.map(({ Body }) => Body)).toEqual(['{"a":"ü"}'])
    const Entries = ['1', '2'].map((Id) => ({ Id, MessageBody: Id }))
    const sent = await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))
    expect(sent.Successful?.map(({ Id }) => Id)).toEqual(['1', '2'])
    await expect(sqs.send(new GetQueueUrlCommand({ QueueName: 'nowhere' }))).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
    })
  })
})
