import { Arn, ArnFormat, Aws, Duration, Stack, Validations } from 'aws-cdk-lib'
import {
  Choice,
  Condition,
  Fail,
  type IChainable,
  JsonPath,
  Map as MapState,
  type StateMachine,
  Succeed,
  Wait,
  WaitTime,
} from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import type { House } from './house.ts'
import type { HouseFunction } from './house-function.ts'
import { CATCH, makeMachine, stepTask } from './machine.ts'
import type { Steps } from './settlement.ts'

/** The most iterations that an inline Map runs side by side. */
const MAP_CONCURRENCY = 40

/** Longer than any settlement takes; one that hangs ends here, and the next tick makes another attempt. */
const EXECUTION_TIMEOUT = Duration.hours(6)

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
    // Every failure that is left after the retries ends here, with error and cause.
    const failed = new Fail(this, 'SettlementFailed', {
      errorPath: '$.failure.Error',
      causePath: '$.failure.Cause',
    })
    this.machine = makeMachine(this, {
      house,
      // Named, because a step of the machine starts the machine: neither can refer to the other.
      name: this.name,
      comment:
        'Settles one era: closes it, counts its events, shares its profit, credits the accounts, seals it',
      definition: this.define(steps, failed),
      steps: Object.values(steps),
      timeout: EXECUTION_TIMEOUT,
      runbook: 'An era is not settled',
      failureImpact: 'An era could not be settled: nobody is paid for it, and later eras wait behind it.',
    })
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
    const call = (id: string, step: HouseFunction) => stepTask(this, id, step).addCatch(failed, CATCH)
    const forEach = (id: string, itemsPath: string, item: IChainable) =>
      new MapState(this, id, { itemsPath, maxConcurrency: MAP_CONCURRENCY, resultPath: JsonPath.DISCARD })
        .itemProcessor(item)
        .addCatch(failed, CATCH)

    const close = stepTask(this, 'Close', steps.close, 'keep').addCatch(failed, CATCH)
    const waitForWriters = new Wait(this, 'WaitForWriters', { time: WaitTime.secondsPath('$.waitSeconds') })
    const foldShards = forEach('FoldShards', '$.shards', stepTask(this, 'Fold', steps.fold))
    const weighPartitions = forEach('WeighPartitions', '$.partitions', stepTask(this, 'Weigh', steps.weigh))
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
    const credit = stepTask(this, 'Credit', steps.credit, 'keep')
    const credited = new Succeed(this, 'PartitionCredited')
    return credit.next(
      new Choice(this, 'IsCredited')
        .when(Condition.booleanEquals('$.done', true), credited)
        .otherwise(credit),
    )
  }

  private formatArn(resource: string, resourceName: string): string {
    return Arn.format(
      { service: 'states', resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME },
      Stack.of(this),
    )
  }
}
