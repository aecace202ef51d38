import { Duration, Validations } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { EventBus, Match, Rule } from 'aws-cdk-lib/aws-events'
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { PUBLISHED_SOURCE } from '../../shared/events/published.ts'
import { ALARM_PERIOD } from './alarms.ts'
import type { Books } from './books.ts'
import { DeadLetters } from './dead-letters.ts'
import type { House } from './house.ts'
import { FULL_PROCESSOR_MB, HouseFunction } from './house-function.ts'

/** The most that SQS hands to a function at once: the fuller a segment, the less a fee costs. */
const BATCH_MESSAGES = 10_000

/** How long a fee waits for others to share a segment with. */
const BATCH_WINDOW = Duration.seconds(5)

/** Receives of a message before it is set aside. Being fenced or throttled is no fault of the message, so not few. */
const RECEIVES = 8

/** How long EventBridge tries to reach the queue; after that the event lies in the rule's dead letters. */
const DELIVERY_HOURS = 24

/** A message that has waited longer than this is late for an era whose grace is the default (PT5M). */
const OLDEST_SECONDS = 300

export interface IntakeProps {
  house: House
  books: Books
}

/** Bus, rule, queue and the function that writes the log: the way in of every fee. */
export class Intake extends Construct {
  readonly bus: EventBus
  readonly queue: Queue
  readonly unreadable: DeadLetters
  readonly undelivered: DeadLetters
  readonly ingest: HouseFunction
  readonly replay: HouseFunction

  constructor(scope: Construct, id: string, { house, books }: IntakeProps) {
    super(scope, id)
    this.bus = new EventBus(this, 'Bus', { description: 'Fees, costs, metrics and stakes of one network' })
    this.unreadable = new DeadLetters(this, 'Unreadable', {
      house,
      impact: 'Fees were taken from the bus but not booked: their payees miss them until they are redriven.',
      runbook: 'Fees are not booked',
    })
    this.undelivered = new DeadLetters(this, 'Undelivered', {
      house,
      impact: 'Fees on the bus did not reach the queue: their payees miss them until they are sent again.',
      runbook: 'Fees are not booked',
    })
    this.queue = this.makeQueue(house)
    this.routeEverything()
    this.ingest = this.makeIngest(house, books)
    this.replay = this.makeReplay(house, books)
    this.watchDelay(house)
  }

  private makeQueue(house: House): Queue {
    return new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      visibilityTimeout: Duration.seconds(house.config.ingest.visibilitySeconds),
      retentionPeriod: Duration.days(14),
      deadLetterQueue: { queue: this.unreadable.queue, maxReceiveCount: RECEIVES },
    })
  }

  /**
   * Takes everything but what the network says itself. Names and sources are checked by ingest, not here: what a
   * rule does not match is gone, what ingest does not accept is in quarantine with the reason.
   */
  private routeEverything(): void {
    new Rule(this, 'Everything', {
      eventBus: this.bus,
      description: 'Everything that producers send, to the intake queue',
      eventPattern: { source: Match.anythingBut(PUBLISHED_SOURCE) },
      targets: [
        new SqsQueue(this.queue, {
          deadLetterQueue: this.undelivered.queue,
          maxEventAge: Duration.hours(DELIVERY_HOURS),
        }),
      ],
    })
  }

  private makeIngest(house: House, books: Books): HouseFunction {
    const { timeoutSeconds, maxConcurrency } = house.config.ingest
    const ingest = new HouseFunction(this, 'Ingest', {
      house,
      entry: 'ingest/ingest',
      errorImpact:
        'Fees wait in the queue unbooked; those of an era that closes meanwhile are paid an era late.',
      calledBy: { waits: 'queue' },
      memoryMb: FULL_PROCESSOR_MB,
      timeoutSeconds,
      environment: { EVENT_SOURCES: JSON.stringify(house.config.eventSources) },
    })
    books.allow(ingest, 'GetItem', 'PutItem', 'UpdateItem', 'BatchWriteItem', 'ConditionCheckItem')
    ingest.lambda.addEventSource(
      new SqsEventSource(this.queue, {
        batchSize: BATCH_MESSAGES,
        maxBatchingWindow: BATCH_WINDOW,
        reportBatchItemFailures: true,
        maxConcurrency,
      }),
    )
    Validations.of(ingest).acknowledge({
      id: 'Serverless-LambdaEventSourceMappingDestination',
      reason:
        'A queue as source has no failure destination: its own redrive policy moves what fails to the dead letters.',
    })
    return ingest
  }

  private makeReplay(house: House, books: Books): HouseFunction {
    const replay = new HouseFunction(this, 'Replay', {
      house,
      entry: 'ingest/replay',
      errorImpact:
        'Events in quarantine cannot be booked again after a fix: their payees go on missing them.',
      calledBy: { waits: 'operator' },
      memoryMb: FULL_PROCESSOR_MB,
      timeoutSeconds: house.config.settlement.passTimeoutSeconds,
      environment: { EVENT_SOURCES: JSON.stringify(house.config.eventSources) },
    })
    books.allow(
      replay,
      'GetItem',
      'BatchGetItem',
      'Query',
      'PutItem',
      'UpdateItem',
      'BatchWriteItem',
      'ConditionCheckItem',
    )
    return replay
  }

  private watchDelay(house: House): void {
    house.alarms.watch(this, 'Delayed', {
      metric: this.queue.metricApproximateAgeOfOldestMessage({ period: ALARM_PERIOD }),
      above: OLDEST_SECONDS,
      impact: 'Fees wait longer than the grace of an era: they will be paid an era late.',
      runbook: 'Fees are not booked',
    })
    house.alarms.watch(this, 'Quarantined', {
      metric: new Metric({
        namespace: 'Exchequer',
        metricName: 'EventsQuarantined',
        dimensionsMap: { service: 'ingest/ingest' },
        statistic: 'Sum',
        period: ALARM_PERIOD,
      }),
      impact:
        'Events were refused: what they charge or report counts for nobody until they are corrected and replayed.',
      runbook: 'Events are in quarantine',
    })
  }
}
