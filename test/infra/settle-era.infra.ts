// @ts-expect-error: published without types
import aslValidator from 'asl-validator'
import { StateMachine } from 'aws-local-stepfunctions'
import { describe, expect, it } from 'vitest'
import { definitionOf, functionsOf, machineOf, templateOf } from '../support/deployment.ts'

const template = templateOf('prod')
const settleEra = machineOf(template, 'SettlementSettleEra')
const definition = definitionOf(template)

// biome-ignore lint/suspicious/noExplicitAny: states are JSON, and a wrong path makes the test fail.
type State = any

/** Every state with its name, those inside Maps too. */
function statesOf(machine: State): [name: string, state: State][] {
  return Object.entries<State>(machine.States).flatMap(([name, state]) => [
    [name, state] as [string, State],
    ...(state.ItemProcessor ? statesOf(state.ItemProcessor) : []),
  ])
}

const states = statesOf(definition)
const ofType = (type: string) => states.filter(([, state]) => state.Type === type)

describe('the definition of settle-era', () => {
  it('is valid', () => {
    // It writes into what it checks.
    expect(aslValidator(structuredClone(definition))).toMatchObject({ isValid: true, errors: [] })
  })

  it('walks the steps in the order of the picture', () => {
    const path: string[] = []
    for (let name = definition.StartAt; name !== undefined; ) {
      path.push(name)
      name = definition.States[name].Next ?? definition.States[name].Default
    }
    expect(path).toEqual([
      'Close',
      'IsSealed',
      'WaitForWriters',
      'IsEmpty',
      'FoldShards',
      'WeighPartitions',
      'Decide',
      'CreditPartitions',
      'Seal',
      'Publish',
    ])
  })

  it('says only what the local engine does as AWS does', () => {
    const known: Record<string, string[]> = {
      Task: ['Resource', 'TimeoutSeconds', 'Retry', 'Catch', 'ResultPath', 'Next', 'End'],
      Map: ['ItemsPath', 'ItemProcessor', 'MaxConcurrency', 'ResultPath', 'Catch', 'Next'],
      Choice: ['Choices', 'Default'],
      Wait: ['SecondsPath', 'Next'],
      Succeed: [],
      Fail: ['ErrorPath', 'CausePath'],
    }
    for (const [name, { Type, ...fields }] of states) {
      expect(known, `${name} is a ${Type}`).toHaveProperty(Type)
      expect(
        Object.keys(fields).filter((field) => !known[Type]?.includes(field)),
        name,
      ).toEqual([])
      expect(fields.ResultPath, name).not.toBe('$')
    }
    for (const [name, map] of ofType('Map')) {
      expect(map.ItemProcessor.ProcessorConfig, name).toEqual({ Mode: 'INLINE' })
      expect(map.MaxConcurrency, name).toBe(40)
    }
    expect(JSON.stringify(definition)).not.toContain('$$')
    expect(definition).not.toHaveProperty('QueryLanguage')
    expect(new Set(states.map(([name]) => name)).size).toBe(states.length)
  })

  it('gives every step a limit beyond that of its function, and tries it again except where that is useless', () => {
    const functions = new Map([...functionsOf(template).values()].map(({ id, resource }) => [id, resource]))
    expect(ofType('Task')).toHaveLength(7)
    for (const [name, task] of ofType('Task')) {
      const step = functions.get(task.Resource.split(':').at(-1))
      expect(task.TimeoutSeconds, name).toBeGreaterThan(step?.Properties.Timeout)
      const [never, otherwise] = task.Retry
      expect(never, name).toMatchObject({ MaxAttempts: 0 })
      expect(never.ErrorEquals, name).toContain('InvariantBroken')
      expect(otherwise, name).toMatchObject({ JitterStrategy: 'FULL', MaxDelaySeconds: 60, MaxAttempts: 6 })
      expect(otherwise.ErrorEquals, name).toEqual(
        expect.arrayContaining([
          'Lambda.TooManyRequestsException',
          'Lambda.ServiceException',
          'Lambda.AWSLambdaException',
          'Lambda.SdkClientException',
          'States.TaskFailed',
          'States.Timeout',
        ]),
      )
    }
    expect(definition.TimeoutSeconds).toBe(6 * 3600)
  })

  it('catches every failure at the top', () => {
    const top = Object.entries<State>(definition.States).filter(
      ([, { Type }]) => Type === 'Task' || Type === 'Map',
    )
    expect(top).toHaveLength(7)
    for (const [name, state] of top) {
      expect(state.Catch, name).toEqual([
        { ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'SettlementFailed' },
      ])
    }
  })

  it('is logged in full and traced', () => {
    const { Properties } = settleEra
    expect(Properties.TracingConfiguration).toEqual({ Enabled: true })
    expect(Properties.LoggingConfiguration).toMatchObject({ Level: 'ALL' })
    expect(Properties.StateMachineType).toBe('STANDARD')
  })
})

type Step = (input: State) => State

const CLOSED = {
  era: 7,
  waitSeconds: 0,
  sealed: false,
  empty: false,
  shards: [0, 1, 2, 3].map((shard) => ({ era: 7, shard })),
  partitions: Array.from({ length: 16 }, (_, partition) => ({ era: 7, partition })),
}

/** Runs the definition with these steps in place of the functions; every other step answers with nothing. */
async function run(steps: Record<string, Step>) {
  const calls: [name: string, input: State][] = []
  const handlers = ofType('Task').map(([name]) => [
    name,
    async (input: State) => {
      calls.push([name, input])
      return steps[name]?.(input) ?? null
    },
  ])
  const machine = new StateMachine(definition)
  const execution = machine.run(
    { era: 7 },
    {
      overrides: {
        taskResourceLocalHandlers: Object.fromEntries(handlers),
        retryIntervalOverrides: Object.fromEntries(ofType('Task').map(([name]) => [name, 0])),
      },
    },
  )
  const failure = await execution.result.then(
    () => undefined,
    (error: Error) => error.cause as Error,
  )
  const inputsOf = (name: string) => calls.filter(([called]) => called === name).map(([, input]) => input)
  return { failure, inputsOf, called: calls.map(([name]) => name) }
}

function failing(name: string, message = 'as told'): Error {
  return Object.assign(new Error(message), { name })
}

describe('an execution of settle-era', () => {
  const steps: Record<string, Step> = {
    Close: () => CLOSED,
    Credit: ({ era, partition }) => ({ era, partition, done: true }),
  }

  it('folds every shard, weighs and credits every partition, once each', async () => {
    const { failure, inputsOf, called } = await run(steps)
    expect(failure).toBeUndefined()
    expect(inputsOf('Fold')).toEqual(CLOSED.shards)
    expect(inputsOf('Weigh')).toEqual(CLOSED.partitions)
    expect(inputsOf('Credit')).toEqual(CLOSED.partitions)
    for (const name of ['Decide', 'Seal', 'Publish']) expect(inputsOf(name), name).toMatchObject([{ era: 7 }])
    expect(called.slice(-2)).toEqual(['Seal', 'Publish'])
  })

  it('seals an empty era at once', async () => {
    const { failure, called } = await run({ ...steps, Close: () => ({ ...CLOSED, empty: true }) })
    expect(failure).toBeUndefined()
    expect(called).toEqual(['Close', 'Seal', 'Publish'])
  })

  it('only announces an era that is sealed', async () => {
    const { failure, called } = await run({ ...steps, Close: () => ({ ...CLOSED, sealed: true }) })
    expect(failure).toBeUndefined()
    expect(called).toEqual(['Close', 'Publish'])
  })

  it('calls credit again from where it stopped, until it is done', async () => {
    const credit: Step = ({ era, partition, after = -1 }) =>
      partition === 3 && after < 40
        ? { era, partition, after: after + 20, done: false }
        : { era, partition, done: true }
    const { failure, inputsOf } = await run({ ...steps, Credit: credit })
    expect(failure).toBeUndefined()
    const ofThree = inputsOf('Credit').filter(({ partition }) => partition === 3)
    expect(ofThree.map(({ after }) => after)).toEqual([undefined, 19, 39, 59])
    expect(inputsOf('Credit')).toHaveLength(16 + 3)
  })

  it.each(['Close', 'Fold', 'Weigh', 'Decide', 'Credit', 'Seal', 'Publish'])(
    'tries %s again when it fails, and goes on',
    async (name) => {
      let failures = 2
      const flaky: Step = (input) => {
        if (failures-- > 0) throw failing('ProvisionedThroughputExceededException')
        return steps[name]?.(input)
      }
      const { failure, called } = await run({ ...steps, [name]: flaky })
      expect(failure).toBeUndefined()
      expect(called.at(-1)).toBe('Publish')
    },
  )

  it.each(['Close', 'Fold', 'Weigh', 'Decide', 'Credit', 'Seal', 'Publish'])(
    'fails with error and cause when %s goes on failing',
    async (name) => {
      const { failure, inputsOf, called } = await run({
        ...steps,
        [name]: () => {
          throw failing('PageContended', 'page 5 was changed 50 times')
        },
      })
      expect(failure).toMatchObject({ name: 'PageContended', message: 'page 5 was changed 50 times' })
      expect(inputsOf(name).length).toBeGreaterThanOrEqual(7)
      if (name !== 'Publish') expect(called).not.toContain('Publish')
    },
  )

  it('does not try again what would make money wrong', async () => {
    const { failure, inputsOf, called } = await run({
      ...steps,
      Seal: () => {
        throw failing('InvariantBroken', 'system before + external income = system after + credits')
      },
    })
    expect(failure).toMatchObject({ name: 'InvariantBroken' })
    expect(inputsOf('Seal')).toHaveLength(1)
    expect(called).not.toContain('Publish')
  })
})
