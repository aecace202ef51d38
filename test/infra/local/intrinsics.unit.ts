// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Fn::Sub writes its variables so
import { describe, expect, it } from 'vitest'
import { openStack } from '../../../infra/local/stack/stack.ts'

const options = {
  hostUrl: 'http://127.0.0.1:4610',
  place: { region: 'us-east-1', account: '000000000000', partition: 'aws' },
  parameters: { JwtIssuer: 'http://127.0.0.1:4610/issuer' },
}
const RESOURCES = {
  Queue: { Type: 'AWS::SQS::Queue' },
  Table: { Type: 'AWS::DynamoDB::GlobalTable', Properties: { TableName: 'books' } },
  Machine: { Type: 'AWS::StepFunctions::StateMachine' },
  Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'HTTP' } },
  Fn: { Type: 'AWS::Lambda::Function' },
  Live: { Type: 'AWS::Lambda::Alias', Properties: { FunctionName: { Ref: 'Fn' }, Name: 'live' } },
}

/** What a template value comes to. */
function resolved(value: unknown, resources: Record<string, unknown> = RESOURCES): string | undefined {
  const template = {
    Parameters: { JwtIssuer: { Type: 'String' }, Size: { Type: 'Number', Default: 7 } },
    Resources: resources,
    Outputs: { Out: { Value: value } },
  }
  return openStack({ stackName: 'Test', template, assetPath: () => '' }, options).outputs().Out
}

describe('intrinsic functions', () => {
  it.each([
    ['a queue is its URL', { Ref: 'Queue' }, 'http://127.0.0.1:4610/000000000000/Test-Queue'],
    ['a table is its name', { Ref: 'Table' }, 'books'],
    [
      'a state machine is its ARN',
      { Ref: 'Machine' },
      'arn:aws:states:us-east-1:000000000000:stateMachine:Test-Machine',
    ],
    ['a parameter is the value given', { Ref: 'JwtIssuer' }, 'http://127.0.0.1:4610/issuer'],
    ['a parameter is its default', { Ref: 'Size' }, '7'],
    ['an alias is an ARN', { Ref: 'Live' }, 'arn:aws:lambda:us-east-1:000000000000:function:Test-Fn:live'],
    ['GetAtt Arn', { 'Fn::GetAtt': ['Table', 'Arn'] }, 'arn:aws:dynamodb:us-east-1:000000000000:table/books'],
    ['GetAtt as text', { 'Fn::GetAtt': 'Queue.QueueName' }, 'Test-Queue'],
    ['Join', { 'Fn::Join': ['-', ['a', { Ref: 'AWS::Region' }, { Ref: 'AWS::NoValue' }]] }, 'a-us-east-1'],
    [
      'Sub',
      { 'Fn::Sub': ['${x}:${AWS::AccountId}:${Table.Arn}:${!y}', { x: 1 }] },
      '1:000000000000:arn:aws:dynamodb:us-east-1:000000000000:table/books:${y}',
    ],
    ['Select and Split', { 'Fn::Select': [6, { 'Fn::Split': [':', { Ref: 'Machine' }] }] }, 'Test-Machine'],
    [
      "the API's address",
      {
        'Fn::Join': [
          '',
          [
            'https://',
            { Ref: 'Api' },
            '.execute-api.',
            { Ref: 'AWS::Region' },
            '.',
            { Ref: 'AWS::URLSuffix' },
            '/',
          ],
        ],
      },
      'http://127.0.0.1:4610/',
    ],
  ])('%s', (_what, value, expected) => {
    expect(resolved(value)).toBe(expected)
  })

  it.each([
    ['an unknown function', { 'Fn::ImportValue': 'x' }, /Fn::ImportValue/],
    ['an unknown attribute', { 'Fn::GetAtt': ['Table', 'StreamArn'] }, /StreamArn/],
    ['an unknown resource', { Ref: 'Nobody' }, /Nobody/],
    ['a dynamic reference', '{{resolve:ssm:/x}}', /Dynamic reference/],
  ])('refuses %s', (_what, value, message) => {
    expect(() => resolved(value)).toThrow(message)
  })

  it('refuses a resource type it does not know', () => {
    expect(() => resolved('', { Web: { Type: 'AWS::S3::Bucket' } })).toThrow(/Web is of type AWS::S3::Bucket/)
  })

  it('refuses a parameter without a value', () => {
    const template = { Parameters: { Key: { Type: 'String' } }, Resources: {} }
    expect(() => openStack({ stackName: 'Test', template, assetPath: () => '' }, options)).toThrow(
      /Parameter Key/,
    )
  })
})
