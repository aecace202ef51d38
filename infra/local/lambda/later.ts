import type { OnEvent } from '../host-event.ts'
import { functionArn } from '../iam/access.ts'
import type { Queues } from '../queues/queues.ts'
import type { Stack } from '../stack/stack.ts'
import { numberOf, optionalText, recordOf, StartupError, textOf } from '../stack/values.ts'
import type { LambdaFunction } from './functions.ts'
import type { Outcome } from './instance.ts'
import type { Pool } from './pool.ts'

/** Invokes functions asynchronously, as Lambda does for events: nobody waits, failures are tried again. */
export type Later = {
  readonly invoke: (fn: LambdaFunction, event: string) => void
  readonly close: () => void
}

type Settings = { readonly retries: number; readonly onFailureArn: string | undefined }

const DEFAULT_RETRIES = 2
/** Lambda waits a minute before the first retry and two before the second. */
const RETRY_WAIT_MS = [60_000, 120_000] as const

/** @throws StartupError when a failure destination is not a queue of the template. */
export function createLater(stack: Stack, queues: Queues, pool: Pool, onEvent: OnEvent): Later {
  const settings = readSettings(stack, queues)
  const timers = new Set<NodeJS.Timeout>()
  let closed = false

  const attempt = async (fn: LambdaFunction, event: string, retry: number): Promise<void> => {
    const { retries, onFailureArn } = settings.get(fn.arn) ?? {
      retries: DEFAULT_RETRIES,
      onFailureArn: undefined,
    }
    const outcome = await pool.invoke(fn, event, { priority: 'background', whenReserved: 'wait' })
    if (outcome.error === undefined || closed) return
    if (retry < retries) {
      const timer = setTimeout(() => {
        timers.delete(timer)
        run(fn, event, retry + 1)
      }, RETRY_WAIT_MS[retry] ?? RETRY_WAIT_MS[1])
      timer.unref()
      timers.add(timer)
      return
    }
    queues.byArn(onFailureArn ?? '')?.send(failureRecord(fn, event, outcome, retry + 1))
  }
  const run = (fn: LambdaFunction, event: string, retry: number) => {
    attempt(fn, event, retry).catch((error: unknown) => {
      if (!closed) onEvent({ type: 'problem', message: `Invoking ${fn.name}: ${String(error)}` })
    })
  }
  return {
    invoke: (fn, event) => run(fn, event, 0),
    close: () => {
      closed = true
      for (const timer of timers) clearTimeout(timer)
    },
  }
}

function readSettings(stack: Stack, queues: Queues): ReadonlyMap<string, Settings> {
  const settings = new Map<string, Settings>()
  const requireQueue = (arn: string | undefined, where: string) => {
    if (arn !== undefined && queues.byArn(arn) === undefined) {
      throw new StartupError(`${where}: failure destination ${arn} is not a queue of the template`)
    }
    return arn
  }
  for (const resource of stack.resources('AWS::Lambda::Function')) {
    const arn = optionalText(recordOf(resource.properties.DeadLetterConfig), 'TargetArn')
    if (arn === undefined) continue
    settings.set(stack.arn(resource), {
      retries: DEFAULT_RETRIES,
      onFailureArn: requireQueue(arn, resource.logicalId),
    })
  }
  for (const { logicalId, properties } of stack.resources('AWS::Lambda::EventInvokeConfig')) {
    const arn = functionArn(textOf(properties, 'FunctionName', logicalId), stack)
    const onFailure = recordOf(recordOf(properties.DestinationConfig).OnFailure)
    settings.set(arn, {
      retries: numberOf(properties, 'MaximumRetryAttempts', DEFAULT_RETRIES),
      onFailureArn:
        requireQueue(optionalText(onFailure, 'Destination'), logicalId) ?? settings.get(arn)?.onFailureArn,
    })
  }
  return settings
}

function failureRecord(fn: LambdaFunction, event: string, outcome: Outcome, attempts: number): string {
  return JSON.stringify({
    version: '1.0',
    timestamp: new Date().toISOString(),
    requestContext: { functionArn: fn.arn, condition: 'RetriesExhausted', approximateInvokeCount: attempts },
    requestPayload: JSON.parse(event),
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: outcome.error,
  })
}
