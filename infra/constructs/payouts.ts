import { Duration } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import type { EventBus } from 'aws-cdk-lib/aws-events'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler'
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets'
import {
  Choice,
  Condition,
  Fail,
  type IChainable,
  Pass,
  Result,
  type StateMachine,
  Succeed,
} from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { ALARM_PERIOD } from './alarms.ts'
import type { Books } from './books.ts'
import { DeadLetters } from './dead-letters.ts'
import type { House } from './house.ts'
import { HouseFunction, type HouseFunctionProps, SMALL_MB } from './house-function.ts'
import { CATCH, makeMachine, stepTask } from './machine.ts'

/** Longer than a run takes that goes through tens of thousands; what one leaves over is due for the next. */
const EXECUTION_TIMEOUT = Duration.hours(1)

/** A run that could not be started is worth nothing once the next ones have come. */
const RUN_MAX_AGE = Duration.minutes(5)
const RUN_RETRIES = 2

/** Periods without any run before somebody is told. */
const SILENT_PERIODS = 3

/** Longer than moving money takes, if anybody is moving it. */
const UNANSWERED = Duration.days(1)

export interface PayoutsProps {
  house: House
  books: Books
  bus: EventBus
}

/** What lets tokens leave: the machine that asks for scheduled payouts and releases what is due, and its schedule. */
export class Payouts extends Construct {
  readonly machine: StateMachine

  constructor(scope: Construct, id: string, { house, books, bus }: PayoutsProps) {
    super(scope, id)
    const steps = makeSteps(this, house, books)
    steps.release.lambda.addEnvironment('BUS_NAME', bus.eventBusName)
    steps.release.allow(['events:PutEvents'], [bus.eventBusArn])
    this.machine = new PayOut(this, 'PayOut', { house, steps }).machine
    this.runEveryFewMinutes(house)
    this.watchUnanswered(house)
  }

  /** Whoever moves the money is told by the bus, and may not have heard. */
  private watchUnanswered(house: House): void {
    house.alarms.watch(this, 'Unanswered', {
      metric: new Metric({
        namespace: 'Exchequer',
        metricName: 'OldestUnanswered',
        dimensionsMap: { service: 'payouts/release' },
        statistic: 'Maximum',
        period: ALARM_PERIOD,
      }),
      above: UNANSWERED.toMilliseconds(),
      impact:
        'A payout was released a day ago and nobody said whether it was paid: its account has neither tokens nor money.',
      runbook: 'Payouts do not leave',
    })
  }

  /** Two runs at a time do no harm: what one has done the other finds done. */
  private runEveryFewMinutes(house: House): void {
    const missed = new DeadLetters(this, 'MissedRuns', {
      house,
      impact: 'A run of payouts was not started. If the next ones are not either, nothing is paid out.',
      runbook: 'Payouts do not leave',
    })
    const role = new Role(this, 'ClockRole', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') })
    this.machine.grantStartExecution(role)
    missed.queue.grantSendMessages(role)
    new Schedule(this, 'Clock', {
      description: 'Looks every few minutes whether payouts are due',
      schedule: ScheduleExpression.rate(Duration.minutes(house.config.payouts.everyMinutes)),
      target: new StepFunctionsStartExecution(this.machine, {
        role: role.withoutPolicyUpdates(),
        input: ScheduleTargetInput.fromObject({}),
        deadLetterQueue: missed.queue,
        maxEventAge: RUN_MAX_AGE,
        retryAttempts: RUN_RETRIES,
      }),
    })
    house.alarms.watch(this, 'Silent', {
      metric: this.machine.metricStarted({ period: ALARM_PERIOD }),
      below: 1,
      periods: SILENT_PERIODS,
      impact: 'Nobody looks whether payouts are due: nothing is paid out.',
      runbook: 'Payouts do not leave',
    })
  }
}

/** The state machine that pays out what is due. Input: `{}`. The order of its steps is the order of this class. */
class PayOut extends Construct {
  readonly machine: StateMachine

  constructor(scope: Construct, id: string, { house, steps }: { house: House; steps: Steps }) {
    super(scope, id)
    this.machine = makeMachine(this, {
      house,
      comment: 'Asks for the payouts of periods that have begun, then releases every payout that is due',
      definition: this.define(steps),
      steps: Object.values(steps),
      timeout: EXECUTION_TIMEOUT,
      runbook: 'Payouts do not leave',
      failureImpact: 'Some payouts that are due were not asked for or not released: their accounts wait.',
    })
  }

  private define(steps: Steps): IChainable {
    const request = stepTask(this, 'Request', steps.request, 'keep')
    const release = stepTask(this, 'Release', steps.release, 'keep')
    const failed = new Fail(this, 'PayOutFailed', {
      errorPath: '$.failure.Error',
      causePath: '$.failure.Cause',
    })
    // What is due for its release does not wait for what is wrong with the schedules.
    const goOn = new Pass(this, 'RequestFailed', { result: Result.fromObject({ failed: 1 }) })
    request.addCatch(goOn.next(release), CATCH)
    release.addCatch(failed, CATCH)

    const someFailed = new Fail(this, 'PayoutsNotDone', {
      error: 'PayoutsNotDone',
      cause: 'Some of what was due stays due for the next run: the logs of the steps say what, and why',
    })
    const outcome = new Choice(this, 'IsAllDone')
      .when(Condition.numberGreaterThan('$.failed', 0), someFailed)
      .otherwise(new Succeed(this, 'PaidOut'))
    release.next(
      new Choice(this, 'IsReleased')
        .when(Condition.booleanEquals('$.done', true), outcome)
        .otherwise(release),
    )
    return request.next(
      new Choice(this, 'IsRequested')
        .when(Condition.booleanEquals('$.done', true), release)
        .otherwise(request),
    )
  }
}

type Steps = ReturnType<typeof makeSteps>

function makeSteps(scope: Construct, house: House, books: Books) {
  const step = (id: string, props: Pick<HouseFunctionProps, 'entry' | 'errorImpact'>) =>
    new HouseFunction(scope, id, {
      house,
      calledBy: { waits: 'state machine' },
      memoryMb: SMALL_MB,
      timeoutSeconds: house.config.settlement.passTimeoutSeconds,
      ...props,
    })
  const steps = {
    request: step('Request', {
      entry: 'payouts/request',
      errorImpact: 'Accounts with a weekly or monthly payout are not paid out.',
    }),
    release: step('Release', {
      entry: 'payouts/release',
      errorImpact: 'Payouts whose timelock is over are not released: whoever moves the money is not told.',
    }),
  }
  for (const user of Object.values(steps)) {
    books.allow(user, 'GetItem', 'PutItem', 'ConditionCheckItem')
    books.allowLists(user, 'byPlace')
  }
  return steps
}
