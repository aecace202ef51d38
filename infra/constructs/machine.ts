import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib'
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch'
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import {
  DefinitionBody,
  Errors,
  type IChainable,
  JitterType,
  JsonPath,
  LogLevel,
  type RetryProps,
  StateMachine,
  StateMachineType,
  type TaskStateBase,
  Timeout,
} from 'aws-cdk-lib/aws-stepfunctions'
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks'
import type { Construct } from 'constructs'
import { ALARM_PERIOD, type Runbook } from './alarms.ts'
import type { House } from './house.ts'
import type { HouseFunction } from './house-function.ts'

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

/** Every failure that is left after the retries, with error and cause beside the state's input. */
export const CATCH = { errors: [Errors.ALL], resultPath: '$.failure' }

/** A step that gets the state's whole input. Its result is dropped, for it is in the table, or kept as the new state. */
export function stepTask(
  scope: Construct,
  id: string,
  step: HouseFunction,
  result: 'drop' | 'keep' = 'drop',
): TaskStateBase {
  const task = new LambdaInvoke(scope, id, {
    lambdaFunction: step.lambda,
    payloadResponseOnly: true,
    retryOnServiceExceptions: false,
    taskTimeout: Timeout.duration(Duration.seconds(step.timeoutSeconds + TASK_MARGIN_SECONDS)),
    ...(result === 'drop' ? { resultPath: JsonPath.DISCARD } : {}),
  })
  for (const retry of RETRIES) task.addRetry(retry)
  return task
}

export interface MachineProps {
  house: House
  /** Where a step refers to its own machine: then neither can be named after the other. */
  name?: string
  comment: string
  definition: IChainable
  /** What it may call. */
  steps: HouseFunction[]
  timeout: Duration
  /** What a person loses when an execution fails, in a sentence. */
  failureImpact: string
  runbook: Runbook
}

/** A state machine as this house builds them: its own role and log group, traces, and an alarm that says what is lost. */
export function makeMachine(scope: Construct, props: MachineProps): StateMachine {
  const { house, name, comment, definition, steps, timeout, failureImpact, runbook } = props
  const logGroup = new LogGroup(scope, 'Log', {
    retention: house.config.logRetentionDays,
    removalPolicy: house.config.books.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  })
  const machine = new StateMachine(scope, 'Machine', {
    ...(name === undefined ? {} : { stateMachineName: name }),
    comment,
    stateMachineType: StateMachineType.STANDARD,
    definitionBody: DefinitionBody.fromChainable(definition),
    role: makeRole(scope, steps).withoutPolicyUpdates(),
    timeout,
    tracingEnabled: true,
    logs: { destination: logGroup, level: LogLevel.ALL, includeExecutionData: true },
  })
  house.alarms.watch(scope, 'Failing', {
    metric: new MathExpression({
      label: 'failed, timed out or aborted',
      expression: 'failed + timedOut + aborted',
      usingMetrics: {
        failed: machine.metricFailed(),
        timedOut: machine.metricTimedOut(),
        aborted: machine.metricAborted(),
      },
      period: ALARM_PERIOD,
    }),
    impact: failureImpact,
    runbook,
  })
  return machine
}

function makeRole(scope: Construct, steps: readonly HouseFunction[]): Role {
  const role = new Role(scope, 'Role', { assumedBy: new ServicePrincipal('states.amazonaws.com') })
  role.addToPolicy(
    new PolicyStatement({
      actions: ['lambda:InvokeFunction'],
      resources: steps.map(({ lambda }) => lambda.functionArn),
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
