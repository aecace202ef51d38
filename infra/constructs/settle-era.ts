import { Arn, ArnFormat, Aws, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import {
  Choice,
  Condition,
  DefinitionBody,
  Errors,
  Fail,
  type IChainable,
  JitterType,
  JsonPath,
  LogLevel,
  Map as MapState,
  type RetryProps,
  StateMachine,
  StateMachineType,
  Succeed,
  type TaskStateBase,
  Timeout,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions'
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks'
import { Construct } from 'constructs'
import { ALARM_PERIOD } from './alarms.ts'
import type { House } from './house.ts'
import type { HouseFunction } from './house-function.ts'
import type { Steps } from './settlement.ts'

/** The most iterations that an inline Map runs side by side. */
const MAP_CONCURRENCY = 40

/** Longer than any settlement takes; one that hangs ends here, and the next tick makes another attempt. */
const EXECUTION_TIMEOUT = Duration.hours(6)

/** What the machine waits beyond a function's own limit, so that the function's error is what is seen. */
const TASK_MARGIN_SECONDS = 10

/**
 * When a step is tried again. A step may run any number of times, in two places at once, and be cut off anywhere,
 * so everything is worth another try, except what would only fail in the same way.
 */
const RETRIES: RetryProps[] = [
  {
    // A broken invariant means that money would be wrong: it stops here, and a person looks.
    errors: ['InvariantBroken', 'InvalidInput', 'InvalidPolicy', 'SettingMissing', 'SettingInvalid'],
    maxAttempts: 0,
  },
  {
    errors: [
      'Lambda.TooManyRequestsException',
      'Lambda.ServiceException',
      'Lambda.AWSLambdaException',
      'Lambda.SdkClientException',
      'Lambda.Unknown',
      Errors.TIMEOUT,
      // Whatever else a function throws: a throttled table, a lost connection, a race that another one won.
      Errors.TASKS_FAILED,
    ],
    interval: Duration.seconds(2),
    backoffRate: 2,
    maxDelay: Duration.seconds(60),
    maxAttempts: 6,
    jitterStrategy: JitterType.FULL,
  },
]

export interface SettleEraProps {
  house: House
  steps: Steps
}

/** The state machine that settles one era. Input: `{ "era": n }`. The order of its steps is the order of this file. */
export class SettleEra extends Construct {
  readonly machine: StateMachine
  private readonly name = `${Aws.STACK_NAME}-settle-era`

  constructor(scope: Construct, id: string, { house, steps }: SettleEraProps) {
    super(scope, id)
    const failed = new Fail(this, 'SettlementFailed', {
      errorPath: '$.failure.Error',
      causePath: '$.failure.Cause',
    })
    const logGroup = new LogGroup(this, 'Log', {
      retention: house.config.logRetentionDays,
      removalPolicy: house.config.books.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    })
    this.machine = new StateMachine(this, 'Machine', {
      // Named, because a step of the machine starts the machine: neither can refer to the other.
      stateMachineName: this.name,
      comment:
        'Settles one era: closes it, counts its events, shares its profit, credits the accounts, seals it',
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromChainable(this.define(steps, failed)),
      role: this.makeRole(steps).withoutPolicyUpdates(),
      timeout: EXECUTION_TIMEOUT,
      tracingEnabled: true,
      logs: { destination: logGroup, level: LogLevel.ALL, includeExecutionData: true },
    })
    this.watchFailures(house)
  }

  /** Lets a function start settlements, look whether they run, and tells it the machine's ARN. */
  allowStart(starter: HouseFunction): void {
    const arn = this.formatArn('stateMachine', this.name)
    starter.lambda.addEnvironment('STATE_MACHINE_ARN', arn)
    starter.allow(['states:StartExecution'], [arn])
    starter.allow(['states:DescribeExecution'], [this.formatArn('execution', `${this.name}:*`)])
    Validations.of(starter).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<AWS::StackName>-settle-era:*]',
      reason:
        'An execution is known by its name only once it has been started; these are all of this one machine.',
    })
  }

  private define(steps: Steps, failed: Fail): IChainable {
    const call = (id: string, step: HouseFunction) => this.task(id, step).addCatch(failed, CATCH)
    const forEach = (id: string, itemsPath: string, item: IChainable) =>
      new MapState(this, id, { itemsPath, maxConcurrency: MAP_CONCURRENCY, resultPath: JsonPath.DISCARD })
        .itemProcessor(item)
        .addCatch(failed, CATCH)

    const close = this.task('Close', steps.close, 'keep').addCatch(failed, CATCH)
    const waitForWriters = new Wait(this, 'WaitForWriters', { time: WaitTime.secondsPath('$.waitSeconds') })
    const foldShards = forEach('FoldShards', '$.shards', this.task('Fold', steps.fold))
    const weighPartitions = forEach('WeighPartitions', '$.partitions', this.task('Weigh', steps.weigh))
    const decide = call('Decide', steps.decide)
    const creditPartitions = forEach('CreditPartitions', '$.partitions', this.creditUntilDone(steps))
    const seal = call('Seal', steps.seal)
    const publish = call('Publish', steps.publish)

    const count = foldShards
      .next(weighPartitions)
      .next(decide)
      .next(creditPartitions)
      .next(seal)
      .next(publish)
    const countUnlessEmpty = new Choice(this, 'IsEmpty')
      .when(Condition.booleanEquals('$.empty', true), seal)
      .otherwise(count)
    const settle = waitForWriters.next(countUnlessEmpty)
    // What is sealed is announced again: the execution that sealed it may have ended before it said so.
    return close.next(
      new Choice(this, 'IsSealed').when(Condition.booleanEquals('$.sealed', true), publish).otherwise(settle),
    )
  }

  /** `credit` stops before its time is up and says so; it is called until it has been through its partition. */
  private creditUntilDone(steps: Steps): IChainable {
    const credit = this.task('Credit', steps.credit, 'keep')
    const credited = new Succeed(this, 'PartitionCredited')
    return credit.next(
      new Choice(this, 'IsCredited')
        .when(Condition.booleanEquals('$.done', true), credited)
        .otherwise(credit),
    )
  }

  /** A step that gets the state's whole input. Its result is dropped, for it is in the table, or kept as the new state. */
  private task(id: string, step: HouseFunction, result: 'drop' | 'keep' = 'drop'): TaskStateBase {
    const task = new LambdaInvoke(this, id, {
      lambdaFunction: step.lambda,
      payloadResponseOnly: true,
      retryOnServiceExceptions: false,
      taskTimeout: Timeout.duration(Duration.seconds(step.timeoutSeconds + TASK_MARGIN_SECONDS)),
      ...(result === 'drop' ? { resultPath: JsonPath.DISCARD } : {}),
    })
    for (const retry of RETRIES) task.addRetry(retry)
    return task
  }

  private makeRole(steps: Steps): Role {
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('states.amazonaws.com') })
    role.addToPolicy(
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: Object.values(steps).map(({ lambda }) => lambda.functionArn),
      }),
    )
    role.addToPolicy(new PolicyStatement({ actions: UNSCOPED_ACTIONS, resources: ['*'] }))
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'Sending traces and having logs delivered know no resource (Step Functions guide, logging and X-Ray).',
    })
    return role
  }

  private watchFailures(house: House): void {
    house.alarms.watch(this, 'Failing', {
      metric: new MathExpression({
        label: 'failed, timed out or aborted',
        expression: 'failed + timedOut + aborted',
        usingMetrics: {
          failed: this.machine.metricFailed(),
          timedOut: this.machine.metricTimedOut(),
          aborted: this.machine.metricAborted(),
        },
        period: ALARM_PERIOD,
      }),
      impact: 'An era could not be settled: nobody is paid for it, and later eras wait behind it.',
    })
  }

  private formatArn(resource: string, resourceName: string): string {
    return Arn.format(
      { service: 'states', resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME },
      Stack.of(this),
    )
  }
}

/** Every failure that is left after the retries ends in SettlementFailed, with error and cause. */
const CATCH = { errors: [Errors.ALL], resultPath: '$.failure' }

const UNSCOPED_ACTIONS = [
  'xray:PutTraceSegments',
  'xray:PutTelemetryRecords',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'logs:CreateLogDelivery',
  'logs:GetLogDelivery',
  'logs:UpdateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:DescribeResourcePolicies',
  'logs:DescribeLogGroups',
]
