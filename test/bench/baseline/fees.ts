import {
  type AttributeValue,
  BatchWriteItemCommand,
  QueryCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb'
import { inParallel, inRuns } from '../../../shared/store/parallel.ts'
import type { Engine } from '../../support/engine.ts'
import { feesOf, type SentFee } from '../data.ts'

/** The usual way to keep fees: an item for each, and a query that reads them all again to sum them. */

const MOST_WRITES = 25

/** Writes every fee of the messages as an item, as many batches at once as the product has in flight. */
export async function putFees(engine: Engine, bodies: readonly string[], era = 'ERA#0'): Promise<void> {
  const writes = bodies.flatMap(feesOf).map((fee) => ({ PutRequest: { Item: itemOf(fee, era) } }))
  await inParallel(inRuns(writes, MOST_WRITES), async (run) => {
    for (let rest: WriteRequest[] = run; rest.length > 0; ) {
      const RequestItems = { [engine.tableName]: rest }
      const { UnprocessedItems } = await engine.client.send(new BatchWriteItemCommand({ RequestItems }))
      rest = UnprocessedItems?.[engine.tableName] ?? []
    }
  })
}

function itemOf(
  { id, kind, amount, payer, occurredAt }: SentFee,
  era: string,
): Record<string, AttributeValue> {
  return {
    pk: { S: era },
    sk: { S: `FEE#${id}` },
    kind: { S: kind },
    amount: { N: amount },
    payer: { S: payer },
    occurredAt: { S: occurredAt },
  }
}

/** Sums an era's fees by kind. */
export async function sumFees(engine: Engine, era = 'ERA#0'): Promise<Map<string, bigint>> {
  const sums = new Map<string, bigint>()
  let start: Record<string, AttributeValue> | undefined
  do {
    const { Items = [], LastEvaluatedKey } = await engine.client.send(
      new QueryCommand({
        TableName: engine.tableName,
        KeyConditionExpression: 'pk = :era',
        ExpressionAttributeValues: { ':era': { S: era } },
        ...(start && { ExclusiveStartKey: start }),
      }),
    )
    for (const { kind, amount } of Items) {
      const name = kind?.S ?? ''
      sums.set(name, (sums.get(name) ?? 0n) + BigInt(amount?.N ?? '0'))
    }
    start = LastEvaluatedKey
  } while (start)
  return sums
}
