// @ts-expect-error: published without types
import aslValidator from 'asl-validator'
import { StateMachine } from 'aws-local-stepfunctions'
import { describe, expect, it } from 'vitest'
import { STAGES } from '../../infra/config.ts'
import {
  definitionOf,
  functionsOf,
  machineOf,
  resourcesOf,
  targetOf,
  templateOf,
} from '../support/deployment.ts'

const template = templateOf('prod')
const machine = machineOf(template, 'PayoutsPayOut')
const definition = definitionOf(template, 'PayoutsPayOut')

// biome-ignore lint/suspicious/noExplicitAny: states are JSON, and a wrong path makes the test fail.
type State = any

const states = Object.entries<State>(definition.States)
const ofType = (type: string) => states.filter(([, state]) => state.Type === type)

describe('the definition of pay-out', () => {
  it('is valid', () => {
    // It writes into what it checks.
    expect(aslValidator(structuredClone(definition))).toMatchObject({ isValid: true, errors: [] })
  })

  it('says only what the local engine does as AWS does', () => {
    const known: Record<string, string[]> = {
      Task: ['Resource', 'TimeoutSeconds', 'Retry', 'Catch', 'Next'],
      Choice: ['Choices', 'Default'],
      Pass: ['Result', 'Next'],
      Succeed: [],
      Fail: ['Error', 'Cause', 'ErrorPath', 'CausePath'],
    }
    for (const [name, { Type, ...fields }] of states) {
      expect(known, `${name} is a ${Type}`).toHaveProperty(Type)
      expect(
        Object.keys(fields).filter((field) => !known[Type]?.includes(field)),
        name,
      ).toEqual([])
    }
    expect(JSON.stringify(definition)).not.toContain('$$')
    expect(definition).not.toHaveProperty('QueryLanguage')
  })

  it('gives every step a limit beyond that of its function, tries it again except where that is useless, and catches the rest', () => {
    const functions = new Map([...functionsOf(template).values()].map(({ id, resource }) => [id, resource]))
    expect(ofType('Task').map(([name]) => name)).toEqual(['Request', 'Release'])
    for (const [name, task] of ofType('Task')) {
      const step = functions.get(task.Resource.split(':').at(-1))
      expect(task.TimeoutSeconds, name).toBeGreaterThan(step?.Properties.Timeout)
      const [never, otherwise] = task.Retry
      expect(never, name).toMatchObject({ MaxAttempts: 0 })
      expect(never.ErrorEquals, name).toContain('InvariantBroken')
      expect(otherwise, name).toMatchObject({ JitterStrategy: 'FULL', MaxDelaySeconds: 60, MaxAttempts: 6 })
      expect(otherwise.ErrorEquals, name).toEqual(
        expect.arrayContaining(['Lambda.TooManyRequestsException', 'States.TaskFailed', 'States.Timeout']),
      )
      expect(task.Catch, name).toEqual([
        {
          ErrorEquals: ['States.ALL'],
          ResultPath: '$.failure',
          Next: name === 'Request' ? 'RequestFailed' : 'PayOutFailed',
        },
      ])
    }
    expect(definition.TimeoutSeconds).toBe(3600)
  })

  it('is logged in full and traced', () => {
    const { TracingConfiguration, LoggingConfiguration, StateMachineType } = machine.Properties
    expect([TracingConfiguration, LoggingConfiguration.Level, StateMachineType]).toEqual([
      { Enabled: true },
      'ALL',
      'STANDARD',
    ])
  })

  it.each(STAGES)('is started by a schedule of stage %s', (stage) => {
    const schedules = resourcesOf(templateOf(stage), 'AWS::Scheduler::Schedule').map(
      ([, one]) => one.Properties,
    )
    const own = schedules.find(({ Target }) => targetOf(Target.Arn)?.startsWith('PayoutsPayOut'))
    const minutes = Number(/^rate\((\d+) minutes?\)$/.exec(own?.ScheduleExpression)?.[1])
    expect(minutes).toBe(stage === 'local' ? 1 : 5)
    expect(own?.Target.Input).toBe('{}')
  })
})

type Step = (input: State) => State

/** Runs the definition with these steps in place of the functions. */
async function run(steps: Record<'Request' | 'Release', Step>) {
  const calls: [name: string, input: State][] = []
  const handlers = Object.entries(steps).map(([name, step]) => [
    name,
    async (input: State) => {
      calls.push([name, input])
      return step(input)
    },
  ])
  const execution = new StateMachine(definition).run(
    {},
    {
      overrides: {
        taskResourceLocalHandlers: Object.fromEntries(handlers),
        retryIntervalOverrides: { Request: 0, Release: 0 },
      },
    },
  )
  const failure = await execution.result.then(
    () => undefined,
    (error: Error) => error.cause as Error,
  )
  return { failure, calls }
}

const failing = (name: string) => () => {
  throw Object.assign(new Error('as told'), { name })
}

describe('an execution of pay-out', () => {
  const steps = {
    Request: ({ after, failed = 0 }: State) =>
      after === 'b' ? { done: true, failed } : { done: false, failed, after: after === 'a' ? 'b' : 'a' },
    Release: ({ failed, after }: State) =>
      after === undefined ? { done: false, failed, after: 'z' } : { done: true, failed },
  }

  it('calls each step again from where it stopped, and the second from its own beginning', async () => {
    const { failure, calls } = await run(steps)
    expect(failure).toBeUndefined()
    expect(calls).toEqual([
      ['Request', {}],
      ['Request', { done: false, failed: 0, after: 'a' }],
      ['Request', { done: false, failed: 0, after: 'b' }],
      ['Release', { done: true, failed: 0 }],
      ['Release', { done: false, failed: 0, after: 'z' }],
    ])
  })

  it('fails in the end where one of many failed', async () => {
    const { failure, calls } = await run({ ...steps, Request: () => ({ done: true, failed: 2 }) })
    expect(calls.map(([name]) => name)).toEqual(['Request', 'Release', 'Release'])
    expect(failure).toMatchObject({ name: 'PayoutsNotDone' })
  })

  it('releases what is due also where nothing can be asked for, from the beginning, and then fails', async () => {
    const { failure, calls } = await run({ ...steps, Request: failing('PageContended') })
    expect(calls.filter(([name]) => name === 'Request')).toHaveLength(7)
    expect(calls.filter(([name]) => name === 'Release').map(([, input]) => input)).toEqual([
      { failed: 1 },
      { done: false, failed: 1, after: 'z' },
    ])
    expect(failure).toMatchObject({ name: 'PayoutsNotDone' })
  })

  it('fails with error and cause where nothing can be released', async () => {
    const { failure, calls } = await run({ ...steps, Release: failing('PageContended') })
    expect(calls.filter(([name]) => name === 'Release')).toHaveLength(7)
    expect(failure).toMatchObject({ name: 'PageContended', message: 'as told' })
  })

  it('does not try again what would make money wrong', async () => {
    const { failure, calls } = await run({ ...steps, Release: failing('InvariantBroken') })
    expect(calls.filter(([name]) => name === 'Release')).toHaveLength(1)
    expect(failure).toMatchObject({ name: 'InvariantBroken' })
  })
})
