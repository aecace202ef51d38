import type { Access, Caller } from '../iam/access.ts'
import { ServiceError } from '../service-error.ts'
import { type Fields, numberOf, optionalText } from '../stack/values.ts'
import type { EventLog } from './engine-types.ts'
import type { Execution, Machines } from './machines.ts'

/** Answers one call of the Step Functions JSON protocol; dates are seconds since the epoch. */
export type StatesApi = (operation: string, input: Fields, caller: Caller) => Fields

const MAX_PAGE = 1000

/** @throws ServiceError from each call, with Step Functions' own codes. */
export function createStatesApi(machines: Machines, access: Access): StatesApi {
  return (operation, input, caller) => {
    const target = String(input.executionArn ?? input.stateMachineArn ?? '*')
    access.authorize(caller, `states:${operation}`, target)
    switch (operation) {
      case 'StartExecution': {
        const name = optionalText(input, 'name')
        const execution = machines.start(target, optionalText(input, 'input') ?? '{}', name)
        return { executionArn: execution.arn, startDate: execution.startMs / 1000 }
      }
      case 'DescribeExecution':
        return { ...summary(machines.describe(target)), ...details(machines.describe(target)) }
      case 'ListExecutions': {
        const status = optionalText(input, 'statusFilter')
        const max = numberOf(input, 'maxResults', MAX_PAGE) || MAX_PAGE
        const found = machines.list(target).filter((item) => status === undefined || item.status === status)
        return { executions: found.slice(0, max).map(summary) }
      }
      case 'StopExecution': {
        const execution = machines.stop(target, optionalText(input, 'error'), optionalText(input, 'cause'))
        return { stopDate: (execution.stopMs ?? Date.now()) / 1000 }
      }
      case 'GetExecutionHistory': {
        const events = machines.history(target).map(historyEvent)
        return { events: input.reverseOrder === true ? events.reverse() : events }
      }
      case 'ListStateMachines':
        return {
          stateMachines: machines.arns.map((arn) => ({
            stateMachineArn: arn,
            name: arn.split(':').at(-1),
            type: 'STANDARD',
            creationDate: 0,
          })),
        }
      default:
        throw new ServiceError(
          'UnknownOperationException',
          `The local host does not answer states:${operation}`,
        )
    }
  }
}

function summary(execution: Execution): Fields {
  const { arn, machineArn, name, status, startMs, stopMs } = execution
  return {
    executionArn: arn,
    stateMachineArn: machineArn,
    name,
    status,
    startDate: startMs / 1000,
    ...(stopMs === undefined ? {} : { stopDate: stopMs / 1000 }),
  }
}

function details({ input, output, error, cause }: Execution): Fields {
  return { input, output, error, cause }
}

/** A step in the words of GetExecutionHistory. */
function historyEvent(event: EventLog, at: number): Fields {
  const base = { id: at + 1, previousEventId: at, timestamp: event.timestamp / 1000, type: event.type }
  if ('state' in event) {
    const { name, type, input, output } = event.state
    switch (event.type) {
      case 'StateEntered':
        return {
          ...base,
          type: `${type}StateEntered`,
          stateEnteredEventDetails: { name, input: json(input) },
        }
      case 'StateExited':
        return {
          ...base,
          type: `${type}StateExited`,
          stateExitedEventDetails: { name, output: json(output) },
        }
      default:
        return 'Error' in event
          ? { ...base, type: 'TaskFailed', taskFailedEventDetails: failure(event) }
          : { ...base, type: 'TaskStateAborted' }
    }
  }
  if (event.type === 'ExecutionFailed' && 'Error' in event) {
    return { ...base, executionFailedEventDetails: failure(event) }
  }
  return base
}

function failure(event: { readonly Error: string; readonly Cause: unknown }): Fields {
  return {
    error: event.Error,
    cause: event.Cause instanceof Error ? event.Cause.message : String(event.Cause),
  }
}

function json(value: unknown): string {
  return JSON.stringify(value ?? null)
}
