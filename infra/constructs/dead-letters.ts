import { Duration, Validations } from 'aws-cdk-lib'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { ALARM_PERIOD, type Runbook } from './alarms.ts'
import type { House } from './house.ts'

/** The longest that SQS keeps a message: two weeks to notice, understand and send it again. */
const RETENTION = Duration.days(14)

export interface DeadLettersProps {
  house: House
  /** What a person loses while something lies here. */
  impact: string
  runbook: Runbook
}

/** Where a hop puts what it could not hand on. Anything in it raises an alarm. */
export class DeadLetters extends Construct {
  readonly queue: Queue

  constructor(scope: Construct, id: string, { house, impact, runbook }: DeadLettersProps) {
    super(scope, id)
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: RETENTION,
    })
    const reason =
      'This is the last queue of its hop: what lies here waits for a person, whom the alarm calls.'
    Validations.of(this).acknowledge(
      { id: 'AwsSolutions-SQS3', reason },
      { id: 'Serverless-SQSRedrivePolicy', reason },
    )
    house.alarms.watch(this, 'NotEmpty', {
      metric: this.queue.metricApproximateNumberOfMessagesVisible({
        period: ALARM_PERIOD,
        statistic: 'Maximum',
      }),
      impact,
      runbook,
    })
  }
}
