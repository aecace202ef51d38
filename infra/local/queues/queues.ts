import type { OnEvent } from '../host-event.ts'
import { ServiceError } from '../service-error.ts'
import type { Stack } from '../stack/stack.ts'
import { isTrue, numberOf, recordOf, StartupError, textOf } from '../stack/values.ts'
import { createQueue, type Queue, type QueueSettings } from './queue.ts'

/** All queues of the template. */
export type Queues = {
  readonly all: readonly Queue[]
  /** Queues that are nobody's dead-letter queue. */
  readonly sources: readonly Queue[]
  readonly byArn: (arn: string) => Queue | undefined
  /** @throws ServiceError QueueDoesNotExist; only the name at the end of the URL counts. */
  readonly byUrl: (url: string) => Queue
  readonly byName: (name: string) => Queue | undefined
  readonly close: () => void
}

const DEFAULT_VISIBILITY_S = 30

/** @throws StartupError on a FIFO queue, or a redrive to a queue that is not in the template. */
export function createQueues(stack: Stack, onEvent: OnEvent): Queues {
  const byName = new Map<string, Queue>()
  const byArn = new Map<string, Queue>()
  const deadLetterArns = new Set<string>()
  for (const resource of stack.resources('AWS::SQS::Queue')) {
    const { name, logicalId, properties } = resource
    if (isTrue(properties.FifoQueue)) throw new StartupError(`${logicalId}: FIFO queues do not run here`)
    const arn = stack.arn(resource)
    const settings: QueueSettings = {
      name,
      arn,
      url: `${stack.hostUrl}/${stack.place.account}/${name}`,
      visibilityMs: numberOf(properties, 'VisibilityTimeout', DEFAULT_VISIBILITY_S) * 1000,
      delayMs: numberOf(properties, 'DelaySeconds', 0) * 1000,
      receiveWaitMs: numberOf(properties, 'ReceiveMessageWaitTimeSeconds', 0) * 1000,
      redrive: readRedrive(properties.RedrivePolicy, logicalId),
    }
    if (settings.redrive !== undefined) deadLetterArns.add(settings.redrive.deadLetterArn)
    const queue = createQueue(settings, (message, source) => {
      const target = byArn.get(source.redrive?.deadLetterArn ?? '')
      const reason = `received ${message.receiveCount} times`
      onEvent({ type: 'deadLetter', queue: source.name, messageId: message.messageId, reason })
      target?.accept(message)
    })
    byName.set(name, queue)
    byArn.set(arn, queue)
  }
  for (const arn of deadLetterArns) {
    if (!byArn.has(arn)) throw new StartupError(`The dead-letter queue ${arn} is not in the template`)
  }
  const all = [...byName.values()]
  return {
    all,
    sources: all.filter(({ settings }) => !deadLetterArns.has(settings.arn)),
    byArn: (arn) => byArn.get(arn),
    byName: (name) => byName.get(name),
    byUrl: (url) => {
      const queue = byName.get(url.split('/').at(-1) ?? '')
      if (queue === undefined) {
        throw new ServiceError('QueueDoesNotExist', `The specified queue does not exist: ${url}`)
      }
      return queue
    },
    close: () => {
      for (const queue of all) queue.close()
    },
  }
}

function readRedrive(policy: unknown, logicalId: string): QueueSettings['redrive'] {
  if (policy === undefined) return undefined
  const fields = recordOf(typeof policy === 'string' ? JSON.parse(policy) : policy)
  return {
    deadLetterArn: textOf(fields, 'deadLetterTargetArn', `${logicalId}.RedrivePolicy`),
    maxReceiveCount: numberOf(fields, 'maxReceiveCount', 10),
  }
}
