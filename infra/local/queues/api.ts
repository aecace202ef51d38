import { createHash } from 'node:crypto'
import type { Access, Caller } from '../iam/access.ts'
import { ServiceError } from '../service-error.ts'
import { type Fields, listOf, numberOf, recordOf, textsOf } from '../stack/values.ts'
import type { Message, Queue } from './queue.ts'
import type { Queues } from './queues.ts'

/** Answers one call of the SQS JSON protocol. */
export type QueueApi = (operation: string, input: Fields, caller: Caller) => Promise<Fields>

/** SQS's limit for a message, and for a batch in sum, in bytes. */
const MAX_MESSAGE_BYTES = 1024 * 1024
const MAX_BATCH_ENTRIES = 10
const MAX_WAIT_MS = 20_000

/** Which action of IAM an operation is checked as, where the name differs. */
const ACTION: Readonly<Record<string, string>> = {
  SendMessageBatch: 'SendMessage',
  DeleteMessageBatch: 'DeleteMessage',
  ChangeMessageVisibilityBatch: 'ChangeMessageVisibility',
}

/** @throws ServiceError from each call, with SQS's own codes. */
export function createQueueApi(queues: Queues, access: Access): QueueApi {
  return async (operation, input, caller) => {
    if (operation === 'ListQueues') {
      access.authorize(caller, 'sqs:ListQueues', '*')
      const prefix = typeof input.QueueNamePrefix === 'string' ? input.QueueNamePrefix : ''
      const found = queues.all.filter(({ settings }) => settings.name.startsWith(prefix))
      return { QueueUrls: found.map(({ settings }) => settings.url) }
    }
    if (operation === 'StartMessageMoveTask') return moveTask(input, caller, queues, access)
    const queue = queues.byUrl(String(input.QueueUrl ?? input.QueueName))
    access.authorize(caller, `sqs:${ACTION[operation] ?? operation}`, queue.settings.arn)
    switch (operation) {
      case 'GetQueueUrl':
        return { QueueUrl: queue.settings.url }
      case 'GetQueueAttributes':
        return { Attributes: attributesOf(queue, textsOf(input.AttributeNames)) }
      case 'SendMessage':
        return sendMessage(queue, input)
      case 'SendMessageBatch':
        return sendBatch(queue, input)
      case 'ReceiveMessage':
        return receive(queue, input)
      case 'DeleteMessage':
        queue.remove(String(input.ReceiptHandle))
        return {}
      case 'DeleteMessageBatch':
        return {
          Successful: entriesOf(input).map(({ Id, ReceiptHandle }) => {
            queue.remove(String(ReceiptHandle))
            return { Id }
          }),
          Failed: [],
        }
      case 'ChangeMessageVisibility':
        if (
          !queue.changeVisibility(String(input.ReceiptHandle), numberOf(input, 'VisibilityTimeout', 0) * 1000)
        ) {
          throw new ServiceError('MessageNotInflight', 'The message is not in flight')
        }
        return {}
      case 'PurgeQueue':
        queue.purge()
        return {}
      default:
        throw new ServiceError('UnknownOperationException', `The local host does not answer SQS ${operation}`)
    }
  }
}

function sendMessage(queue: Queue, input: Fields): Fields {
  const body = String(input.MessageBody ?? '')
  if (body === '')
    throw new ServiceError('MissingParameter', 'The request must contain the parameter MessageBody.')
  requireSize(Buffer.byteLength(body))
  const delayMs = input.DelaySeconds === undefined ? undefined : numberOf(input, 'DelaySeconds', 0) * 1000
  const message = queue.send(body, input.MessageAttributes, delayMs)
  return {
    MessageId: message.messageId,
    MD5OfMessageBody: message.md5,
    ...(input.MessageAttributes === undefined ? {} : { MD5OfMessageAttributes: md5OfAttributes(input) }),
  }
}

function sendBatch(queue: Queue, input: Fields): Fields {
  const entries = entriesOf(input)
  requireSize(entries.reduce((sum, entry) => sum + Buffer.byteLength(String(entry.MessageBody ?? '')), 0))
  return { Successful: entries.map((entry) => ({ Id: entry.Id, ...sendMessage(queue, entry) })), Failed: [] }
}

function requireSize(bytes: number): void {
  if (bytes <= MAX_MESSAGE_BYTES) return
  throw new ServiceError(
    'InvalidParameterValue',
    `${bytes} bytes are more than SQS takes (${MAX_MESSAGE_BYTES})`,
  )
}

function entriesOf(input: Fields): readonly Fields[] {
  const entries = listOf(input.Entries).map(recordOf)
  if (entries.length === 0) throw new ServiceError('EmptyBatchRequest', 'The batch has no entries')
  if (entries.length > MAX_BATCH_ENTRIES) {
    throw new ServiceError(
      'TooManyEntriesInBatchRequest',
      `${entries.length} entries; at most ${MAX_BATCH_ENTRIES}`,
    )
  }
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length) {
    throw new ServiceError('BatchEntryIdsNotDistinct', 'Two entries of the batch have the same Id')
  }
  return entries
}

async function receive(queue: Queue, input: Fields): Promise<Fields> {
  const max = Math.min(numberOf(input, 'MaxNumberOfMessages', 1), MAX_BATCH_ENTRIES)
  const waitMs = Math.min(
    numberOf(input, 'WaitTimeSeconds', queue.settings.receiveWaitMs / 1000) * 1000,
    MAX_WAIT_MS,
  )
  const visibilityMs = numberOf(input, 'VisibilityTimeout', queue.settings.visibilityMs / 1000) * 1000
  if (waitMs > 0 && queue.depth().visible === 0) await becomesVisible(queue, waitMs)
  const receipts = queue.receive(max, undefined, visibilityMs)
  if (receipts.length === 0) return {}
  return {
    Messages: receipts.map(({ handle, message }) => ({
      MessageId: message.messageId,
      ReceiptHandle: handle,
      Body: JSON.parse(message.bodyJson),
      MD5OfBody: message.md5,
      Attributes: messageAttributes(message),
      ...(message.attributes === undefined ? {} : { MessageAttributes: message.attributes }),
    })),
  }
}

function messageAttributes(message: Message): Fields {
  return {
    ApproximateReceiveCount: String(message.receiveCount),
    SentTimestamp: String(message.sentMs),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedMs),
    ...(message.deadLetterSource === undefined ? {} : { DeadLetterQueueSourceArn: message.deadLetterSource }),
  }
}

function becomesVisible(queue: Queue, waitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      stop()
      resolve()
    }
    const timer = setTimeout(done, waitMs)
    const stop = queue.onChange(() => {
      if (queue.depth().visible > 0) done()
    })
  })
}

function attributesOf(queue: Queue, names: readonly string[]): Fields {
  const { visible, inFlight, delayed } = queue.depth()
  const { arn, visibilityMs, delayMs, redrive } = queue.settings
  const all: Record<string, string> = {
    QueueArn: arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    VisibilityTimeout: String(visibilityMs / 1000),
    DelaySeconds: String(delayMs / 1000),
  }
  if (redrive !== undefined) {
    const { deadLetterArn, maxReceiveCount } = redrive
    all.RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadLetterArn, maxReceiveCount })
  }
  if (names.includes('All')) return all
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)))
}

/** Moves a dead-letter queue's visible messages to where they came from, or to DestinationArn, at once. */
function moveTask(input: Fields, caller: Caller, queues: Queues, access: Access): Fields {
  const sourceArn = String(input.SourceArn)
  const source = queues.byArn(sourceArn)
  if (source === undefined) throw new ServiceError('ResourceNotFoundException', `No queue ${sourceArn}`)
  access.authorize(caller, 'sqs:StartMessageMoveTask', sourceArn)
  const destination = typeof input.DestinationArn === 'string' ? input.DestinationArn : undefined
  const givers = queues.all.filter(({ settings }) => settings.redrive?.deadLetterArn === sourceArn)
  if (givers.length === 0) {
    throw new ServiceError('InvalidParameterValue', `${sourceArn} is not a dead-letter queue`)
  }
  for (const message of source.takeAll()) {
    const target = queues.byArn(destination ?? message.deadLetterSource ?? '') ?? givers[0]
    target?.accept(message)
  }
  return { TaskHandle: Buffer.from(`${sourceArn} ${Date.now()}`).toString('base64') }
}

/** The digest SDKs compare: attributes by name, each as length-prefixed name, type and value. */
function md5OfAttributes(input: Fields): string {
  const hash = createHash('md5')
  const prefixed = (bytes: Buffer) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.byteLength)
    hash.update(length).update(bytes)
  }
  for (const [name, raw] of Object.entries(recordOf(input.MessageAttributes)).sort(([a], [b]) =>
    a < b ? -1 : 1,
  )) {
    const { DataType, StringValue, BinaryValue } = recordOf(raw)
    prefixed(Buffer.from(name))
    prefixed(Buffer.from(String(DataType)))
    const isBinary = typeof BinaryValue === 'string'
    hash.update(Buffer.from([isBinary ? 2 : 1]))
    prefixed(isBinary ? Buffer.from(BinaryValue, 'base64') : Buffer.from(String(StringValue)))
  }
  return hash.digest('hex')
}
