import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'

/** Builds tiny cloud assemblies by hand, for tests of the local host. */

export type Template = {
  readonly Parameters?: Record<string, unknown>
  readonly Resources: Record<string, unknown>
  readonly Outputs?: Record<string, unknown>
}

export type Statement = {
  readonly Action: string | readonly string[]
  readonly Resource: unknown
  readonly Effect?: string
}

/** Writes an assembly whose bundles are given as source text by asset name; gives its folder. */
export function writeAssembly(template: Template, bundles: Readonly<Record<string, string>> = {}): string {
  const outdir = mkdtempSync(join(tmpdir(), 'local-host-'))
  const files: Record<string, unknown> = {}
  for (const [name, source] of Object.entries(bundles)) {
    mkdirSync(join(outdir, `asset.${name}`))
    writeFileSync(join(outdir, `asset.${name}`, 'index.mjs'), source)
    files[name] = {
      source: { path: `asset.${name}`, packaging: 'zip' },
      destinations: { here: { bucketName: 'assets', objectKey: `${name}.zip` } },
    }
  }
  writeFileSync(join(outdir, 'Test.assets.json'), JSON.stringify({ version: '55.0.0', files }))
  writeFileSync(join(outdir, 'Test.template.json'), JSON.stringify(template))
  return outdir
}

export function getAtt(id: string, attribute = 'Arn') {
  return { 'Fn::GetAtt': [id, attribute] }
}

/** A function with a role of its own, `<id>Role`. */
export function lambda(
  id: string,
  bundle: string,
  statements: readonly Statement[] = [],
  properties: Record<string, unknown> = {},
  handler = 'handler',
): Record<string, unknown> {
  return {
    [`${id}Role`]: role('lambda.amazonaws.com', statements),
    [id]: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        Code: { S3Bucket: 'assets', S3Key: `${bundle}.zip` },
        Handler: `index.${handler}`,
        Runtime: 'nodejs24.x',
        MemorySize: 128,
        Role: getAtt(`${id}Role`),
        ...properties,
      },
    },
  }
}

export function role(service: string, statements: readonly Statement[]) {
  const PolicyDocument = { Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })) }
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Statement: [{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: service } }],
      },
      Policies: statements.length === 0 ? [] : [{ PolicyName: 'own', PolicyDocument }],
    },
  }
}

export function table(id: string): Record<string, unknown> {
  return {
    [id]: {
      Type: 'AWS::DynamoDB::GlobalTable',
      Properties: {
        AttributeDefinitions: ['pk', 'sk', 'owner'].map((AttributeName) => ({
          AttributeName,
          AttributeType: 'S',
        })),
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'byOwner',
            KeySchema: [{ AttributeName: 'owner', KeyType: 'HASH' }],
            Projection: { ProjectionType: 'ALL' },
          },
        ],
        BillingMode: 'PAY_PER_REQUEST',
        Replicas: [{ Region: { Ref: 'AWS::Region' }, DeletionProtectionEnabled: true }],
      },
    },
  }
}

/** A queue with a dead-letter queue, `<id>Dlq`. */
export function queue(id: string, properties: Record<string, unknown> = {}, maxReceiveCount = 2) {
  return {
    [`${id}Dlq`]: { Type: 'AWS::SQS::Queue' },
    [id]: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        RedrivePolicy: { deadLetterTargetArn: getAtt(`${id}Dlq`), maxReceiveCount },
        ...properties,
      },
    },
  }
}

/** Lets EventBridge send to a queue from a rule. */
export function queuePolicy(queueId: string, ruleId: string) {
  return {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: {
      Queues: [{ Ref: queueId }],
      PolicyDocument: {
        Statement: [
          {
            Effect: 'Deny',
            Principal: { AWS: '*' },
            Action: 'sqs:*',
            Resource: getAtt(queueId),
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
          {
            Effect: 'Allow',
            Principal: { Service: 'events.amazonaws.com' },
            Action: 'sqs:SendMessage',
            Resource: getAtt(queueId),
            Condition: { ArnEquals: { 'aws:SourceArn': getAtt(ruleId) } },
          },
        ],
      },
    },
  }
}

export function consume(queueId: string): Statement {
  const Action = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes']
  return { Action, Resource: getAtt(queueId) }
}

let sdkBundle: Promise<string> | undefined

/**
 * A bundle with the real SDK clients, whose handler sends `{ client, command, input }` and gives the answer,
 * or `{ refused, message }` for an error.
 */
export function sdkProbe(): Promise<string> {
  sdkBundle ??= bundleSdkProbe()
  return sdkBundle
}

async function bundleSdkProbe(): Promise<string> {
  const clients = ['dynamodb', 'eventbridge', 'sqs', 'sfn', 'lambda']
  const imports = clients.map((name) => `import * as ${name} from '@aws-sdk/client-${name}'`)
  const source = `${imports.join('\n')}
const modules = { ${clients.join(', ')} }
const made = new Map()
export const handler = async ({ client, service, command, input }) => {
  const module = modules[client]
  if (!made.has(client)) made.set(client, new module[service + 'Client']({ maxAttempts: 1 }))
  try {
    const answer = await made.get(client).send(new module[command + 'Command'](input))
    delete answer.$metadata
    return JSON.parse(JSON.stringify(answer))
  } catch (error) {
    return { refused: error.name, message: error.message }
  }
}`
  const result = await build({
    stdin: { contents: source, resolveDir: join(import.meta.dirname, '..', '..'), sourcefile: 'probe.mjs' },
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    minify: true,
  })
  return result.outputFiles[0]?.text ?? ''
}
