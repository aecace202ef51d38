import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Access } from '../../../infra/local/iam/access.ts'
import type { LambdaFunction } from '../../../infra/local/lambda/functions.ts'
import type { Outcome } from '../../../infra/local/lambda/instance.ts'
import type { Queue } from '../../../infra/local/queues/queue.ts'
import { createQueues } from '../../../infra/local/queues/queues.ts'
import { startMappings } from '../../../infra/local/queues/source-mapping.ts'
import { openStack } from '../../../infra/local/stack/stack.ts'
import { getAtt, queue } from '../../support/local-template.ts'

type Record_ = {
  readonly messageId: string
  readonly body: string
  readonly attributes: Record<string, string>
}
type Answer = (records: readonly Record_[]) => Partial<Outcome> & { readonly result?: unknown }

/** A mapping on a queue whose function is `answer`; gives the batches it got. */
function mapping(properties: Record<string, unknown>, answer: Answer = () => ({}), visibility = 30) {
  const template = {
    Resources: {
      ...queue('Fees', { VisibilityTimeout: visibility }, 3),
      Ingest: { Type: 'AWS::Lambda::Function', Properties: {} },
      Source: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: { EventSourceArn: getAtt('Fees'), FunctionName: { Ref: 'Ingest' }, ...properties },
      },
    },
  }
  const place = { region: 'us-east-1', account: '000000000000', partition: 'aws' }
  const assembly = { stackName: 'Test', template, assetPath: () => '' }
  const stack = openStack(assembly, { hostUrl: 'http://h', place, parameters: {} })
  const [resource] = stack.resources('AWS::Lambda::Function')
  const fn = { name: 'Ingest', arn: resource === undefined ? '' : stack.arn(resource), timeoutMs: 10_000 }
  const queues = createQueues(stack, () => {})
  const batches: (readonly Record_[])[] = []
  const events: number[] = []
  const invoke = async (_fn: LambdaFunction, event: string): Promise<Outcome> => {
    const { Records } = JSON.parse(event)
    batches.push(Records)
    events.push(Buffer.byteLength(event))
    const { result = null, ...rest } = answer(Records)
    return { payload: JSON.stringify(result), durationMs: 1, ...rest }
  }
  const pool = { invoke, running: () => 0, close: async () => {} }
  const access = { requireGrant: () => {} } as unknown as Access
  startMappings({ stack, queues, functions: [fn as LambdaFunction], access, pool, onEvent: () => {} })
  const [source, dead] = [queues.byName('Test-Fees') as Queue, queues.byName('Test-FeesDlq') as Queue]
  return { source, dead, batches, events, sizes: () => batches.map(({ length }) => length) }
}

const tick = (ms: number) => vi.advanceTimersByTimeAsync(ms)

describe('event source mapping', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('waits for the window, then takes what came', async () => {
    const { source, sizes } = mapping({ BatchSize: 100, MaximumBatchingWindowInSeconds: 5 })
    source.send('a')
    await tick(3000)
    source.send('b')
    await tick(1999)
    expect(sizes()).toEqual([])
    await tick(1)
    expect(sizes()).toEqual([2])
    expect(source.depth().inFlight).toBe(0)
  })

  it('does not wait once a batch is full by count', async () => {
    const { source, sizes } = mapping({ BatchSize: 100, MaximumBatchingWindowInSeconds: 5 })
    for (let at = 0; at < 230; at++) source.send('x')
    await tick(0)
    expect(sizes()).toEqual([100, 100])
    await tick(5000)
    expect(sizes()).toEqual([100, 100, 30])
  })

  it('does not wait once a batch is full by size, and keeps events under 6 MB', async () => {
    const { source, sizes, events } = mapping({ BatchSize: 10_000, MaximumBatchingWindowInSeconds: 300 })
    for (let at = 0; at < 30; at++) source.send(`"${'x'.repeat(250_000)}"`)
    await tick(0)
    expect(sizes()).toEqual([25])
    expect(Math.max(...events)).toBeLessThanOrEqual(6 * 1024 * 1024)
    expect(Math.max(...events)).toBeGreaterThan(5.9 * 1024 * 1024)
  })

  it('reports failures one by one: the others are done, the failed come back after the visibility timeout', async () => {
    const fail: Answer = (records) => ({
      result: {
        batchItemFailures: records
          .filter(({ body }) => body === 'bad')
          .map(({ messageId }) => ({ itemIdentifier: messageId })),
      },
    })
    const { source, dead, sizes, batches } = mapping(
      { FunctionResponseTypes: ['ReportBatchItemFailures'] },
      fail,
    )
    for (const body of ['good', 'bad', 'fine']) source.send(body)
    await tick(0)
    expect(sizes()).toEqual([3])
    expect(source.depth()).toEqual({ visible: 0, inFlight: 1, delayed: 0 })
    await tick(29_000)
    expect(sizes()).toEqual([3])
    await tick(1_000)
    expect(batches[1]?.map(({ body, attributes }) => [body, attributes.ApproximateReceiveCount])).toEqual([
      ['bad', '2'],
    ])
    await tick(60_000)
    expect(sizes()).toEqual([3, 1, 1])
    expect(dead.depth().visible).toBe(1)
    expect(source.depth()).toEqual({ visible: 0, inFlight: 0, delayed: 0 })
  })

  it.each([
    ['an error', { error: { errorType: 'Error', errorMessage: 'no' } }, 2],
    ['an id that is not of the batch', { result: { batchItemFailures: [{ itemIdentifier: 'x' }] } }, 2],
    ['an answer without the list', { result: {} }, 0],
    ['an empty list', { result: { batchItemFailures: [] } }, 0],
    ['nothing', {}, 0],
  ])('takes %s for what Lambda takes it', async (_what, answer, stay) => {
    const { source } = mapping({ FunctionResponseTypes: ['ReportBatchItemFailures'] }, () => answer)
    source.send('a')
    source.send('b')
    await tick(0)
    expect(source.depth().inFlight).toBe(stay)
  })

  it('without ReportBatchItemFailures an answer means nothing', async () => {
    const { source } = mapping({}, () => ({ result: { batchItemFailures: [{ itemIdentifier: '' }] } }))
    source.send('a')
    await tick(0)
    expect(source.depth().inFlight).toBe(0)
  })

  it('refuses what AWS refuses', () => {
    expect(() => mapping({ BatchSize: 11 })).toThrow(/window/)
    expect(() => mapping({ FilterCriteria: {} })).toThrow(/FilterCriteria/)
    expect(() => mapping({}, undefined, 9)).toThrow(
      /visibility timeout of Test-Fees \(9 s\) is less than the timeout/,
    )
  })
})
