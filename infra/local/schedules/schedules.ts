import { randomUUID } from 'node:crypto'
import type { OnEvent } from '../host-event.ts'
import { type Access, functionArn } from '../iam/access.ts'
import type { LambdaFunction } from '../lambda/functions.ts'
import type { Later } from '../lambda/later.ts'
import type { Resource, Stack } from '../stack/stack.ts'
import { optionalText, recordOf, StartupError, textOf } from '../stack/values.ts'
import type { Machines } from '../states/machines.ts'
import { readExpression } from './expression.ts'

export type Schedules = { readonly start: () => void; readonly stop: () => void }

type ScheduleContext = {
  readonly stack: Stack
  readonly functions: readonly LambdaFunction[]
  readonly machines: Machines
  readonly access: Access
  readonly later: Later
  readonly onEvent: OnEvent
}

const SCHEDULER = 'scheduler.amazonaws.com'
const MINUTE_MS = 60_000

/**
 * The template's EventBridge schedules. As on AWS, a rate fires at once and then at its interval.
 * @throws StartupError on an expression or target that does not run here, and on a role that may not call its target.
 */
export function createSchedules(context: ScheduleContext): Schedules {
  const starters = context.stack
    .resources('AWS::Scheduler::Schedule')
    .filter(({ properties }) => properties.State !== 'DISABLED')
    .map((resource) => readSchedule(resource, context))
  let stops: readonly (() => void)[] = []
  return {
    start: () => {
      stops = starters.map((start) => start())
    },
    stop: () => {
      for (const stop of stops) stop()
    },
  }
}

function readSchedule(resource: Resource, context: ScheduleContext): () => () => void {
  const { logicalId, properties } = resource
  const zone = optionalText(properties, 'ScheduleExpressionTimezone') ?? 'UTC'
  const timing = readExpression(textOf(properties, 'ScheduleExpression', logicalId), logicalId)
  if (timing.kind === 'cron' && !['UTC', 'Etc/UTC'].includes(zone)) {
    throw new StartupError(`${logicalId}: time zone ${zone} does not run here, only UTC`)
  }
  const call = readTarget(resource, context)
  const fire = (atMs: number) => {
    try {
      call(atMs)
    } catch (error) {
      context.onEvent({ type: 'problem', message: `${logicalId}: ${String(error)}` })
    }
  }
  if (timing.kind === 'rate') {
    return () => {
      fire(Date.now())
      const timer = setInterval(() => fire(Date.now()), timing.everyMs)
      return () => clearInterval(timer)
    }
  }
  return () => {
    let timer: NodeJS.Timeout | undefined
    const wait = () => {
      const nextMs = (Math.floor(Date.now() / MINUTE_MS) + 1) * MINUTE_MS
      timer = setTimeout(() => {
        if (timing.fires(new Date(nextMs))) fire(nextMs)
        wait()
      }, nextMs - Date.now())
    }
    wait()
    return () => clearTimeout(timer)
  }
}

function readTarget(resource: Resource, context: ScheduleContext): (atMs: number) => void {
  const { logicalId, properties } = resource
  const { stack, functions, machines, access, later } = context
  const target = recordOf(properties.Target)
  const arn = textOf(target, 'Arn', `${logicalId}.Target`)
  const roleArn = textOf(target, 'RoleArn', `${logicalId}.Target`)
  access.requireTrust(roleArn, SCHEDULER, scheduleArn(resource, stack))
  const input = (atMs: number) => {
    const text = optionalText(target, 'Input') ?? '{}'
    return text
      .replaceAll('<aws.scheduler.scheduled-time>', `${new Date(atMs).toISOString().slice(0, 19)}Z`)
      .replaceAll('<aws.scheduler.execution-id>', randomUUID())
  }
  if (machines.arns.includes(arn)) {
    access.requireGrant(roleArn, 'states:StartExecution', arn, logicalId)
    return (atMs) => void machines.start(arn, input(atMs))
  }
  const fn = functions.find((item) => item.arn === functionArn(arn, stack))
  if (fn === undefined || !arn.includes(':lambda:')) {
    throw new StartupError(`${logicalId}: target ${arn} does not run here (functions and state machines do)`)
  }
  access.requireGrant(roleArn, 'lambda:InvokeFunction', arn, logicalId)
  return (atMs) => later.invoke(fn, input(atMs))
}

function scheduleArn(resource: Resource, stack: Stack): string {
  const { partition, region, account } = stack.place
  const group = optionalText(resource.properties, 'GroupName') ?? 'default'
  return `arn:${partition}:scheduler:${region}:${account}:schedule/${group}/${resource.name}`
}
