import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { describe, expect, it } from 'vitest'
import { startEngine } from '../../../infra/local/engine/engine.ts'
import { startHost } from '../../../infra/local/host.ts'
import type { HostEvent } from '../../../infra/local/host-event.ts'
import {
  consume,
  getAtt,
  lambda,
  queue,
  role,
  type Template,
  table,
  writeAssembly,
} from '../../support/local-template.ts'

const BUNDLES = { tiny: 'export const handler = async (event) => { console.log("ran"); return event }' }
const quiet = { port: 0, print: () => {} }
const credentials = { accessKeyId: 'MINE', secretAccessKey: 'any' }
const item = { pk: { S: 'a' }, sk: { S: '1' } }

const isAlive = (pid: number | undefined) => {
  try {
    return pid !== undefined && process.kill(pid, 0)
  } catch {
    return false
  }
}
const assembly = (Resources: Template['Resources'], rest: Partial<Template> = {}) =>
  writeAssembly({ Resources, ...rest }, BUNDLES)

describe('the host', () => {
  it('keeps tables and key in its data folder, and nothing without one', async () => {
    const outdir = assembly(table('Table'))
    const dataDir = mkdtempSync(join(tmpdir(), 'local-data-'))
    const first = await startHost({ ...quiet, outdir, dataDir })
    const client = new DynamoDBClient({ endpoint: first.url, region: 'eu-west-1', credentials })
    await client.send(new PutItemCommand({ TableName: 'Test-Table', Item: item }))
    const { Table } = await client.send(new DescribeTableCommand({ TableName: 'Test-Table' }))
    expect(Table?.TableArn).toBe('arn:aws:dynamodb:us-east-1:000000000000:table/Test-Table')
    expect(Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName)).toEqual(['byOwner'])
    await first.close()
    const key = readFileSync(join(dataDir, 'issuer-key.json'), 'utf8')

    const second = await startHost({ ...quiet, outdir, dataDir })
    const again = new DynamoDBClient({ endpoint: second.url, region: 'us-east-1', credentials })
    const found = await again.send(new GetItemCommand({ TableName: 'Test-Table', Key: item }))
    expect(found.Item).toEqual(item)
    expect(readFileSync(join(dataDir, 'issuer-key.json'), 'utf8')).toBe(key)
    await second.close()

    const changed = structuredClone(table('Table')) as {
      Table: { Properties: { GlobalSecondaryIndexes: unknown } }
    }
    changed.Table.Properties.GlobalSecondaryIndexes = []
    await expect(startHost({ ...quiet, outdir: assembly(changed), dataDir })).rejects.toThrow(
      /other keys or indexes/,
    )
  })

  it('leaves nothing behind when it closes', async () => {
    const host = await startHost({
      ...quiet,
      outdir: assembly({ ...table('Table'), ...lambda('Fn', 'tiny') }),
    })
    await host.invoke('Fn')
    expect(isAlive(host.enginePid)).toBe(true)
    await Promise.all([host.close(), host.close()])
    expect(isAlive(host.enginePid)).toBe(false)
    await expect(fetch(host.url)).rejects.toThrow()
  })

  it('takes the engine with it however it ends', async () => {
    const script = `import { startHost } from ${JSON.stringify(new URL('../../../infra/local/host.ts', import.meta.url).href)}
const host = await startHost({ outdir: process.argv[1], port: 0 })
console.log(host.enginePid)
if (process.argv[2] === 'throw') setTimeout(() => { throw new Error('uncaught') })
setInterval(() => {}, 1000)`
    for (const end of ['throw', 'SIGKILL'] as const) {
      const child = spawn(
        process.execPath,
        ['--input-type=module', '-e', script, assembly(table('Table')), end],
        { stdio: ['ignore', 'pipe', 'ignore'] },
      )
      const pid = await new Promise<number>((resolve) =>
        child.stdout.once('data', (data) => resolve(Number(String(data)))),
      )
      expect(pid).toBeGreaterThan(1)
      if (end === 'SIGKILL') child.kill('SIGKILL')
      await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false)
    }
  })

  it('closes on a signal', async () => {
    const at = (file: string) => JSON.stringify(new URL(`../../../infra/local/${file}`, import.meta.url).href)
    const script = `import { startHost } from ${at('host.ts')}
import { closeOnSignals } from ${at('signals.ts')}
const host = await startHost({ outdir: process.argv[1], port: 0 })
const done = closeOnSignals(host)
console.log(host.enginePid)
console.log(await done)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, assembly(table('Table'))], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const lines: string[] = []
    child.stdout.on('data', (data) => lines.push(...String(data).trim().split('\n')))
    await expect.poll(() => lines.length, { timeout: 5000 }).toBe(1)
    child.kill('SIGINT')
    await expect.poll(() => lines[1], { timeout: 5000 }).toBe('SIGINT')
    await expect.poll(() => child.exitCode, { timeout: 5000 }).toBe(0)
    expect(isAlive(Number(lines[0]))).toBe(false)
  })

  it('says which port is taken, and how to choose another', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await expect(startHost({ ...quiet, port, outdir: assembly({}) })).rejects.toThrow(
      new RegExp(`Port ${port} is taken.*PORT=`),
    )
    server.close()
  })

  it('fails when the engine ends while starting', async () => {
    const binary = join(mkdtempSync(join(tmpdir(), 'engine-')), 'dynoxide')
    writeFileSync(binary, '#!/bin/sh\necho "cannot bind" >&2\nexit 3\n')
    chmodSync(binary, 0o755)
    await expect(startEngine({ binary })).rejects.toThrow(/did not start: exit 3: cannot bind/)
  })

  it('names DynamoDB Local when there is no engine', async () => {
    const engine = await startEngine()
    const saved = process.env.DYNAMODB_ENDPOINT
    process.env.DYNAMODB_ENDPOINT = engine.url.href
    try {
      const { pid } = await startEngine({ binary: undefined, search: () => undefined })
      expect(pid).toBeUndefined()
      process.env.DYNAMODB_ENDPOINT = ''
      await expect(startEngine({ search: () => undefined })).rejects.toThrow(/DynamoDB Local/)
    } finally {
      if (saved === undefined) delete process.env.DYNAMODB_ENDPOINT
      else process.env.DYNAMODB_ENDPOINT = saved
      await engine.close()
    }
  })

  it('shows its outputs to CloudFormation clients, and Event invocations answer at once', async () => {
    const outdir = assembly(
      { ...queue('Fees'), ...lambda('Fn', 'tiny') },
      { Outputs: { Queue: { Value: { Ref: 'Fees' } }, Odd: { Value: 'a&b' } } },
    )
    const host = await startHost({ ...quiet, outdir })
    const authorization =
      'AWS4-HMAC-SHA256 Credential=MINE/20260101/us-east-1/cloudformation/aws4_request, SignedHeaders=host, Signature=0'
    const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await fetch(host.url, {
      method: 'POST',
      headers,
      body: 'Action=DescribeStacks&Version=2010-05-15',
    })
    const xml = await answer.text()
    expect(xml).toContain(
      `<OutputKey>Queue</OutputKey><OutputValue>${host.url}/000000000000/Test-Fees</OutputValue>`,
    )
    expect(xml).toContain('<OutputValue>a&amp;b</OutputValue>')

    const client = new LambdaClient({ endpoint: host.url, region: 'us-east-1', credentials, maxAttempts: 1 })
    const event = await client.send(
      new InvokeCommand({ FunctionName: 'Test-Fn', InvocationType: 'Event', Payload: '{}' }),
    )
    expect(event.StatusCode).toBe(202)
    await expect.poll(() => host.recentLogs()).toContain('Test-Fn: ran')
    const tooLarge = JSON.stringify('x'.repeat(6 * 1024 * 1024))
    await expect(
      client.send(new InvokeCommand({ FunctionName: 'Test-Fn', Payload: tooLarge })),
    ).rejects.toMatchObject({ name: 'RequestTooLargeException' })
    await expect(client.send(new InvokeCommand({ FunctionName: 'nobody' }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    })
    await expect(
      client.send(new InvokeCommand({ FunctionName: 'Test-Fn', Payload: '{' })),
    ).rejects.toMatchObject({ name: 'InvalidRequestContentException' })
    await host.close()
  })

  it('answers only to its own name, and only signed calls', async () => {
    const host = await startHost({ ...quiet, outdir: assembly({ ...lambda('Fn', 'tiny') }) })
    const port = new URL(host.url).port
    const status = (method: string, path: string, headers: Record<string, string> = {}) =>
      new Promise((resolve) => {
        const call = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
          answer.resume()
          resolve(answer.statusCode)
        })
        call.end()
      })
    expect(await status('GET', '/', { host: 'evil.example' })).toBe(421)
    expect(await status('GET', '/', { host: `localhost:${port}` })).toBe(404)
    expect(await status('POST', '/2015-03-31/functions/Test-Fn/invocations')).toBe(403)
    await host.close()
  })

  it('outlives its engine, and says what is missing', async () => {
    const problems: string[] = []
    const outdir = assembly(table('Table'))
    const onEvent = (event: HostEvent) => event.type === 'problem' && problems.push(event.message)
    const host = await startHost({ ...quiet, outdir, onEvent })
    const client = new DynamoDBClient({
      endpoint: host.url,
      region: 'us-east-1',
      credentials,
      maxAttempts: 1,
    })
    const get = () => client.send(new GetItemCommand({ TableName: 'Test-Table', Key: item }))
    await get()
    if (host.enginePid !== undefined) process.kill(host.enginePid, 'SIGKILL')
    await expect.poll(() => problems).toEqual([expect.stringContaining('the database engine ended')])
    await expect(get()).rejects.toThrow(/database engine does not answer/)
    expect((await fetch(host.url)).status).toBe(404)
    await host.close()
  })

  it('keeps invocations running while it closes', async () => {
    const source = `export const handler = async () => {
      await new Promise((resolve) => setTimeout(resolve, 300))
      await fetch(process.env.AWS_ENDPOINT_URL, { method: 'POST', body: '{"QueueNamePrefix":""}', headers: {
        'x-amz-target': 'AmazonSQS.ListQueues',
        authorization: 'AWS4-HMAC-SHA256 Credential=' + process.env.AWS_ACCESS_KEY_ID + '/20260101/us-east-1/sqs/aws4_request, x' } })
      return 'done'
    }`
    const outdir = writeAssembly({ Resources: lambda('Fn', 'late') }, { late: source })
    const host = await startHost({ ...quiet, outdir })
    const running = host.invoke('Fn')
    await host.close()
    expect(await running).toBe('done')
    await expect(host.invoke('Fn')).rejects.toThrow(/closing/)
  })

  it('fires schedules', async () => {
    const schedule = {
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        ScheduleExpression: 'rate(1 minute)',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: {
          Arn: getAtt('Fn'),
          RoleArn: getAtt('SchedulerRole'),
          Input: '{"tick":"<aws.scheduler.scheduled-time>"}',
        },
      },
    }
    const resources = {
      ...lambda('Fn', 'tiny'),
      Tick: schedule,
      SchedulerRole: role('scheduler.amazonaws.com', [
        { Action: 'lambda:InvokeFunction', Resource: getAtt('Fn') },
      ]),
    }
    const host = await startHost({ ...quiet, outdir: assembly(resources) })
    await expect.poll(() => host.recentLogs()).toContain('Test-Fn: ran')
    await host.close()
    const silent = await startHost({ ...quiet, outdir: assembly(resources), schedules: false })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(silent.recentLogs()).toEqual([])
    await silent.close()
  })

  const rule = (target: object) => ({
    Rule: {
      Type: 'AWS::Events::Rule',
      Properties: { EventPattern: { source: ['a'] }, Targets: [{ Id: 'T', ...target }] },
    },
  })
  const machine = (statements: Parameters<typeof role>[1]) => ({
    ...lambda('Fn', 'tiny'),
    MachineRole: role('states.amazonaws.com', statements),
    Machine: {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: {
        RoleArn: getAtt('MachineRole'),
        Definition: { StartAt: 'Do', States: { Do: { Type: 'Task', Resource: getAtt('Fn'), End: true } } },
      },
    },
  })
  it.each([
    [
      'a resource it does not run',
      { Bucket: { Type: 'AWS::S3::Bucket' } },
      /Bucket is of type AWS::S3::Bucket/,
    ],
    [
      'a managed policy it does not know',
      {
        R: {
          Type: 'AWS::IAM::Role',
          Properties: { ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] },
        },
      },
      /AdministratorAccess/,
    ],
    [
      'a rule whose queue has no policy for it',
      { ...queue('Fees'), ...rule({ Arn: getAtt('Fees') }) },
      /Rule: the policy of queue .*Test-Fees does not let events.amazonaws.com/,
    ],
    [
      'a rule to a function without permission',
      { ...lambda('Fn', 'tiny'), ...rule({ Arn: getAtt('Fn') }) },
      /Rule: no permission lets events.amazonaws.com invoke/,
    ],
    [
      'a rule with an input transformer',
      { ...queue('Fees'), ...rule({ Arn: getAtt('Fees'), InputTransformer: {} }) },
      /InputTransformer/,
    ],
    ['a state machine without the grant', machine([]), /Machine state Do needs lambda:InvokeFunction/],
    [
      'a state machine of a broken definition',
      {
        ...machine([]),
        Machine: {
          Type: 'AWS::StepFunctions::StateMachine',
          Properties: { RoleArn: getAtt('MachineRole'), Definition: { StartAt: 'X', States: {} } },
        },
      },
      /Machine: /,
    ],
    [
      'a mapping without the grant',
      {
        ...queue('Fees'),
        ...lambda('Fn', 'tiny', [{ ...consume('Fees'), Action: 'sqs:ReceiveMessage' }]),
        M: {
          Type: 'AWS::Lambda::EventSourceMapping',
          Properties: { EventSourceArn: getAtt('Fees'), FunctionName: { Ref: 'Fn' } },
        },
      },
      /M needs sqs:DeleteMessage/,
    ],
    [
      'a function whose role Lambda may not assume',
      { ...lambda('Fn', 'tiny'), FnRole: role('states.amazonaws.com', []) },
      /lambda.amazonaws.com may not assume/,
    ],
    ['a function without its bundle', lambda('Fn', 'nowhere'), /No asset for S3 key nowhere.zip/],
    ['a layer', lambda('Fn', 'tiny', [], { Layers: ['arn'] }), /Layers/],
    ['another runtime', lambda('Fn', 'tiny', [], { Runtime: 'python3.13' }), /python3.13/],
  ])('refuses %s at start', async (_what, resources, message) => {
    await expect(startHost({ ...quiet, outdir: assembly(resources) })).rejects.toThrow(message)
  })

  it('refuses a folder that is no assembly', async () => {
    const outdir = mkdtempSync(join(tmpdir(), 'empty-'))
    await expect(startHost({ ...quiet, outdir })).rejects.toThrow(/must hold one \*.template.json/)
    expect(existsSync(outdir)).toBe(true)
  })
})
