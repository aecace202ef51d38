import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib'
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { ALARM_PERIOD, type Runbook } from './alarms.ts'
import type { Entry } from './bundles.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { House } from './house.ts'

/** One full processor: what work on many events needs. Below it Lambda gives a share of one, by memory. */
export const FULL_PROCESSOR_MB = 1_769

/** Enough for a few reads and an answer; half a gigabyte starts in half the time of the smallest size. */
export const SMALL_MB = 512

/** Who waits for the function's answer and keeps what it could not do; the schedule waits for nobody. */
export type Caller =
  | { waits: 'API Gateway' | 'state machine' | 'queue' | 'operator' }
  | { deadLetters: DeadLetters }

export interface HouseFunctionProps {
  house: House
  entry: Entry
  /** What a person loses when this fails, in a sentence. It is what whoever is woken by the alarm reads first. */
  errorImpact: string
  calledBy: Caller
  memoryMb: number
  timeoutSeconds: number
  environment?: Record<string, string>
}

const KEEPS: Record<'API Gateway' | 'state machine' | 'queue' | 'operator', string> = {
  'API Gateway': 'API Gateway waits for the answer and tells the caller of a failure, who asks again.',
  'state machine': 'The state machine waits for the answer, retries, and keeps the failure in its execution.',
  queue:
    'SQS keeps every message until the function has answered for it, and has a dead-letter queue of its own.',
  operator:
    'An operator waits for the answer and sees the failure; what was to be replayed stays in quarantine.',
}

/** What to do when a function fails, by its folder. */
type Group = Entry extends `${infer Folder}/${string}` ? Folder : never
const RUNBOOK_OF: Record<Group, Runbook> = {
  ingest: 'Fees are not booked',
  settlement: 'An era is not settled',
  payouts: 'Payouts do not leave',
  api: 'The API fails',
}

/**
 * A function as this house builds them: Node 24 on arm64, its own role with nothing but what it is granted, its
 * own log group, traces, and an alarm that says what a person loses.
 */
export class HouseFunction extends Construct {
  readonly lambda: LambdaFunction
  readonly timeoutSeconds: number

  constructor(scope: Construct, id: string, props: HouseFunctionProps) {
    super(scope, id)
    const { house, entry, calledBy, timeoutSeconds } = props
    const logGroup = new LogGroup(this, 'Log', {
      retention: house.config.logRetentionDays,
      removalPolicy: house.config.books.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    })
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
    logGroup.grantWrite(role)
    this.timeoutSeconds = timeoutSeconds
    this.lambda = new LambdaFunction(this, 'Function', {
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: house.bundles.code(entry),
      handler: 'index.handler',
      role,
      logGroup,
      tracing: Tracing.ACTIVE,
      memorySize: props.memoryMb,
      timeout: Duration.seconds(timeoutSeconds),
      description: `If it fails: ${props.errorImpact}`,
      environment: {
        STAGE: house.stage,
        NODE_OPTIONS: '--enable-source-maps',
        POWERTOOLS_SERVICE_NAME: entry,
        POWERTOOLS_METRICS_NAMESPACE: 'Exchequer',
        ...props.environment,
      },
      ...('deadLetters' in calledBy ? { deadLetterQueue: calledBy.deadLetters.queue } : {}),
    })
    this.watchFailures(house, props)
    this.acknowledge(calledBy)
  }

  /** Grants these actions on these resources, and no others. */
  allow(actions: string[], resources: string[]): void {
    this.lambda.addToRolePolicy(new PolicyStatement({ actions, resources }))
  }

  private watchFailures(house: House, { entry, errorImpact }: HouseFunctionProps): void {
    house.alarms.watch(this, 'Failing', {
      metric: new MathExpression({
        label: 'errors and throttles',
        expression: 'errors + throttles',
        usingMetrics: { errors: this.lambda.metricErrors(), throttles: this.lambda.metricThrottles() },
        period: ALARM_PERIOD,
      }),
      impact: errorImpact,
      runbook: RUNBOOK_OF[entry.split('/')[0] as Group],
    })
  }

  private acknowledge(calledBy: Caller): void {
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'Sending traces to X-Ray (PutTraceSegments, PutTelemetryRecords) knows no resource. Nothing else is granted on "*".',
    })
    if ('waits' in calledBy) {
      Validations.of(this).acknowledge({
        id: 'Serverless-LambdaDLQ',
        reason: `Never invoked asynchronously. ${KEEPS[calledBy.waits]}`,
      })
    }
  }
}
