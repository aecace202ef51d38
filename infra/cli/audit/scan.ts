import { type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb'
import type { Item } from '../../../shared/store/attributes.ts'

/**
 * Every item of a table, strongly consistent, read in so many segments side by side. A table that is written to
 * meanwhile is not read at one moment.
 */
export async function* scanTable(
  client: DynamoDBClient,
  table: string,
  segments: number,
): AsyncGenerator<Item> {
  const read = async (segment: number, start?: Item) => {
    const { Items = [], LastEvaluatedKey: last } = await client.send(
      new ScanCommand({
        TableName: table,
        Segment: segment,
        TotalSegments: segments,
        ConsistentRead: true,
        ...(start && { ExclusiveStartKey: start }),
      }),
    )
    return { segment, items: Items, last }
  }
  const pages = new Map(Array.from({ length: segments }, (_, segment) => [segment, read(segment)]))
  while (pages.size > 0) {
    const { segment, items, last } = await Promise.race(pages.values())
    if (last) pages.set(segment, read(segment, last))
    else pages.delete(segment)
    yield* items
  }
}
