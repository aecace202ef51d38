import { describe, expect, it } from 'vitest'
import {
  buildStage,
  functionsOf,
  type Resource,
  resourcesOf,
  type Template,
  templateOf,
} from '../support/deployment.ts'

function tableOf(stage: 'local' | 'dev' | 'prod'): Resource {
  const [[, table] = [], ...more] = resourcesOf(templateOf(stage), 'AWS::DynamoDB::GlobalTable')
  expect(more).toEqual([])
  if (table === undefined) throw new Error('the template has no table')
  return table
}

describe('the books', () => {
  it('outlive the stack in prod, refuse deletion, and can be put back to any second', () => {
    const { Properties, DeletionPolicy } = tableOf('prod')
    expect(DeletionPolicy).toBe('Retain')
    expect(Properties.Replicas[0]).toMatchObject({
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    })
  })

  it.each(['local', 'dev'] as const)('go with the stack in %s', (stage) => {
    const { Properties, DeletionPolicy } = tableOf(stage)
    expect(DeletionPolicy).toBe('Delete')
    expect(Properties.Replicas[0]).toMatchObject({
      DeletionProtectionEnabled: false,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false },
    })
  })

  it('may be a table that was restored: the stack has none of its own then, and asks for nothing else', () => {
    const { template } = buildStage('prod', { table: 'restored' }).synth().stacks[0] as { template: Template }
    expect(resourcesOf(template, 'AWS::DynamoDB::GlobalTable')).toEqual([])
    expect(template.Outputs.TableName?.Value).toBe('restored')
    const own = templateOf('prod')
    const [name = ''] = resourcesOf(own, 'AWS::DynamoDB::GlobalTable')[0] ?? []
    for (const [entry, { resource }] of functionsOf(template)) {
      const { TABLE_NAME } = resource.Properties.Environment.Variables
      const before = functionsOf(own).get(entry)?.resource.Properties.Environment.Variables.TABLE_NAME
      expect(TABLE_NAME, entry).toEqual(before && 'restored')
    }
    const policies = (of: Template) =>
      resourcesOf(of, 'AWS::IAM::Policy').map(([id, { Properties }]) => [id, Properties.PolicyDocument])
    const said = JSON.stringify(policies(template))
    expect(said).toContain(':table/restored"')
    expect(said).toContain(':table/restored/index/byPlace"')
    const actions = (of: Template) => JSON.stringify(policies(of)).match(/"dynamodb:\w+"/g)
    expect(actions(template)).toEqual(actions(own))
    expect(JSON.stringify(template)).not.toContain(name)
  })

  it('are one table on demand, with two indexes', () => {
    const { Properties } = tableOf('prod')
    expect(Properties.BillingMode).toBe('PAY_PER_REQUEST')
    expect(Properties.KeySchema).toEqual([
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ])
    expect(Properties.GlobalSecondaryIndexes).toMatchObject([
      {
        IndexName: 'byOwner',
        KeySchema: [
          { AttributeName: 'owner', KeyType: 'HASH' },
          { AttributeName: 'ownedAt', KeyType: 'RANGE' },
        ],
      },
      {
        IndexName: 'byPlace',
        KeySchema: [
          { AttributeName: 'list', KeyType: 'HASH' },
          { AttributeName: 'place', KeyType: 'RANGE' },
        ],
      },
    ])
  })

  it.each([
    ['local', 'Delete'],
    ['dev', 'Delete'],
    ['prod', 'Retain'],
  ] as const)('and the logs of %s are kept as long as they', (stage, policy) => {
    const logs = resourcesOf(templateOf(stage), 'AWS::Logs::LogGroup')
    for (const [id, { DeletionPolicy, Properties }] of logs) {
      expect(DeletionPolicy, id).toBe(policy)
      expect(Properties.RetentionInDays, id).toBeGreaterThan(0)
    }
  })
})
