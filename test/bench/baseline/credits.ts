import { UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { inParallel } from '../../../shared/store/parallel.ts'
import type { Engine } from '../../support/engine.ts'

/** The usual way to pay shares out: one conditional update for each account, so that a repeat pays nobody twice. */

export async function creditEach(
  engine: Engine,
  era: number,
  credits: readonly { account: string; amount: bigint }[],
): Promise<void> {
  await inParallel(credits, ({ account, amount }) =>
    engine.client.send(
      new UpdateItemCommand({
        TableName: engine.tableName,
        Key: { pk: { S: `ACCOUNT#${account}` }, sk: { S: '.' } },
        UpdateExpression: 'SET creditedThrough = :era ADD balance :amount',
        ConditionExpression: 'attribute_not_exists(pk) OR creditedThrough < :era',
        ExpressionAttributeValues: { ':era': { N: String(era) }, ':amount': { N: amount.toString() } },
      }),
    ),
  )
}
