import type { OnEvent } from '../host-event.ts'
import type { Access } from '../iam/access.ts'
import { functionArn } from '../iam/access.ts'
import { type LambdaFunction, MAX_EVENT_BYTES } from '../lambda/functions.ts'
import type { Outcome } from '../lambda/instance.ts'
import type { Pool } from '../lambda/pool.ts'
import type { Resource, Stack } from '../stack/stack.ts'
import { isRecord, numberOf, recordOf, StartupError, textOf, textsOf } from '../stack/values.ts'
import type { Queue, Receipt } from './queue.ts'
import type { Queues } from './queues.ts'

/** Feeds a function from a queue, in batches. */
export type SourceMapping = { readonly stop: () => void; readonly running: () => number }

const MAX_BATCH = 10_000
/** Invocations at a time of a mapping that names no limit; the pool's own limit holds as well. */
const DEFAULT_CONCURRENCY = 5
const NEEDED_ACTIONS = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'] as const
const KNOWN_PROPERTIES: ReadonlySet<string> = new Set([
  'BatchSize',
  'Enabled',
  'EventSourceArn',
  'FunctionName',
  'FunctionResponseTypes',
  'MaximumBatchingWindowInSeconds',
  'ScalingConfig',
  'Tags',
])

type MappingContext = {
  readonly stack: Stack
  readonly queues: Queues
  readonly functions: readonly LambdaFunction[]
  readonly access: Access
  readonly pool: Pool
  readonly onEvent: OnEvent
}

/** @throws StartupError where AWS would refuse the mapping: missing grants, sizes, visibility under the timeout. */
export function startMappings(context: MappingContext): readonly SourceMapping[] {
  const mappings = context.stack.resources('AWS::Lambda::EventSourceMapping')
  return mappings
    .filter(({ properties }) => properties.Enabled !== false)
    .map((raw) => startMapping(raw, context))
}

function startMapping({ logicalId, properties }: Resource, context: MappingContext): SourceMapping {
  const { stack, queues, functions, access, pool, onEvent } = context
  for (const key of Object.keys(properties)) {
    if (!KNOWN_PROPERTIES.has(key)) throw new StartupError(`${logicalId}: ${key} is not supported here`)
  }
  const queueArn = textOf(properties, 'EventSourceArn', logicalId)
  const queue = queues.byArn(queueArn)
  if (queue === undefined) throw new StartupError(`${logicalId}: ${queueArn} is not a queue of the template`)
  const target = functionArn(textOf(properties, 'FunctionName', logicalId), stack)
  const fn = functions.find(({ arn }) => arn === target)
  if (fn === undefined) throw new StartupError(`${logicalId}: ${target} is not a function of the template`)
  for (const action of NEEDED_ACTIONS) access.requireGrant(fn.roleArn, action, queueArn, logicalId)

  const batchSize = numberOf(properties, 'BatchSize', 10)
  const windowMs = numberOf(properties, 'MaximumBatchingWindowInSeconds', 0) * 1000
  const concurrency = numberOf(recordOf(properties.ScalingConfig), 'MaximumConcurrency', DEFAULT_CONCURRENCY)
  const partial = textsOf(properties.FunctionResponseTypes).includes('ReportBatchItemFailures')
  if (batchSize > MAX_BATCH || (batchSize > 10 && windowMs === 0)) {
    throw new StartupError(
      `${logicalId}: a batch of ${batchSize} needs a window of 1 s, and is at most ${MAX_BATCH}`,
    )
  }
  if (queue.settings.visibilityMs < fn.timeoutMs) {
    throw new StartupError(
      `${logicalId}: visibility timeout of ${queue.settings.name} (${queue.settings.visibilityMs / 1000} s) ` +
        `is less than the timeout of ${fn.name} (${fn.timeoutMs / 1000} s)`,
    )
  }

  let running = 0
  let stopped = false
  let timer: NodeJS.Timeout | undefined

  /** Whether a batch is due: full by count or size, or its oldest message has waited for the window. */
  const dueInMs = (): number | undefined => {
    const sinceMs = queue.waitingSinceMs()
    if (sinceMs === undefined) return undefined
    if (windowMs === 0 || queue.fills(batchSize, MAX_EVENT_BYTES)) return 0
    return Math.max(0, sinceMs + windowMs - Date.now())
  }
  const pump = () => {
    clearTimeout(timer)
    while (!stopped && running < concurrency) {
      const inMs = dueInMs()
      if (inMs === undefined) return
      if (inMs > 0) {
        timer = setTimeout(pump, inMs)
        timer.unref()
        return
      }
      void deliver(queue.receive(batchSize, MAX_EVENT_BYTES))
    }
  }
  const deliver = async (receipts: readonly Receipt[]) => {
    running++
    try {
      const event = `{"Records":[${receipts.map((receipt) => recordJson(receipt, queue, stack)).join(',')}]}`
      const outcome = await pool.invoke(fn, event, { priority: 'background', whenReserved: 'wait' })
      const failed = failedIds(outcome, receipts, partial)
      for (const { handle, message } of receipts) if (!failed.has(message.messageId)) queue.remove(handle)
    } catch (error) {
      // Not delivered at all: the messages come back after their visibility timeout.
      if (!stopped) onEvent({ type: 'problem', message: `${logicalId}: ${String(error)}` })
    } finally {
      running--
      pump()
    }
  }

  const unsubscribe = queue.onChange(pump)
  pump()
  return {
    running: () => running,
    stop: () => {
      stopped = true
      clearTimeout(timer)
      unsubscribe()
    },
  }
}

/** Ids of the messages that stay in the queue, by the rules of ReportBatchItemFailures. */
function failedIds(outcome: Outcome, receipts: readonly Receipt[], partial: boolean): ReadonlySet<string> {
  const all = new Set(receipts.map(({ message }) => message.messageId))
  if (outcome.error !== undefined) return all
  if (!partial) return new Set()
  const answer: unknown = JSON.parse(outcome.payload)
  if (answer === null || (isRecord(answer) && (answer.batchItemFailures ?? null) === null)) return new Set()
  if (!isRecord(answer) || !Array.isArray(answer.batchItemFailures)) return all
  const failed = answer.batchItemFailures.map((item) => recordOf(item).itemIdentifier)
  // An id that is not of this batch means the function is confused: Lambda takes the whole batch as failed.
  if (!failed.every((id) => typeof id === 'string' && all.has(id))) return all
  return new Set(failed.map(String))
}

function recordJson({ handle, message }: Receipt, queue: Queue, stack: Stack): string {
  const attributes = {
    ApproximateReceiveCount: String(message.receiveCount),
    SentTimestamp: String(message.sentMs),
    SenderId: stack.place.account,
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedMs),
  }
  return (
    `{"messageId":"${message.messageId}","receiptHandle":"${handle}","body":${message.bodyJson},` +
    `"attributes":${JSON.stringify(attributes)},"messageAttributes":${lambdaAttributes(message.attributes)},` +
    `"md5OfBody":"${message.md5}","eventSource":"aws:sqs","eventSourceARN":"${queue.settings.arn}",` +
    `"awsRegion":"${stack.place.region}"}`
  )
}

/** Message attributes as Lambda spells them: keys start in lower case. */
function lambdaAttributes(attributes: unknown): string {
  if (!isRecord(attributes)) return '{}'
  const entries = Object.entries(attributes).map(([name, value]) => {
    const { StringValue, BinaryValue, DataType } = recordOf(value)
    const shown = { stringValue: StringValue, binaryValue: BinaryValue, dataType: DataType }
    return [name, { ...shown, stringListValues: [], binaryListValues: [] }] as const
  })
  return JSON.stringify(Object.fromEntries(entries))
}
