import { describe, expect, it } from 'vitest'
import { type Resource, resourcesOf, templateOf } from '../support/deployment.ts'

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
