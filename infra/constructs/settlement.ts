import { Duration } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import type { EventBus } from 'aws-cdk-lib/aws-events'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler'
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets'
import { Construct } from 'constructs'
import { ALARM_PERIOD } from './alarms.ts'
import type { Books } from './books.ts'
import { DeadLetters } from './dead-letters.ts'
import type { House } from './house.ts'
import { FULL_PROCESSOR_MB, HouseFunction, type HouseFunctionProps, SMALL_MB } from './house-function.ts'
import { SettleEra } from './settle-era.ts'

/** How often tick looks whether an era has ended: what a network with a wall clock waits at most. */
const TICK = Duration.minutes(1)

/** A tick that could not be delivered is worth nothing once the next ones have come. */
const TICK_MAX_AGE = Duration.minutes(5)
const TICK_RETRIES = 2

/** Periods without any tick before somebody is told. */
const SILENT_PERIODS = 2

export interface SettlementProps {
  house: House
  books: Books
  bus: EventBus
}

/** What happens at the end of an era: the clock, the steps, and the machine that puts them in order. */
export class Settlement extends Construct {
  readonly machine: SettleEra
  readonly tick: HouseFunction

  constructor(scope: Construct, id: string, { house, books, bus }: SettlementProps) {
    super(scope, id)
    const steps = makeSteps(this, house, books)
    this.machine = new SettleEra(this, 'SettleEra', { house, steps })

    steps.publish.lambda.addEnvironment('BUS_NAME', bus.eventBusName)
    steps.publish.allow(['events:PutEvents'], [bus.eventBusArn])
    this.machine.allowStart(steps.publish)

    this.tick = this.makeTick(house, books)
    this.machine.allowStart(this.tick)
    this.watchHeldEras(house)
  }

  private watchHeldEras(house: House): void {
    house.alarms.watch(this, 'Held', {
      metric: new Metric({
        namespace: 'Exchequer',
        metricName: 'ErasHeld',
        dimensionsMap: { service: 'settlement/publish' },
        statistic: 'Sum',
        period: ALARM_PERIOD,
      }),
      impact:
        'An era is outside its bounds: its payees wait until somebody decides to pay it or return it to the pool.',
      runbook: 'An era is held',
    })
  }

  private makeTick(house: House, books: Books): HouseFunction {
    const missed = new DeadLetters(this, 'MissedTicks', {
      house,
      impact: 'A tick was lost. If the next ones are lost too, eras are not closed and nobody is paid.',
      runbook: 'An era is not settled',
    })
    const tick = new HouseFunction(this, 'Tick', {
      house,
      entry: 'settlement/tick',
      errorImpact: 'Eras that have ended are not closed: nobody is paid until a tick works again.',
      calledBy: { deadLetters: missed },
      memoryMb: SMALL_MB,
      timeoutSeconds: house.config.settlement.stepTimeoutSeconds,
    })
    books.allow(tick, 'GetItem', 'PutItem', 'UpdateItem')
    this.callEveryMinute(tick, missed)
    house.alarms.watch(this, 'Silent', {
      metric: tick.lambda.metricInvocations({ period: ALARM_PERIOD }),
      below: 1,
      periods: SILENT_PERIODS,
      impact: 'The clock stands still: eras that have ended are not closed and nobody is paid.',
      runbook: 'An era is not settled',
    })
    return tick
  }

  private callEveryMinute(tick: HouseFunction, missed: DeadLetters): void {
    const role = new Role(this, 'ClockRole', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') })
    tick.lambda.grantInvokeLatestVersion(role)
    missed.queue.grantSendMessages(role)
    new Schedule(this, 'Clock', {
      description: 'Looks every minute whether an era has ended',
      schedule: ScheduleExpression.rate(TICK),
      target: new LambdaInvoke(tick.lambda, {
        role: role.withoutPolicyUpdates(),
        input: ScheduleTargetInput.fromObject({}),
        deadLetterQueue: missed.queue,
        maxEventAge: TICK_MAX_AGE,
        retryAttempts: TICK_RETRIES,
      }),
    })
  }
}

/** The functions that the machine calls, by the name of their file. */
export type Steps = ReturnType<typeof makeSteps>

function makeSteps(scope: Construct, house: House, books: Books) {
  const { passTimeoutSeconds, stepTimeoutSeconds, fenceSeconds } = house.config.settlement
  const step = (id: string, props: Pick<HouseFunctionProps, 'entry' | 'errorImpact' | 'environment'>) =>
    new HouseFunction(scope, id, {
      house,
      calledBy: { waits: 'state machine' },
      memoryMb: SMALL_MB,
      timeoutSeconds: stepTimeoutSeconds,
      ...props,
    })
  const pass = (id: string, props: Pick<HouseFunctionProps, 'entry' | 'errorImpact'>) =>
    new HouseFunction(scope, id, {
      house,
      calledBy: { waits: 'state machine' },
      memoryMb: FULL_PROCESSOR_MB,
      timeoutSeconds: passTimeoutSeconds,
      ...props,
    })

  const steps = {
    close: step('Close', {
      entry: 'settlement/close',
      errorImpact: 'An era that has ended stays open: nobody is paid for it or for later ones.',
      environment: { FENCE_SECONDS: String(fenceSeconds) },
    }),
    fold: pass('Fold', {
      entry: 'settlement/fold',
      errorImpact: 'Fees of a closed era are not counted: nobody is paid for it or for later ones.',
    }),
    weigh: pass('Weigh', {
      entry: 'settlement/weigh',
      errorImpact: 'Shares of a counted era are not known: nobody is paid for it or for later ones.',
    }),
    decide: step('Decide', {
      entry: 'settlement/decide',
      errorImpact: 'The profit of an era is not worked out: nobody is paid for it or for later ones.',
    }),
    credit: pass('Credit', {
      entry: 'settlement/credit',
      errorImpact: 'Some accounts of an era are not credited: nobody can spend its credits.',
    }),
    seal: step('Seal', {
      entry: 'settlement/seal',
      errorImpact: 'An era is credited but not sealed: nobody can spend its credits.',
    }),
    publish: step('Publish', {
      entry: 'settlement/publish',
      errorImpact: 'An era is sealed but nobody was told: those who listen to the bus miss it.',
    }),
  }
  books.allow(steps.close, 'GetItem', 'Query')
  books.allow(steps.fold, 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'BatchWriteItem')
  books.allow(steps.weigh, 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'BatchWriteItem')
  books.allow(steps.decide, 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'BatchWriteItem')
  books.allow(steps.credit, 'GetItem', 'BatchGetItem', 'PutItem', 'BatchWriteItem')
  books.allow(steps.seal, 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'BatchWriteItem')
  books.allow(steps.publish, 'GetItem', 'BatchGetItem', 'Query')
  return steps
}
