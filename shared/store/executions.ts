import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn'

/**
 * `started` by this call; `running` under this name already; `ended` under this name, well or badly: a name
 * cannot be used again for 90 days, so another attempt needs another name.
 */
export type ExecutionStart = 'started' | 'running' | 'ended'

/** Runs of the settle-era state machine, by name. */
export interface Executions {
  start(name: string, input: object): Promise<ExecutionStart>
}

/** The executions of one state machine. */
export function connectExecutions(options: { stateMachineArn: string }): Executions {
  const { stateMachineArn } = options
  const client = new SFNClient({})

  async function describe(name: string): Promise<ExecutionStart> {
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
