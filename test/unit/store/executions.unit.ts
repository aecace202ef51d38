import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionStatus,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { connectExecutions } from '../../../shared/store/executions.ts'

const stateMachineArn = 'arn:aws:states:eu-central-1:123456789012:stateMachine:exchequer-settle-era'
const client = mockClient(SFNClient)
const executions = connectExecutions({ stateMachineArn })
const taken = new ExecutionAlreadyExists({ message: 'Execution Already Exists', $metadata: {} })

beforeEach(() => client.reset())

describe('starting an execution by name', () => {
  it('starts it with its input', async () => {
    client.on(StartExecutionCommand).resolves({})
    expect(await executions.start('era-7-1', { era: 7 })).toBe('started')
    expect(client.commandCalls(StartExecutionCommand)[0]?.args[0].input).toEqual({
      stateMachineArn,
      name: 'era-7-1',
      input: '{"era":7}',
    })
  })

  it.each(Object.values(ExecutionStatus))(
    'says what became of the name when it is taken: %s',
    async (status) => {
      client.on(StartExecutionCommand).rejects(taken).on(DescribeExecutionCommand).resolves({ status })
      const goesOn = status === 'RUNNING' || status === 'PENDING_REDRIVE'
      expect(await executions.start('era-7-1', { era: 7 })).toBe(goesOn ? 'running' : 'ended')
      expect(client.commandCalls(DescribeExecutionCommand)[0]?.args[0].input).toEqual({
        executionArn: 'arn:aws:states:eu-central-1:123456789012:execution:exchequer-settle-era:era-7-1',
      })
    },
  )

  it('throws what is anything else', async () => {
    client.on(StartExecutionCommand).rejects(new Error('throttled'))
    await expect(executions.start('era-7-1', { era: 7 })).rejects.toThrow('throttled')
  })
})
