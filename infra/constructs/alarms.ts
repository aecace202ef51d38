import { CfnOutput, Duration } from 'aws-cdk-lib'
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'

/** How often a metric is looked at, and how soon a person hears of it. */
export const ALARM_PERIOD = Duration.minutes(5)

/** What to do: the sections of the README's runbook, by their titles. */
export const RUNBOOK = [
  'Fees are not booked',
  'Events are in quarantine',
  'An era is not settled',
  'An era is held',
  'Payouts do not leave',
  'The API fails',
  'The table refuses requests',
] as const

export type Runbook = (typeof RUNBOOK)[number]

export interface Watch {
  metric: IMetric
  /** What a person loses while this lasts, in a sentence: the alarm's description begins with it. */
  impact: string
  runbook: Runbook
  /** Raised when the metric is above this (default 0). */
  above?: number
  /** Raised when the metric is below this, or missing, instead: for what must go on happening. */
  below?: number
  /** Periods in a row (default 1). */
  periods?: number
}

/** One topic that people listen to, and every alarm of the deployment. Stages without alarms make nothing. */
export class Alarms extends Construct {
  private readonly topic: Topic | undefined

  constructor(scope: Construct, id: string, { enabled }: { enabled: boolean }) {
    super(scope, id)
    if (!enabled) return
    this.topic = new Topic(this, 'Topic', { enforceSSL: true })
    new CfnOutput(scope, 'AlarmTopicArn', {
      value: this.topic.topicArn,
      description: 'Subscribe whoever is on call',
    })
  }

  /** Raises an alarm in words. */
  watch(
    scope: Construct,
    id: string,
    { metric, impact, runbook, above = 0, below, periods = 1 }: Watch,
  ): void {
    if (this.topic === undefined) return
    const alarm = new Alarm(scope, id, {
      metric,
      alarmDescription: `${impact} Runbook in the README: "${runbook}".`,
      evaluationPeriods: periods,
      ...(below === undefined
        ? {
            threshold: above,
            comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
            treatMissingData: TreatMissingData.NOT_BREACHING,
          }
        : {
            threshold: below,
            comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
            treatMissingData: TreatMissingData.BREACHING,
          }),
    })
    alarm.addAlarmAction(new SnsAction(this.topic))
  }
}
