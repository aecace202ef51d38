/** The types of aws-local-stepfunctions that it uses but does not export by name. */
import type { StateMachine, StateMachineDefinition } from 'aws-local-stepfunctions'

export type { StateMachine }

type Run = ReturnType<StateMachine['run']>

/** One step of a run, as the engine tells it. */
export type EventLog = Run['eventLogs'] extends AsyncGenerator<infer Event> ? Event : never

type JsonInput = Parameters<StateMachine['run']>[0]

/** Text that was parsed as JSON is JSON; the validator of the engine looks at the definition's shape itself. */
export function asJson(value: unknown): JsonInput {
  return value as JsonInput
}

export function asDefinition(value: unknown): StateMachineDefinition {
  return value as StateMachineDefinition
}
