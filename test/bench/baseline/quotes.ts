import { type AttributeValue, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { min } from '../../../shared/domain/money.ts'
import { inParallel } from '../../../shared/store/parallel.ts'
import type { Engine } from '../../support/engine.ts'

/** The usual way to find the cheapest offers: read all of the cluster, sort them, take what is enough. */

export interface PlainOffer {
  id: string
  price: bigint
  left: bigint
}

export async function putPlainOffers(engine: Engine, offers: readonly PlainOffer[]): Promise<void> {
  await inParallel(offers, ({ id, price, left }) =>
    engine.client.send(
      new UpdateItemCommand({
        TableName: engine.tableName,
        Key: keyOf(id),
        UpdateExpression: 'SET price = :price, unitsLeft = :left',
        ExpressionAttributeValues: { ':price': { N: price.toString() }, ':left': { N: left.toString() } },
      }),
    ),
  )
}

/** Takes units of the cheapest offers, each on condition that it still has them. Answers what they cost a unit. */
export async function quotePlainly(engine: Engine, wanted: bigint): Promise<bigint> {
  const offers = (await allOf(engine)).sort((a, b) => Number(a.price - b.price))
  let missing = wanted
  let clearing = 0n
  for (const { id, price, left } of offers) {
    if (missing === 0n) break
    const taken = min(left, missing)
    if (taken === 0n) continue
    await engine.client.send(
      new UpdateItemCommand({
        TableName: engine.tableName,
        Key: keyOf(id),
        UpdateExpression: 'SET unitsLeft = unitsLeft - :taken',
        ConditionExpression: 'unitsLeft >= :taken',
        ExpressionAttributeValues: { ':taken': { N: taken.toString() } },
      }),
    )
    missing -= taken
    clearing = price
  }
  return clearing
}

async function allOf(engine: Engine): Promise<PlainOffer[]> {
  const offers: PlainOffer[] = []
  let start: Record<string, AttributeValue> | undefined
  do {
    const { Items = [], LastEvaluatedKey } = await engine.client.send(
      new QueryCommand({
        TableName: engine.tableName,
        KeyConditionExpression: 'pk = :cluster',
        ExpressionAttributeValues: { ':cluster': CLUSTER },
        ...(start && { ExclusiveStartKey: start }),
      }),
    )
    for (const { sk, price, unitsLeft } of Items)
      offers.push({ id: sk?.S ?? '', price: BigInt(price?.N ?? '0'), left: BigInt(unitsLeft?.N ?? '0') })
    start = LastEvaluatedKey
  } while (start)
  return offers
}

const CLUSTER = { S: 'CLUSTER#eu' }

function keyOf(id: string) {
  return { pk: CLUSTER, sk: { S: id } }
}
