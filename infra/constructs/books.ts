import { RemovalPolicy } from 'aws-cdk-lib'
import { AttributeType, Billing, type ITableV2, Operation, TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Construct } from 'constructs'
import { ALARM_PERIOD } from './alarms.ts'
import type { House } from './house.ts'
import type { HouseFunction } from './house-function.ts'

/** Lists: by whom an item belongs to, and by where it is looked for. */
const INDEXES = { byOwner: ['owner', 'ownedAt'], byPlace: ['list', 'place'] } as const

/** Throttled requests of five minutes that are still a table warming up, which spreads its load within minutes. */
const THROTTLES_OF_A_WARM_UP = 1_000

/** The writes of a transaction are allowed by the action of each. */
export type BooksAction =
  | 'BatchGetItem'
  | 'BatchWriteItem'
  | 'ConditionCheckItem'
  | 'GetItem'
  | 'PutItem'
  | 'Query'
  | 'UpdateItem'

/** The network's books: one table for the log, the eras' records and the accounts. */
export class Books extends Construct {
  readonly table: Pick<ITableV2, 'tableName' | 'tableArn' | 'metricThrottledRequestsForOperations'>

  /** `existing` names a table that is there already, such as one put back to a point in time, to go on with. */
  constructor(
    scope: Construct,
    id: string,
    { house, existing }: { house: House; existing: string | undefined },
  ) {
    super(scope, id)
    this.table =
      existing === undefined
        ? this.makeTable(house)
        : TableV2.fromTableAttributes(this, 'Table', {
            tableName: existing,
            globalIndexes: Object.keys(INDEXES),
          })
    this.watchThrottles(house)
  }

  private makeTable(house: House): TableV2 {
    const { retain, deletionProtection, pointInTimeRecovery } = house.config.books
    return new TableV2(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      globalSecondaryIndexes: Object.entries(INDEXES).map(([indexName, [key, place]]) => ({
        indexName,
        partitionKey: { name: key, type: AttributeType.STRING },
        sortKey: { name: place, type: AttributeType.STRING },
      })),
      // Settlement comes in bursts at the end of an era; nothing else follows that without paying for the peak.
      billing: Billing.onDemand(),
      removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      deletionProtection,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: pointInTimeRecovery },
    })
  }

  /** Lets a function use the table by these actions, and tells it the table's name. */
  allow(user: HouseFunction, ...actions: BooksAction[]): void {
    user.lambda.addEnvironment('TABLE_NAME', this.table.tableName)
    user.allow(
      actions.map((action) => `dynamodb:${action}`),
      [this.table.tableArn],
    )
  }

  /** Lets a function read lists. */
  allowLists(user: HouseFunction, ...indexes: (keyof typeof INDEXES)[]): void {
    user.allow(
      ['dynamodb:Query'],
      indexes.map((index) => `${this.table.tableArn}/index/${index}`),
    )
  }

  private watchThrottles(house: House): void {
    house.alarms.watch(this, 'Throttled', {
      metric: this.table.metricThrottledRequestsForOperations({
        operations: [
          Operation.GET_ITEM,
          Operation.QUERY,
          Operation.PUT_ITEM,
          Operation.UPDATE_ITEM,
          Operation.BATCH_WRITE_ITEM,
          Operation.TRANSACT_WRITE_ITEMS,
        ],
        period: ALARM_PERIOD,
      }),
      above: THROTTLES_OF_A_WARM_UP,
      periods: 3,
      runbook: 'The table refuses requests',
      impact:
        'Fees are booked late and eras are settled late: the table refuses requests for longer than a warm-up takes.',
    })
  }
}
