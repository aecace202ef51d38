import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Host, startHost } from '../../../infra/local/host.ts'
import { getAtt, lambda, role, sdkProbe, writeAssembly } from '../../support/local-template.ts'

const STEPS = `
const tries = new Map()
export const handler = async ({ fails = 0, key, error = 'Flaky', size = 0, rounds, ms = 0, ...rest }) => {
  const tried = (tries.get(key) ?? 0) + 1
  tries.set(key, tried)
  await new Promise((resolve) => setTimeout(resolve, ms))
  if (tried <= fails) throw Object.assign(new Error('try ' + tried), { name: error })
  return { ...rest, ...(rounds === undefined ? {} : { key, rounds, done: tried >= rounds }), tried, ...(size ? { pad: 'x'.repeat(size) } : {}) }
}`

const invoke = (extra: Record<string, unknown> = {}) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Parameters: { FunctionName: '@FN@', 'Payload.$': '$' },
  OutputPath: '$.Payload',
  ...extra,
})
const direct = (extra: Record<string, unknown> = {}) => ({ Type: 'Task', Resource: '@FN@', ...extra })
const retry = [
  {
    ErrorEquals: ['Flaky', 'Lambda.TooManyRequestsException'],
    IntervalSeconds: 1,
    MaxAttempts: 2,
    BackoffRate: 1,
  },
]

const MACHINES = {
  Retry: { StartAt: 'Do', States: { Do: invoke({ Retry: retry, End: true }) } },
  Catch: {
    StartAt: 'Do',
    States: {
      Do: invoke({
        Catch: [{ ErrorEquals: ['States.ALL'], ResultPath: '$.problem', Next: 'Broken' }],
        End: true,
      }),
      Broken: { Type: 'Fail', ErrorPath: '$.problem.Error', CausePath: '$.problem.Cause' },
    },
  },
  Loop: {
    StartAt: 'Keep',
    States: {
      Keep: direct({ ResultPath: null, Next: 'Wait' }),
      Wait: { Type: 'Wait', SecondsPath: '$.wait', Next: 'Each' },
      Each: {
        Type: 'Map',
        ItemsPath: '$.keys',
        MaxConcurrency: 40,
        ItemSelector: { 'key.$': '$$.Map.Item.Value', 'rounds.$': '$.rounds', 'name.$': '$$.Execution.Name' },
        ItemProcessor: {
          ProcessorConfig: { Mode: 'INLINE' },
          StartAt: 'Credit',
          States: {
            Credit: invoke({ Next: 'More' }),
            More: {
              Type: 'Choice',
              Choices: [{ Variable: '$.done', BooleanEquals: false, Next: 'Credit' }],
              Default: 'Done',
            },
            Done: { Type: 'Succeed' },
          },
        },
        ResultPath: '$.credited',
        End: true,
      },
    },
  },
  Slow: { StartAt: 'Do', TimeoutSeconds: 1, States: { Do: { Type: 'Wait', Seconds: 30, End: true } } },
  Wait: { StartAt: 'Do', States: { Do: { Type: 'Wait', Seconds: 30, End: true } } },
}

describe('state machines', () => {
  let host: Host
  let sfn: SFNClient

  beforeAll(async () => {
    const machines = Object.entries(MACHINES).map(([id, definition]) => {
      const [head, ...tail] = JSON.stringify(definition).split('@FN@')
      const parts = [head, ...tail.flatMap((part) => [getAtt('Step'), part])]
      const Properties = { DefinitionString: { 'Fn::Join': ['', parts] }, RoleArn: getAtt('MachineRole') }
      return [id, { Type: 'AWS::StepFunctions::StateMachine', Properties }] as const
    })
    const outdir = writeAssembly(
      {
        Resources: {
          ...lambda('Step', 'steps', [], { Timeout: 5 }),
          ...lambda('Starter', 'sdk', [{ Action: 'states:StartExecution', Resource: { Ref: 'Loop' } }], {
            Timeout: 20,
          }),
          MachineRole: role('states.amazonaws.com', [
            { Action: 'lambda:InvokeFunction', Resource: getAtt('Step') },
          ]),
          ...Object.fromEntries(machines),
        },
      },
      { steps: STEPS, sdk: await sdkProbe() },
    )
    host = await startHost({ outdir, port: 0, print: () => {} })
    const credentials = { accessKeyId: 'MINE', secretAccessKey: 'any' }
    sfn = new SFNClient({ endpoint: host.url, region: 'us-east-1', credentials, maxAttempts: 1 })
  })
  afterAll(() => host.close())

  const machineArn = (id: string) => `arn:aws:states:us-east-1:000000000000:stateMachine:Test-${id}`
  const start = (id: string, input: object, name?: string) =>
    sfn.send(
      new StartExecutionCommand({ stateMachineArn: machineArn(id), input: JSON.stringify(input), name }),
    )
  const result = async (executionArn: string | undefined) => {
    for (;;) {
      const execution = await sfn.send(new DescribeExecutionCommand({ executionArn }))
      if (execution.status !== 'RUNNING') return execution
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const run = async (id: string, input: object) => result((await start(id, input)).executionArn)

  it('retry what their definition says', async () => {
    const execution = await run('Retry', { key: 'r1', fails: 1, era: 7 })
    expect(execution.status).toBe('SUCCEEDED')
    expect(JSON.parse(execution.output ?? '')).toEqual({ era: 7, tried: 2 })
  })

  it('fail with the error of the function', async () => {
    const execution = await run('Retry', { key: 'r2', fails: 9, error: 'Hard' })
    expect(execution).toMatchObject({ status: 'FAILED', error: 'Hard' })
    expect(JSON.parse(execution.cause ?? '')).toMatchObject({ errorType: 'Hard', errorMessage: 'try 1' })
  })

  it('catch, and end in Fail', async () => {
    const execution = await run('Catch', { key: 'c1', fails: 1, error: 'Odd' })
    expect(execution).toMatchObject({ status: 'FAILED', error: 'Odd' })
    expect(execution.cause).toContain('try 1')
  })

  it('loop inside a Map, wait, and drop a result with ResultPath null', async () => {
    const { executionArn } = await start('Loop', { wait: 0, keys: ['a', 'b', 'c'], rounds: 3 }, 'era-7-1')
    const execution = await result(executionArn)
    expect(execution.status).toBe('SUCCEEDED')
    const output = JSON.parse(execution.output ?? '')
    const credited = ['a', 'b', 'c'].map((key) => ({ key, rounds: 3, name: 'era-7-1', done: true, tried: 3 }))
    expect(output).toEqual({
      wait: 0,
      keys: ['a', 'b', 'c'],
      rounds: 3,
      credited: credited.map(({ name: _, ...rest }) => expect.objectContaining(rest)),
    })
    const history = await sfn.send(new GetExecutionHistoryCommand({ executionArn }))
    expect(history.events?.filter(({ type }) => type === 'TaskStateEntered')).toHaveLength(10)
    const { executions } = await sfn.send(new ListExecutionsCommand({ stateMachineArn: machineArn('Loop') }))
    expect(executions?.map(({ name, status }) => [name, status])).toEqual([['era-7-1', 'SUCCEEDED']])
  })

  it.each([['the input', { key: 'big1', pad: 'x'.repeat(262_144) }, /input is larger/]])(
    'refuse more than 256 KiB in %s',
    async (_what, input, message) => {
      await expect(start('Retry', input)).rejects.toThrow(message)
    },
  )

  it('refuse more than 256 KiB between states', async () => {
    const execution = await run('Retry', { key: 'big2', size: 262_144 })
    expect(execution).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' })
  })

  it('time out', async () => {
    expect(await run('Slow', {})).toMatchObject({ status: 'TIMED_OUT' })
  })

  it('stop, and keep names as AWS does', async () => {
    const first = await start('Wait', { a: 1 }, 'once')
    expect(await start('Wait', { a: 1 }, 'once')).toMatchObject({
      executionArn: first.executionArn,
      startDate: first.startDate,
    })
    await expect(start('Wait', { a: 2 }, 'once')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' })
    await sfn.send(new StopExecutionCommand({ executionArn: first.executionArn, cause: 'enough' }))
    expect(await result(first.executionArn)).toMatchObject({ status: 'ABORTED', cause: 'enough' })
    await expect(start('Wait', { a: 1 }, 'once')).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' })
    await expect(start('Wait', {}, 'a name')).rejects.toMatchObject({ name: 'InvalidName' })
    await expect(start('Nowhere', {})).rejects.toMatchObject({ name: 'StateMachineDoesNotExist' })
  })

  it('are started by a function with the grant only', async () => {
    const begin = (id: string) =>
      host.invoke('Starter', {
        client: 'sfn',
        service: 'SFN',
        command: 'StartExecution',
        input: { stateMachineArn: machineArn(id), input: '{}' },
      })
    expect(await begin('Loop')).toHaveProperty('executionArn')
    expect(await begin('Retry')).toMatchObject({ refused: 'AccessDeniedException' })
  })
})
