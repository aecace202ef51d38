import { describe, expect, it } from 'vitest'
import { guardDefinition } from '../../../infra/local/states/guard.ts'

const INVOKE = 'arn:aws:states:::lambda:invoke'
const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:fold'
const task = { Type: 'Task', Resource: FUNCTION, End: true }
const machine = (State: Record<string, unknown>) => ({ StartAt: 'State', States: { State } })
const map = (fields: Record<string, unknown>, iterator: Record<string, unknown> = machine(task)) =>
  machine({ Type: 'Map', ItemProcessor: iterator, End: true, ...fields })

describe('guard of state machine definitions', () => {
  it('finds tasks of both kinds, also inside Map and Parallel', () => {
    const { tasks } = guardDefinition(
      {
        StartAt: 'A',
        States: {
          A: {
            Type: 'Task',
            Resource: INVOKE,
            Parameters: { FunctionName: 'close', 'Payload.$': '$' },
            Next: 'B',
          },
          B: { Type: 'Map', ItemProcessor: machine(task), Next: 'C' },
          C: { Type: 'Parallel', Branches: [{ StartAt: 'D', States: { D: task } }], End: true },
        },
      },
      'Machine',
    )
    expect(tasks).toEqual([
      { stateName: 'A', functionRef: 'close', wrapped: true },
      { stateName: 'State', functionRef: FUNCTION, wrapped: false },
      { stateName: 'D', functionRef: FUNCTION, wrapped: false },
    ])
  })

  it('takes away the cut at 60 s, and a ResultPath of $ which the engine gets wrong', () => {
    const { definition } = guardDefinition(machine({ ...task, ResultPath: '$' }), 'Machine')
    expect(definition).toEqual(machine({ ...task, TimeoutSeconds: 86_400 }))
  })

  it.each([
    ['JSONata', { ...machine(task), QueryLanguage: 'JSONata' }, /JSONPath/],
    ['JSONata in a state', machine({ ...task, QueryLanguage: 'JSONata' }), /state State.*JSONPath/],
    ['Assign', machine({ ...task, Assign: { x: 1 } }), /Assign/],
    ['ItemReader', map({ ItemReader: {} }), /ItemReader/],
    ['ItemBatcher', map({ ItemBatcher: {} }), /ItemBatcher/],
    [
      'a Distributed Map',
      map({}, { ...machine(task), ProcessorConfig: { Mode: 'DISTRIBUTED' } }),
      /inline Map/,
    ],
    [
      'another service',
      machine({ ...task, Resource: 'arn:aws:states:::dynamodb:putItem' }),
      /dynamodb:putItem/,
    ],
    [
      'a function known only at run time',
      machine({ ...task, Resource: INVOKE, Parameters: { 'FunctionName.$': '$' } }),
      /fixed text/,
    ],
    ['an empty Result', machine({ Type: 'Pass', Result: 0, End: true }), /Result of 0/],
    ['$$.State', machine({ ...task, Parameters: { 'a.$': '$$.State.Name' } }), /\$\$\.State\.Name/],
    [
      'the input in a Map',
      map({}, machine({ ...task, Parameters: { 'a.$': '$$.Execution.Input.era' } })),
      /Execution\.Input/,
    ],
    [
      '$$.Map beyond the selector',
      map({}, machine({ ...task, Parameters: { 'a.$': '$$.Map.Item.Value' } })),
      /Map\.Item\.Value/,
    ],
  ])('refuses %s', (_what, definition, message) => {
    expect(() => guardDefinition(definition, 'Machine')).toThrow(message)
  })

  it.each([
    [
      'the name of the execution in a Map',
      map({}, machine({ ...task, Parameters: { 'a.$': '$$.Execution.Name' } })),
    ],
    [
      'the item in the selector',
      map({ ItemSelector: { 'a.$': '$$.Map.Item.Value', 'b.$': '$$.Execution.Input.era' } }),
    ],
    ['the input outside a Map', machine({ ...task, Parameters: { 'a.$': '$$.Execution.Input.era' } })],
  ])('lets pass %s', (_what, definition) => {
    expect(() => guardDefinition(definition, 'Machine')).not.toThrow()
  })
})
