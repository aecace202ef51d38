import { randomUUID } from 'node:crypto'
import type { OnEvent } from '../host-event.ts'
import type { Access } from '../iam/access.ts'
import { functionArn } from '../iam/access.ts'
import type { LambdaFunction } from '../lambda/functions.ts'
import type { Queues } from '../queues/queues.ts'
import type { Resource, Stack } from '../stack/stack.ts'
import { type Fields, listOf, optionalText, recordOf, StartupError, textOf } from '../stack/values.ts'
import { compilePattern, type Matcher } from './pattern.ts'

/** An event as a producer gave it; `detailJson` is a JSON object's text. */
export type PutEvent = {
  readonly source: string
  readonly detailType: string
  readonly detail: unknown
  readonly detailJson: string
  readonly timeMs: number
  readonly resources: readonly string[]
}

export type Buses = {
  /** ARN of a bus named by name or ARN; undefined when the template has no such bus. */
  readonly find: (nameOrArn: string | undefined) => string | undefined
  /** Hands an event to the targets of every rule it matches, and gives its id. */
  readonly put: (busArn: string, event: PutEvent) => string
}

type Rule = {
  readonly busArn: string
  readonly matches: Matcher
  readonly targets: readonly ((envelope: string) => void)[]
}

type BusContext = {
  readonly stack: Stack
  readonly queues: Queues
  readonly functions: readonly LambdaFunction[]
  readonly access: Access
  readonly invokeLater: (fn: LambdaFunction, event: string) => void
  readonly onEvent: OnEvent
}

const EVENTS = 'events.amazonaws.com'
const TARGET_KEYS: ReadonlySet<string> = new Set([
  'Arn',
  'DeadLetterConfig',
  'Id',
  'RetryPolicy',
  'SqsParameters',
])

/**
 * Sets up the buses and rules of the template.
 * @throws StartupError on a target or pattern that does not run here, and where a target's policy refuses delivery.
 */
export function createBuses(context: BusContext): Buses {
  const { stack } = context
  const { partition, region, account } = stack.place
  const arnByName = new Map([['default', `arn:${partition}:events:${region}:${account}:event-bus/default`]])
  for (const bus of stack.resources('AWS::Events::EventBus')) arnByName.set(bus.name, stack.arn(bus))
  const find = (nameOrArn = 'default') => arnByName.get(nameOrArn.split('/').at(-1) ?? '')
  const rules = stack
    .resources('AWS::Events::Rule')
    .filter(({ properties }) => properties.State !== 'DISABLED')
    .map((rule) => readRule(rule, find, context))

  return {
    find,
    put: (busArn, event) => {
      const id = randomUUID()
      const time = `${new Date(event.timeMs).toISOString().slice(0, 19)}Z`
      const head = {
        version: '0',
        id,
        'detail-type': event.detailType,
        source: event.source,
        account,
        time,
        region,
        resources: event.resources,
      }
      const matching = rules.filter(
        (rule) => rule.busArn === busArn && rule.matches({ ...head, detail: event.detail }),
      )
      if (matching.length > 0) {
        const envelope = `${JSON.stringify(head).slice(0, -1)},"detail":${event.detailJson}}`
        for (const { targets } of matching) for (const deliver of targets) deliver(envelope)
      }
      return id
    },
  }
}

function readRule(rule: Resource, find: Buses['find'], context: BusContext): Rule {
  const { logicalId, properties } = rule
  if (properties.EventPattern === undefined) {
    throw new StartupError(`${logicalId}: a scheduled rule does not run here; use AWS::Scheduler::Schedule`)
  }
  const busArn = find(optionalText(properties, 'EventBusName'))
  if (busArn === undefined) throw new StartupError(`${logicalId}: its event bus is not in the template`)
  return {
    busArn,
    matches: compilePattern(properties.EventPattern, logicalId),
    targets: listOf(properties.Targets).map((target) =>
      readTarget(recordOf(target), logicalId, context.stack.arn(rule), context),
    ),
  }
}

function readTarget(target: Fields, rule: string, ruleArn: string, context: BusContext) {
  const { queues, functions, access, stack, invokeLater } = context
  const arn = textOf(target, 'Arn', rule)
  for (const key of Object.keys(target)) {
    if (!TARGET_KEYS.has(key)) throw new StartupError(`${rule}: target option ${key} is not supported here`)
  }
  const deadLetterArn = optionalText(recordOf(target.DeadLetterConfig), 'Arn')
  const queueArns = [
    ...(queues.byArn(arn) === undefined ? [] : [arn]),
    ...(deadLetterArn === undefined ? [] : [deadLetterArn]),
  ]
  for (const queueArn of queueArns) {
    if (queues.byArn(queueArn) === undefined)
      throw new StartupError(`${rule}: ${queueArn} is not in the template`)
    if (!access.queueAllows(queueArn, EVENTS, 'sqs:SendMessage', ruleArn)) {
      throw new StartupError(`${rule}: the policy of queue ${queueArn} does not let ${EVENTS} send to it`)
    }
  }
  const queue = queues.byArn(arn)
  if (queue !== undefined) return (envelope: string) => void queue.send(envelope)
  const fn = functions.find((item) => item.arn === functionArn(arn, stack))
  if (fn === undefined)
    throw new StartupError(`${rule}: target ${arn} does not run here (queues and functions do)`)
  if (!access.invokePermitted(fn.arn, EVENTS, ruleArn)) {
    throw new StartupError(`${rule}: no permission lets ${EVENTS} invoke ${fn.name}`)
  }
  return (envelope: string) => invokeLater(fn, envelope)
}
