import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Host, startHost } from '../../../infra/local/host.ts'
import type { HostEvent } from '../../../infra/local/host-event.ts'
import {
  getAtt,
  lambda,
  type Statement,
  sdkProbe,
  table,
  writeAssembly,
} from '../../support/local-template.ts'

const HANDLERS = `
export const echo = async (event, context) => ({ event, remainingMs: context.getRemainingTimeInMillis(), id: context.awsRequestId, arn: context.invokedFunctionArn, region: process.env.AWS_REGION, zone: new Date(0).getHours(), table: process.env.TABLE })
export const slow = async () => new Promise((resolve) => setTimeout(resolve, 60_000))
export const busy = async () => { while (true); }
export const crash = async () => { setTimeout(() => { throw new TypeError('thrown later') }); await new Promise(() => {}) }
export const exit = async () => process.exit(3)
export const bigint = async () => ({ amount: 12n })
export const fail = async () => { throw Object.assign(new Error('no such era'), { name: 'EraNotFound' }) }
export const nothing = async () => {}
export const log = async () => { console.log('plain'); console.warn('careful'); console.error('broken'); console.log('{"level":"ERROR","message":"structured"}') }
let calls = 0
export const count = async ({ ms }) => { calls++; await new Promise((resolve) => setTimeout(resolve, ms)); return calls }
`
const item = { pk: { S: 'a' }, sk: { S: '1' } }
const key = item

const allow = (Action: string | string[]): Statement => ({ Action, Resource: getAtt('Table') })
const small = (id: string, extra: Record<string, unknown> = {}) =>
  lambda(id, 'tiny', [], { Timeout: 5, ...extra }, id.toLowerCase())

describe('functions', () => {
  let host: Host
  const events: HostEvent[] = []
  const printed: string[] = []

  beforeAll(async () => {
    const outdir = writeAssembly(
      {
        Resources: {
          ...table('Table'),
          ...lambda(
            'Reader',
            'sdk',
            [
              allow(['dynamodb:GetItem', 'dynamodb:BatchGetItem']),
              {
                Action: 'dynamodb:Query',
                Resource: { 'Fn::Join': ['', [getAtt('Table'), '/index/byOwner']] },
              },
            ],
            { Timeout: 20 },
          ),
          ...lambda('Writer', 'sdk', [allow(['dynamodb:PutItem', 'dynamodb:ConditionCheckItem'])], {
            Timeout: 20,
          }),
          ...lambda('Caller', 'sdk', [{ Action: 'lambda:InvokeFunction', Resource: getAtt('Echo') }], {
            Timeout: 20,
          }),
          ...small('Echo', { Environment: { Variables: { TABLE: { Ref: 'Table' } } } }),
          ...small('Slow', { Timeout: 1 }),
          ...small('Busy', { Timeout: 1 }),
          ...small('Crash'),
          ...small('Exit'),
          ...small('Bigint'),
          ...small('Fail'),
          ...small('Nothing'),
          ...small('Log'),
          ...small('Count', { ReservedConcurrentExecutions: 1 }),
          ...lambda('Missing', 'tiny', [], {}, 'nowhere'),
        },
        Outputs: { TableName: { Value: { Ref: 'Table' } } },
      },
      { tiny: HANDLERS, sdk: await sdkProbe() },
    )
    host = await startHost({
      outdir,
      port: 0,
      print: (line) => printed.push(line),
      onEvent: (event) => events.push(event),
    })
  })
  afterAll(() => host.close())

  const probe = (fn: string, command: string, input: object, client = 'dynamodb', service = 'DynamoDB') =>
    host.invoke(fn, { client, service, command, input })
  const t = 'Test-Table'

  it('run with their environment, in UTC, with a context', async () => {
    const answer = await host.invoke('Echo', { a: 1 })
    expect(answer).toMatchObject({
      event: { a: 1 },
      region: 'us-east-1',
      zone: 0,
      table: t,
      arn: 'arn:aws:lambda:us-east-1:000000000000:function:Test-Echo',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect(answer).toHaveProperty('remainingMs', expect.closeTo(5000, -2))
  })

  it('answer null for nothing', async () => {
    expect(await host.invoke('Nothing')).toBeNull()
  })

  it.each([
    ['Slow', 'Sandbox.Timedout: RequestId: .* Error: Task timed out after 1.00 seconds'],
    ['Busy', 'Sandbox.Timedout: .*timed out'],
    ['Crash', 'TypeError: thrown later'],
    ['Exit', 'Runtime.ExitError: .*code 3'],
    ['Bigint', 'Error: Unable to stringify response body: .*BigInt'],
    ['Fail', 'EraNotFound: no such era'],
    ['Missing', 'Runtime.HandlerNotFound: nowhere is undefined'],
  ])('%s fails as on Lambda', async (name, message) => {
    await expect(host.invoke(name)).rejects.toThrow(new RegExp(`Test-${name}: ${message}`))
    expect(printed.some((line) => line.startsWith(`Test-${name}: `))).toBe(true)
  })

  it('live on after a failure, each in a fresh worker', async () => {
    await expect(host.invoke('Exit')).rejects.toThrow(/ExitError/)
    await expect(host.invoke('Exit')).rejects.toThrow(/ExitError/)
    expect(await host.invoke('Echo', {})).toHaveProperty('region')
  })

  it('show errors always, the rest only when asked', async () => {
    await host.invoke('Log')
    await expect
      .poll(() => events.filter((event) => event.type === 'log' && event.functionName === 'Test-Log'))
      .toHaveLength(4)
    const shown = printed.filter((line) => line.startsWith('Test-Log: '))
    expect(shown).toHaveLength(2)
    expect(shown).toEqual(
      expect.arrayContaining(['Test-Log: broken', 'Test-Log: {"level":"ERROR","message":"structured"}']),
    )
    expect(host.recentLogs()).toContain('Test-Log: plain')
  })

  it('keep to their reserved concurrency', async () => {
    const both = await Promise.all([host.invoke('Count', { ms: 50 }), host.invoke('Count', { ms: 0 })])
    expect(both).toEqual([1, 2])
  })

  describe('under their own policies', () => {
    it.each([
      ['Writer', 'PutItem', { TableName: t, Item: item }],
      ['Reader', 'GetItem', { TableName: t, Key: key }],
      ['Reader', 'BatchGetItem', { RequestItems: { [t]: { Keys: [key] } } }],
      ['Reader', 'TransactGetItems', { TransactItems: [{ Get: { TableName: t, Key: key } }] }],
      [
        'Reader',
        'Query',
        {
          TableName: t,
          IndexName: 'byOwner',
          KeyConditionExpression: '#o = :o',
          ExpressionAttributeNames: { '#o': 'owner' },
          ExpressionAttributeValues: { ':o': { S: 'x' } },
        },
      ],
      [
        'Writer',
        'TransactWriteItems',
        {
          TransactItems: [
            { Put: { TableName: t, Item: item } },
            {
              ConditionCheck: {
                TableName: t,
                Key: { pk: { S: 'b' }, sk: { S: '1' } },
                ConditionExpression: 'attribute_not_exists(pk)',
              },
            },
          ],
        },
      ],
    ])('%s may %s', async (fn, command, input) => {
      expect(await probe(fn, command, input)).not.toHaveProperty('refused')
    })

    it.each([
      ['Reader', 'PutItem', { TableName: t, Item: item }, 'dynamodb:PutItem', ''],
      ['Writer', 'GetItem', { TableName: t, Key: key }, 'dynamodb:GetItem', ''],
      [
        'Writer',
        'BatchWriteItem',
        { RequestItems: { [t]: [{ PutRequest: { Item: item } }] } },
        'dynamodb:BatchWriteItem',
        '',
      ],
      [
        'Reader',
        'Query',
        { TableName: t, KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: { ':p': { S: 'a' } } },
        'dynamodb:Query',
        '',
      ],
      [
        'Writer',
        'Query',
        { TableName: t, IndexName: 'byOwner', KeyConditionExpression: 'pk = :p' },
        'dynamodb:Query',
        '/index/byOwner',
      ],
      [
        'Writer',
        'TransactWriteItems',
        {
          TransactItems: [
            { Put: { TableName: t, Item: item } },
            { Delete: { TableName: t, Key: { pk: { S: 'x' }, sk: { S: 'x' } } } },
          ],
        },
        'dynamodb:DeleteItem',
        '',
      ],
      [
        'Writer',
        'TransactWriteItems',
        {
          TransactItems: [
            {
              Update: {
                TableName: t,
                Key: key,
                UpdateExpression: 'SET a = :a',
                ExpressionAttributeValues: { ':a': { N: '1' } },
              },
            },
          ],
        },
        'dynamodb:UpdateItem',
        '',
      ],
      [
        'Reader',
        'TransactWriteItems',
        {
          TransactItems: [
            { ConditionCheck: { TableName: t, Key: key, ConditionExpression: 'attribute_exists(pk)' } },
          ],
        },
        'dynamodb:ConditionCheckItem',
        '',
      ],
      [
        'Writer',
        'TransactGetItems',
        { TransactItems: [{ Get: { TableName: t, Key: key } }] },
        'dynamodb:GetItem',
        '',
      ],
    ])('%s may not %s', async (fn, command, input, action, suffix) => {
      const answer = await probe(fn, command, input)
      const resource = `arn:aws:dynamodb:us-east-1:000000000000:table/${t}${suffix}`
      expect(answer).toMatchObject({
        refused: 'AccessDeniedException',
        message: expect.stringContaining(
          `${action} on resource: ${resource} because no policy of function Test-${fn} allows it`,
        ),
      })
      expect(events).toContainEqual(expect.objectContaining({ type: 'denied', functionName: `Test-${fn}` }))
    })

    it('call other functions, and learn their errors as Lambda tells them', async () => {
      const payload = Buffer.from('{"x":1}').toString()
      const answer = await probe(
        'Caller',
        'Invoke',
        { FunctionName: 'Test-Echo', Payload: payload },
        'lambda',
        'Lambda',
      )
      expect(answer).toMatchObject({ StatusCode: 200, ExecutedVersion: '$LATEST' })
      expect(
        await probe('Caller', 'Invoke', { FunctionName: 'Test-Fail' }, 'lambda', 'Lambda'),
      ).toMatchObject({
        refused: 'AccessDeniedException',
        message: expect.stringContaining('lambda:InvokeFunction'),
      })
    })
  })
})
