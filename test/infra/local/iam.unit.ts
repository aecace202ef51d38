import { describe, expect, it } from 'vitest'
import { grantsOf } from '../../../infra/local/engine/grants.ts'
import { allows, forPrincipal, readPolicy } from '../../../infra/local/iam/policy.ts'

const policy = (...Statement: unknown[]) => readPolicy({ Statement }, 'Role')
const body = (value: unknown) => Buffer.from(JSON.stringify(value))
const key = { pk: { S: 'a' } }

describe('policies', () => {
  it('allow what an action and a resource name together', () => {
    const statements = policy({ Effect: 'Allow', Action: 'dynamodb:Get*', Resource: 'arn:table/books' })
    expect(allows(statements, 'dynamodb:GetItem', 'arn:table/books')).toBe(true)
    expect(allows(statements, 'dynamodb:PutItem', 'arn:table/books')).toBe(false)
    expect(allows(statements, 'dynamodb:GetItem', 'arn:table/books/index/x')).toBe(false)
  })

  it('deny wins', () => {
    const statements = policy(
      { Effect: 'Allow', Action: '*', Resource: '*' },
      { Effect: 'Deny', Action: 'sqs:PurgeQueue', Resource: '*' },
    )
    expect(allows(statements, 'sqs:SendMessage', 'q')).toBe(true)
    expect(allows(statements, 'sqs:PurgeQueue', 'q')).toBe(false)
  })

  it('know the conditions of service principals', () => {
    const statements = policy({
      Effect: 'Allow',
      Action: 'sqs:SendMessage',
      Resource: 'q',
      Principal: { Service: 'events.amazonaws.com' },
      Condition: { ArnLike: { 'aws:SourceArn': 'arn:rule/*' } },
    })
    expect(allows(statements, 'sqs:SendMessage', 'q', { 'aws:SourceArn': 'arn:rule/a' })).toBe(true)
    expect(allows(statements, 'sqs:SendMessage', 'q', { 'aws:SourceArn': 'arn:other' })).toBe(false)
    expect(forPrincipal(statements, 'scheduler.amazonaws.com')).toEqual([])
  })

  it.each([
    [{ Effect: 'Allow', NotAction: 'a', Resource: '*' }, /Role.*NotAction/],
    [{ Effect: 'Allow', Action: 'a', NotResource: '*' }, /NotResource/],
    [
      { Effect: 'Allow', Action: 'a', Resource: '*', Condition: { IpAddress: { 'aws:SourceIp': '1' } } },
      /aws:SourceIp/,
    ],
    [
      { Effect: 'Allow', Action: 'a', Resource: '*', Condition: { Null: { 'aws:SourceArn': 'true' } } },
      /Null/,
    ],
  ])('refuse what is not known: %j', (statement, message) => {
    expect(() => policy(statement)).toThrow(message)
  })
})

describe('what a DynamoDB call needs', () => {
  it.each([
    ['GetItem', { Key: key, TableName: 't' }, [{ action: 'GetItem', table: 't' }]],
    [
      'PutItem',
      { Item: { TableName: { S: '"TableName":"x"' } }, TableName: 't' },
      [{ action: 'PutItem', table: 't' }],
    ],
    ['Query', { TableName: 't', IndexName: 'byOwner' }, [{ action: 'Query', table: 't', index: 'byOwner' }]],
    ['Query', { TableName: 't' }, [{ action: 'Query', table: 't' }]],
    [
      'BatchWriteItem',
      { RequestItems: { t: [], u: [] } },
      [
        { action: 'BatchWriteItem', table: 't' },
        { action: 'BatchWriteItem', table: 'u' },
      ],
    ],
    ['BatchGetItem', { RequestItems: { t: { Keys: [key] } } }, [{ action: 'BatchGetItem', table: 't' }]],
    [
      'TransactGetItems',
      { TransactItems: [{ Get: { TableName: 't', Key: key } }] },
      [{ action: 'GetItem', table: 't' }],
    ],
    [
      'TransactWriteItems',
      {
        TransactItems: [
          { Put: { TableName: 't' } },
          { Put: { TableName: 't' } },
          { Update: { TableName: 't' } },
          { Delete: { TableName: 'u' } },
          { ConditionCheck: { TableName: 't' } },
        ],
      },
      [
        { action: 'PutItem', table: 't' },
        { action: 'UpdateItem', table: 't' },
        { action: 'DeleteItem', table: 'u' },
        { action: 'ConditionCheckItem', table: 't' },
      ],
    ],
  ])('%s %j', (operation, input, expected) => {
    expect(grantsOf(operation, body(input))).toEqual(expected)
  })

  it('finds the table in JSON with spaces as well', () => {
    expect(grantsOf('GetItem', Buffer.from('{ "TableName" : "t" }'))).toEqual([
      { action: 'GetItem', table: 't' },
    ])
  })

  it('refuses a call whose table it cannot see', () => {
    expect(() => grantsOf('ExecuteStatement', body({ Statement: 'SELECT * FROM t' }))).toThrow(
      /cannot be checked/,
    )
  })
})
