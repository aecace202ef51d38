import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn'
import type { Executions } from '../settlement/ports.ts'
import { REQUEST_LIMITS } from './limits.ts'

/** The executions of one state machine. A name that has ended stays taken for 90 days: another attempt needs another. */
export function connectExecutions(options: { stateMachineArn: string }): Executions {
  const { stateMachineArn } = options
  const client = new SFNClient({ requestHandler: REQUEST_LIMITS })

  async function describe(name: string): Promise<'running' | 'ended'> {
    const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`
    const { status } = await client.send(new DescribeExecutionCommand({ executionArn }))
    return status === 'RUNNING' || status === 'PENDING_REDRIVE' ? 'running' : 'ended'
  }

  return {
    async start(name, input) {
      const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) })
      return client.send(command).then(
        // The same name with the same input answers as if it had started, as long as that execution runs.
        () => 'started' as const,
        (error) => {
          if (error instanceof ExecutionAlreadyExists) return describe(name)
          throw error
        },
      )
    },
  }
}
