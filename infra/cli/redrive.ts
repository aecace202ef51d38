import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { ExchequerError } from '../../shared/domain/errors.ts'
import { defineCommand, readWhole, runCommand, type Values } from './command.ts'
import { clientConfigOf, DEPLOYMENT_OPTIONS, explainUnreachable, readOutputs } from './deployment.ts'
import { plural, progressOn } from './terminal.ts'

/** What SQS takes at once. A message of the intake has at most a quarter of its 1 MB, so few of them are sent together. */
const MAX_BATCH = 4

const options = {
  limit: { value: 'COUNT', describe: 'The most messages that are sent again.', default: '100000' },
  ...DEPLOYMENT_OPTIONS,
} as const

export const redrive = defineCommand({
  name: 'redrive',
  summary:
    'Sends what lies in the dead letters of the intake to it again. What was booked before counts once all the same.',
  options,
  examples: ['', '--limit 10', '--aws --stack exchequer-prod'],
  run,
})

async function run(values: Values<typeof options>): Promise<void> {
  const limit = readWhole('limit', values.limit, 1, 999_999_999)
  const outputs = await readOutputs(values)
  const client = new SQSClient(clientConfigOf(values))
  const progress = progressOn(process.stderr)
  let sent = 0
  for (const from of [outputs('UndeliveredDlqUrl'), outputs('IntakeDlqUrl')]) {
    while (sent < limit) {
      const moved = await move(
        client,
        from,
        outputs('IntakeQueueUrl'),
        Math.min(MAX_BATCH, limit - sent),
      ).catch((cause: unknown) => Promise.reject(explainUnreachable(cause, values)))
      if (moved === 0) break
      sent += moved
      progress.show(`${plural(sent, 'message')} sent again`)
    }
  }
  progress.clear()
  process.stdout.write(`${plural(sent, 'message')} sent to the intake again\n`)
}

/** Moves some messages, each sent before it is deleted: cut off in between, it is in both. Answers with how many. */
async function move(client: SQSClient, from: string, to: string, most: number): Promise<number> {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({ QueueUrl: from, MaxNumberOfMessages: most, WaitTimeSeconds: 1 }),
  )
  if (Messages.length === 0) return 0
  const sent = await client.send(
    new SendMessageBatchCommand({
      QueueUrl: to,
      Entries: Messages.map(({ Body }, i) => ({ Id: String(i), MessageBody: Body })),
    }),
  )
  const [refused] = sent.Failed ?? []
  if (refused)
    throw new ExchequerError(
      'NotSent',
      `the intake did not take a message, which stays where it is: ${refused.Code} ${refused.Message ?? ''}`,
    )
  const { Failed: left = [] } = await client.send(
    new DeleteMessageBatchCommand({
      QueueUrl: from,
      Entries: Messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle })),
    }),
  )
  if (left[0])
    throw new ExchequerError(
      'NotDeleted',
      `a message that was sent again is still a dead letter: ${left[0].Code}`,
    )
  return Messages.length
}

if (import.meta.main) await runCommand(redrive)
