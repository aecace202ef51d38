import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { RUNBOOK } from '../../infra/constructs/alarms.ts'
import { functionsOf, type Resource, resourcesOf, targetOf, templateOf } from '../support/deployment.ts'

const prod = templateOf('prod')
const alarms = resourcesOf(prod, 'AWS::CloudWatch::Alarm')

function metricsOf(alarm: Resource): { name: string; target: string | undefined }[] {
  const { MetricName, Dimensions, Metrics = [] } = alarm.Properties
  const metrics = [
    { MetricName, Dimensions },
    ...Metrics.map((one: { MetricStat?: { Metric: unknown } }) => one.MetricStat?.Metric),
  ]
  return metrics
    .filter((one) => one?.MetricName)
    .map((one) => ({
      name: one.MetricName,
      target: targetOf(one.Dimensions?.[0]?.Value),
    }))
}

function alarmsOn(metric: string, target?: string): Resource[] {
  return alarms
    .map(([, alarm]) => alarm)
    .filter((alarm) =>
      metricsOf(alarm).some((one) => one.name === metric && (target === undefined || one.target === target)),
    )
}

describe('in prod a failure wakes somebody, and says what is lost', () => {
  it.each([...functionsOf(prod)])('when %s fails or is throttled', (_entry, { id, resource }) => {
    for (const metric of ['Errors', 'Throttles']) {
      const [alarm, ...more] = alarmsOn(metric, id)
      expect(more).toEqual([])
      const said = alarm?.Properties.AlarmDescription.split(' Runbook in the README: ')[0]
      expect(`If it fails: ${said}`).toBe(resource.Properties.Description)
    }
  })

  it('when a message cannot be handed on, an execution fails, an event is refused, fees wait or the clock stands still', () => {
    const deadLetters = resourcesOf(prod, 'AWS::SQS::Queue').filter(
      ([, { Properties }]) => !Properties.RedrivePolicy,
    )
    expect(deadLetters).toHaveLength(4)
    for (const [id] of deadLetters) expect(alarmsOn('ApproximateNumberOfMessagesVisible', id)).toHaveLength(1)
    for (const machine of resourcesOf(prod, 'AWS::StepFunctions::StateMachine').map(([id]) => id)) {
      for (const metric of ['ExecutionsFailed', 'ExecutionsTimedOut', 'ExecutionsAborted'])
        expect(alarmsOn(metric, machine), metric).toHaveLength(1)
    }
    for (const metric of [
      'ExecutionsStarted',
      'EventsQuarantined',
      'ApproximateAgeOfOldestMessage',
      'Invocations',
      'ThrottledRequests',
      'ErasHeld',
      'OldestUnanswered',
    ]) {
      expect(alarmsOn(metric), metric).toHaveLength(1)
    }
  })

  it('when what must go on happening is not even counted, and not when nothing fails', () => {
    const mustGoOn = alarms.filter(
      ([, { Properties }]) => Properties.ComparisonOperator === 'LessThanThreshold',
    )
    expect(mustGoOn).toHaveLength(2)
    for (const alarm of alarms) {
      const [id, { Properties }] = alarm
      const missing = mustGoOn.includes(alarm) ? 'breaching' : 'notBreaching'
      expect(Properties.TreatMissingData, id).toBe(missing)
    }
  })

  it('in a sentence and with what to do, to the one topic', () => {
    const [topic] = resourcesOf(prod, 'AWS::SNS::Topic')[0] ?? []
    for (const [, { Properties }] of alarms) {
      const [impact, section] = Properties.AlarmDescription.split(' Runbook in the README: ')
      expect(impact).toMatch(/^[A-Z].{20,}\.$/)
      expect(RUNBOOK.map((title) => `"${title}".`)).toContain(section)
      expect(Properties.AlarmActions.map(targetOf)).toEqual([topic])
    }
  })

  it('and the runbook has what every alarm names, with a command, and nothing that none names', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
    const runbook = readme.split('\n## Runbook\n')[1]?.split('\n## ')[0] ?? ''
    const sections = new Map(runbook.split('\n### ').map((text) => [text.slice(0, text.indexOf('\n')), text]))
    for (const title of RUNBOOK) expect(sections.get(title), title).toMatch(/`(npm run|aws|curl) /)
    const named = alarms.map(([, { Properties }]) => Properties.AlarmDescription.split('"')[1])
    expect(new Set(named)).toEqual(new Set(RUNBOOK))
  })

  it('and nobody in the other stages', () => {
    for (const stage of ['local', 'dev'] as const) {
      expect(resourcesOf(templateOf(stage), 'AWS::CloudWatch::Alarm')).toEqual([])
      expect(resourcesOf(templateOf(stage), 'AWS::SNS::Topic')).toEqual([])
    }
  })
})

describe('every hop has somewhere to put what it cannot hand on', () => {
  const queues = new Map(resourcesOf(prod, 'AWS::SQS::Queue'))
  const isDeadLetters = (value: unknown): boolean => {
    const queue = queues.get(targetOf(value) ?? '')
    return queue !== undefined && queue.Properties.MessageRetentionPeriod === 14 * 86_400
  }

  it('the rule, the queue, the schedule, and the function that the schedule calls', () => {
    const [, rule] = resourcesOf(prod, 'AWS::Events::Rule')[0] ?? []
    expect(isDeadLetters(rule?.Properties.Targets[0].DeadLetterConfig.Arn)).toBe(true)
    const [, mapping] = resourcesOf(prod, 'AWS::Lambda::EventSourceMapping')[0] ?? []
    const intake = queues.get(targetOf(mapping?.Properties.EventSourceArn) ?? '')
    expect(isDeadLetters(intake?.Properties.RedrivePolicy.deadLetterTargetArn)).toBe(true)
    const schedules = resourcesOf(prod, 'AWS::Scheduler::Schedule')
    expect(schedules).toHaveLength(2)
    for (const [id, { Properties }] of schedules) {
      expect(isDeadLetters(Properties.Target.DeadLetterConfig.Arn), id).toBe(true)
      expect(Properties.Target.RetryPolicy, id).toEqual({
        MaximumEventAgeInSeconds: 300,
        MaximumRetryAttempts: 2,
      })
    }
    const tick = functionsOf(prod).get('settlement/tick')
    expect(isDeadLetters(tick?.resource.Properties.DeadLetterConfig.TargetArn)).toBe(true)
  })

  it('takes everything from the bus but what the network says itself, in full batches', () => {
    const [, rule] = resourcesOf(prod, 'AWS::Events::Rule')[0] ?? []
    expect(rule?.Properties.EventPattern).toEqual({ source: [{ 'anything-but': ['exchequer'] }] })
    const [, mapping] = resourcesOf(prod, 'AWS::Lambda::EventSourceMapping')[0] ?? []
    expect(mapping?.Properties).toMatchObject({
      BatchSize: 10_000,
      MaximumBatchingWindowInSeconds: 5,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    })
  })

  it('hides a batch from others for longer than a function may work on it', () => {
    for (const stage of ['local', 'dev', 'prod'] as const) {
      const template = templateOf(stage)
      const [, mapping] = resourcesOf(template, 'AWS::Lambda::EventSourceMapping')[0] ?? []
      const queue = template.Resources[targetOf(mapping?.Properties.EventSourceArn) ?? '']
      const ingest = template.Resources[targetOf(mapping?.Properties.FunctionName) ?? '']
      expect(queue?.Properties.VisibilityTimeout).toBeGreaterThanOrEqual(ingest?.Properties.Timeout)
    }
  })
})
