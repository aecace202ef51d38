import { describe, expect, it } from 'vitest'
import { STAGES } from '../../infra/config.ts'
import { functionsOf, resourcesOf, type Template, targetOf, templateOf } from '../support/deployment.ts'

interface Statement {
  Effect: string
  Action: string | string[]
  Resource: unknown
}

function statementsOf(template: Template): { role: string; actions: string[]; resources: unknown[] }[] {
  return resourcesOf(template, 'AWS::IAM::Policy').flatMap(([, { Properties }]) =>
    (Properties.PolicyDocument.Statement as Statement[]).map(({ Action, Resource }) => ({
      role: targetOf(Properties.Roles[0]) ?? '',
      actions: [Action].flat(),
      resources: [Resource].flat(),
    })),
  )
}

const TRACES = ['xray:PutTelemetryRecords', 'xray:PutTraceSegments']

describe.each(STAGES)('what functions of stage %s may do', (stage) => {
  const template = templateOf(stage)
  const statements = statementsOf(template)

  it('names a resource, except for traces and the delivery of logs, which have none', () => {
    const onEverything = statements.filter(({ resources }) => resources.includes('*'))
    for (const { role, actions } of onEverything) {
      const allowed = /^(SettlementSettleEra|PayoutsPayOut)/.test(role) ? /^(xray|logs):/ : /^xray:Put/
      expect(
        actions.filter((action) => !allowed.test(action)),
        role,
      ).toEqual([])
    }
  })

  it('has a wildcard in a name for executions of the one machine only', () => {
    const wild = statements.filter(({ resources }) =>
      resources.some((one) => one !== '*' && JSON.stringify(one).includes('*')),
    )
    for (const { actions, resources } of wild) {
      expect(actions).toEqual(['states:DescribeExecution'])
      expect(JSON.stringify(resources)).toContain('-settle-era:*')
    }
    expect(wild).toHaveLength(2)
  })

  it('never names an action by a pattern, and no managed policy', () => {
    expect(statements.flatMap(({ actions }) => actions).filter((action) => action.includes('*'))).toEqual([])
    for (const [, { Properties }] of resourcesOf(template, 'AWS::IAM::Role')) {
      expect(Properties.ManagedPolicyArns).toBeUndefined()
      expect(Properties.Policies).toBeUndefined()
    }
  })
})

it('grants each function what it does, and no more', () => {
  const template = templateOf('prod')
  const statements = statementsOf(template)
  const granted = [...functionsOf(template)].map(([entry, { resource }]) => {
    const role = targetOf(resource.Properties.Role)
    const actions = statements
      .filter((statement) => statement.role === role)
      .flatMap((statement) => statement.actions)
    return [
      entry,
      actions
        .filter((action) => !TRACES.includes(action) && !action.startsWith('logs:'))
        .sort()
        .join(' '),
    ]
  })
  expect(Object.fromEntries(granted)).toMatchInlineSnapshot(`
    {
      "api/accounts": "dynamodb:BatchGetItem dynamodb:GetItem dynamodb:Query",
      "api/bookings": "dynamodb:BatchGetItem dynamodb:ConditionCheckItem dynamodb:GetItem dynamodb:PutItem dynamodb:Query",
      "api/decisions": "dynamodb:BatchGetItem dynamodb:ConditionCheckItem dynamodb:GetItem dynamodb:PutItem",
      "api/eras": "dynamodb:BatchGetItem dynamodb:GetItem dynamodb:Query",
      "api/network": "dynamodb:GetItem",
      "api/not-found": "",
      "api/offers": "dynamodb:BatchGetItem dynamodb:ConditionCheckItem dynamodb:GetItem dynamodb:PutItem dynamodb:Query",
      "api/orders": "dynamodb:ConditionCheckItem dynamodb:GetItem dynamodb:PutItem dynamodb:Query",
      "api/payouts": "dynamodb:ConditionCheckItem dynamodb:GetItem dynamodb:PutItem dynamodb:Query",
      "api/policy": "dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem",
      "api/purchases": "dynamodb:GetItem dynamodb:Query",
      "api/quarantine": "dynamodb:BatchGetItem dynamodb:Query",
      "api/simulations": "dynamodb:BatchGetItem dynamodb:GetItem dynamodb:Query",
      "api/stakes": "dynamodb:ConditionCheckItem dynamodb:GetItem dynamodb:PutItem",
      "api/transfers": "dynamodb:ConditionCheckItem dynamodb:GetItem dynamodb:PutItem",
      "ingest/ingest": "dynamodb:BatchWriteItem dynamodb:ConditionCheckItem dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:GetQueueAttributes sqs:GetQueueUrl sqs:ReceiveMessage",
      "ingest/replay": "dynamodb:BatchGetItem dynamodb:BatchWriteItem dynamodb:ConditionCheckItem dynamodb:GetItem dynamodb:PutItem dynamodb:Query dynamodb:UpdateItem",
      "payouts/release": "dynamodb:ConditionCheckItem dynamodb:GetItem dynamodb:PutItem dynamodb:Query events:PutEvents",
      "payouts/request": "dynamodb:ConditionCheckItem dynamodb:GetItem dynamodb:PutItem dynamodb:Query",
      "settlement/close": "dynamodb:GetItem dynamodb:Query",
      "settlement/credit": "dynamodb:BatchGetItem dynamodb:BatchWriteItem dynamodb:GetItem dynamodb:PutItem",
      "settlement/decide": "dynamodb:BatchGetItem dynamodb:BatchWriteItem dynamodb:GetItem dynamodb:PutItem dynamodb:Query",
      "settlement/fold": "dynamodb:BatchGetItem dynamodb:BatchWriteItem dynamodb:GetItem dynamodb:PutItem dynamodb:Query",
      "settlement/publish": "dynamodb:BatchGetItem dynamodb:GetItem dynamodb:Query events:PutEvents states:DescribeExecution states:StartExecution",
      "settlement/seal": "dynamodb:BatchGetItem dynamodb:BatchWriteItem dynamodb:GetItem dynamodb:PutItem dynamodb:Query dynamodb:UpdateItem",
      "settlement/tick": "dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem sqs:SendMessage states:DescribeExecution states:StartExecution",
      "settlement/weigh": "dynamodb:BatchGetItem dynamodb:BatchWriteItem dynamodb:GetItem dynamodb:PutItem dynamodb:Query",
    }
  `)
})
