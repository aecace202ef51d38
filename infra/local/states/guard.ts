import { type Fields, isRecord, listOf, recordOf, StartupError } from '../stack/values.ts'

/** A Task state and the function it invokes. */
export type TaskState = {
  readonly stateName: string
  /** Name or ARN of the function. */
  readonly functionRef: string
  /** Whether the task goes through `states:::lambda:invoke`, whose result wraps the answer in Payload. */
  readonly wrapped: boolean
}

export type GuardedDefinition = { readonly definition: Fields; readonly tasks: readonly TaskState[] }

/** Fields that change what a state does and that the engine ignores without a word. */
const IGNORED_BY_ENGINE = [
  'Arguments',
  'Assign',
  'Credentials',
  'HeartbeatSeconds',
  'HeartbeatSecondsPath',
  'ItemBatcher',
  'ItemReader',
  'Label',
  'Output',
  'ResultWriter',
  'ToleratedFailureCount',
  'ToleratedFailurePercentage',
] as const

/** Context values the engine gives rightly everywhere, and those it gives only outside a Map. */
const CONTEXT_EVERYWHERE: ReadonlySet<string> = new Set([
  '$$.Execution.Id',
  '$$.Execution.Name',
  '$$.StateMachine.Id',
  '$$.StateMachine.Name',
])
const CONTEXT_OUTSIDE_MAP: ReadonlySet<string> = new Set(['$$.Execution.Input', '$$.Execution.StartTime'])

/** A day: the engine cuts a Task without TimeoutSeconds at 60 s, where AWS lets the function's own timeout rule. */
const LONG_TIMEOUT_S = 86_400

/**
 * Checks that the engine will do what AWS would do with a definition, and smooths where it would not.
 * @throws StartupError naming the state and what of it does not run here.
 */
export function guardDefinition(definition: Fields, where: string): GuardedDefinition {
  const tasks = new Map<string, TaskState>()
  const guarded = guardStates(definition, where, false, tasks)
  return { definition: guarded, tasks: [...tasks.values()] }
}

function guardStates(machine: Fields, where: string, inMap: boolean, tasks: Map<string, TaskState>): Fields {
  if ((machine.QueryLanguage ?? 'JSONPath') !== 'JSONPath') {
    throw new StartupError(`${where}: only JSONPath runs here, not ${machine.QueryLanguage}`)
  }
  const states = Object.entries(recordOf(machine.States)).map(([name, state]) => {
    return [name, guardState(name, recordOf(state), `${where} state ${name}`, inMap, tasks)] as const
  })
  return { ...machine, States: Object.fromEntries(states) }
}

function guardState(
  name: string,
  state: Fields,
  where: string,
  inMap: boolean,
  tasks: Map<string, TaskState>,
): Fields {
  for (const key of IGNORED_BY_ENGINE) {
    if (state[key] !== undefined) throw new StartupError(`${where}: ${key} does not run here`)
  }
  if ((state.QueryLanguage ?? 'JSONPath') !== 'JSONPath')
    throw new StartupError(`${where}: only JSONPath runs here`)
  // The engine takes `$` for a field name; without ResultPath it does what `$` means.
  const { ResultPath, ...rest } = state
  const guarded = ResultPath === undefined || ResultPath === '$' ? rest : state
  switch (state.Type) {
    case 'Task':
      requireContext(guarded, where, inMap, false)
      if (tasks.has(name)) throw new StartupError(`${where}: two tasks have this name`)
      tasks.set(name, readTask(name, guarded, where))
      return { TimeoutSeconds: LONG_TIMEOUT_S, ...guarded }
    case 'Map':
      return guardMap(guarded, where, inMap, tasks)
    case 'Parallel':
      requireContext({ ...guarded, Branches: undefined }, where, inMap, false)
      return {
        ...guarded,
        // A branch has, in this engine, the same blind context as an iteration of a Map.
        Branches: listOf(guarded.Branches).map((branch) => guardStates(recordOf(branch), where, true, tasks)),
      }
    case 'Pass':
      requireContext(guarded, where, inMap, false)
      if ('Result' in guarded && !guarded.Result) {
        throw new StartupError(
          `${where}: a Result of ${JSON.stringify(guarded.Result)} is lost in the local engine`,
        )
      }
      return guarded
    default:
      requireContext(guarded, where, inMap, false)
      return guarded
  }
}

function guardMap(state: Fields, where: string, inMap: boolean, tasks: Map<string, TaskState>): Fields {
  const processor = recordOf(state.ItemProcessor ?? state.Iterator)
  const { ProcessorConfig, ...machine } = processor
  if ((recordOf(ProcessorConfig).Mode ?? 'INLINE') !== 'INLINE') {
    throw new StartupError(`${where}: only an inline Map runs here`)
  }
  const { ItemProcessor, Iterator, ItemSelector, Parameters, ...own } = state
  requireContext(own, where, inMap, false)
  requireContext({ ItemSelector, Parameters }, where, inMap, true)
  const selector = ItemSelector ?? Parameters
  return {
    ...own,
    ...(selector === undefined ? {} : { ItemSelector: selector }),
    ItemProcessor: guardStates(machine, where, true, tasks),
  }
}

/** Refuses context values that the engine would leave out or give wrongly. */
function requireContext(value: unknown, where: string, inMap: boolean, inSelector: boolean): void {
  if (typeof value === 'string') {
    for (const [path] of value.matchAll(/\$\$(?:\.\w+)*/g)) {
      const known =
        CONTEXT_EVERYWHERE.has(path) ||
        (!inMap &&
          [...CONTEXT_OUTSIDE_MAP].some((prefix) => path === prefix || path.startsWith(`${prefix}.`))) ||
        (inSelector && path.startsWith('$$.Map.Item.'))
      if (!known)
        throw new StartupError(`${where}: the context value ${path} is not right in the local engine here`)
    }
    return
  }
  for (const item of isRecord(value) ? Object.values(value) : Array.isArray(value) ? value : []) {
    requireContext(item, where, inMap, inSelector)
  }
}

function readTask(stateName: string, state: Fields, where: string): TaskState {
  const resource = String(state.Resource)
  if (/^arn:[^:]+:states:::lambda:invoke$/.test(resource)) {
    const functionRef = recordOf(state.Parameters).FunctionName
    if (typeof functionRef !== 'string') throw new StartupError(`${where}: FunctionName must be a fixed text`)
    return { stateName, functionRef, wrapped: true }
  }
  if (/^arn:[^:]+:lambda:[^:]*:[^:]*:function:/.test(resource)) {
    return { stateName, functionRef: resource, wrapped: false }
  }
  throw new StartupError(`${where}: ${resource} does not run here; only invoking a function does`)
}
