import { setTimeout as sleep } from 'node:timers/promises'
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { clientConfigOf, type DeploymentValues, explainUnreachable } from './deployment.ts'

const POLL_MS = 250
/** SQS counts approximately: a queue is taken for empty when it has said so this many times in a row. */
const EMPTY_IN_A_ROW = 3

const COUNTS = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
] as const

/** Waits until a queue holds nothing: all that was sent before has been booked, or set aside. */
export async function waitUntilDrained(
  values: DeploymentValues,
  queueUrl: string,
  onWaiting: (messages: number) => void,
): Promise<void> {
  const client = new SQSClient(clientConfigOf(values))
  const wanted = values.aws ? EMPTY_IN_A_ROW : 1
  for (let empty = 0; empty < wanted; ) {
    const { Attributes = {} } = await client
      .send(new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [...COUNTS] }))
      .catch((cause: unknown) => Promise.reject(explainUnreachable(cause, values)))
    const messages = COUNTS.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0)
    empty = messages === 0 ? empty + 1 : 0
    if (messages > 0) onWaiting(messages)
    if (empty < wanted) await sleep(POLL_MS)
  }
}
