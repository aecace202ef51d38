import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  type CancellationReason,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb'
import { ExchequerError } from '../domain/errors.ts'
import { type Item, type Key, keyItem, textValue } from './attributes.ts'
import { inParallel, inRuns } from './parallel.ts'
import { isPassing, isPassingReason, type Pause, untilDone } from './retry.ts'

/** Limits of the database: items in one BatchWriteItem; keys in one BatchGetItem (of 16 MB, at 256 kB an item). */
const MAX_WRITES = 25
const MAX_GETS = 50

export const NOT_THERE = 'attribute_not_exists(pk)'

/** What a query asks for: the items of one partition key, in the order of their sort keys. */
export interface Query {
  pk: string
  /** Sort keys below this, or above that. */
  before?: string | undefined
  after?: string | undefined
  /** Sort keys up to this one, from another on. */
  through?: string | undefined
  from?: string | undefined
  descending?: boolean
  /** Items to read in all. */
  limit?: number
  /** Reads the next page while the caller works on this one. */
  ahead?: boolean
  eventual?: boolean
}

/** The table's two indexes, with their attributes: whose an item is, and where it is looked for. */
export const INDEXES = {
  byOwner: { key: 'owner', place: 'ownedAt' },
  byPlace: { key: 'list', place: 'place' },
} as const

/** Below and above every place and sort key: both are printable ASCII, and a key is never empty. */
const FIRST_PLACE = ' '
const LAST_PLACE = '\u007f'

/** The items of one list, in the order of their places. */
export interface IndexQuery {
  index: keyof typeof INDEXES
  list: string
  /** Places from this one, up to that one. */
  from?: string | undefined
  through?: string | undefined
  limit: number
  descending?: boolean | undefined
  /** Begins after the item with these keys. */
  start?: Item | undefined
}

export interface Condition {
  expression: string
  values?: Record<string, AttributeValue>
  names?: Record<string, string>
}

export interface Update extends Partial<Condition> {
  set: string
}

/** A write of a transaction. */
export type Write =
  | { put: Item; when: Partial<Condition> }
  | { update: Key; how: Update }
  | { check: Key; when: Condition }

/** The one table. Conflicts and throttles are tried again, with bounds; a condition that does not hold is an answer. */
export class Table {
  readonly client: DynamoDBClient
  readonly name: string
  private readonly pause: Pause

  constructor(client: DynamoDBClient, name: string, pause: Pause) {
    this.client = client
    this.name = name
    this.pause = pause
  }

  /** Strongly consistent unless `eventual`. */
  async get(key: Key, { eventual = false } = {}): Promise<Item | undefined> {
    const input = { TableName: this.name, Key: keyItem(key), ConsistentRead: !eventual }
    return (await this.client.send(new GetItemCommand(input))).Item
  }

  /** Strongly consistent; in the order of the keys. Throws `ItemMissing` where one is not there. */
  async getAll(keys: readonly Key[], options: { eventual?: boolean } = {}): Promise<Item[]> {
    const items = await this.findAll(keys, options)
    return items.map((item, index) => {
      if (item) return item
      const { pk, sk } = keys[index] as Key
      throw new ExchequerError(
        'ItemMissing',
        `what names the item ${pk} / ${sk} was written after it, but it is not there`,
      )
    })
  }

  /** As {@link getAll}, undefined where one is not there. No key may be named twice. */
  async findAll(keys: readonly Key[], { eventual = false } = {}): Promise<(Item | undefined)[]> {
    const found = new Map<string, Item>()
    await inParallel(inRuns(keys, MAX_GETS), (run) => this.getRun(run.map(keyItem), !eventual, found))
    return keys.map((key) => found.get(nameOf(keyItem(key))))
  }

  private async getRun(keys: Item[], consistent: boolean, found: Map<string, Item>): Promise<void> {
    let rest = keys
    while (rest.length > 0) {
      const wanted = rest
      // An answer of 16 MB leaves the other keys unread: only an answer without any item is a throttle.
      rest = await untilDone(`reading ${wanted.length} items`, this.pause, async () => {
        const input = { RequestItems: { [this.name]: { Keys: wanted, ConsistentRead: consistent } } }
        const answer = await this.unlessPassing(this.client.send(new BatchGetItemCommand(input)))
        const items = answer?.Responses?.[this.name] ?? []
        const unread = answer?.UnprocessedKeys?.[this.name]?.Keys ?? []
        for (const item of items) found.set(nameOf(item), item)
        return answer && (items.length > 0 || unread.length === 0) ? unread : undefined
      })
    }
  }

  async *query(query: Query): AsyncGenerator<Item> {
    yield* this.pages(this.queryInput(query), query.limit, query.ahead ?? false)
  }

  /** Items of one list of an index, eventually consistent. */
  async *queryIndex({
    index,
    list,
    from,
    through,
    limit,
    descending,
    start,
  }: IndexQuery): AsyncGenerator<Item> {
    const { key, place } = INDEXES[index]
    const [least, most] = [from ?? FIRST_PLACE, through ?? LAST_PLACE]
    const input: QueryCommandInput = {
      TableName: this.name,
      IndexName: index,
      KeyConditionExpression: '#key = :key AND #place BETWEEN :from AND :through',
      ExpressionAttributeNames: { '#key': key, '#place': place },
      ExpressionAttributeValues: { ':key': { S: list }, ':from': { S: least }, ':through': { S: most } },
      ScanIndexForward: !descending,
      ...(start && { ExclusiveStartKey: start }),
    }
    yield* this.pages(input, limit, false)
  }

  private queryInput({ descending, eventual, ...query }: Query): QueryCommandInput {
    const [range, bounds] = rangeOf(query)
    return {
      TableName: this.name,
      KeyConditionExpression: `pk = :pk${range}`,
      ExpressionAttributeValues: { ':pk': textValue(query.pk), ...bounds },
      ScanIndexForward: !descending,
      ConsistentRead: !eventual,
    }
  }

  private async *pages(
    input: QueryCommandInput,
    limit: number | undefined,
    ahead: boolean,
  ): AsyncGenerator<Item> {
    let left = limit ?? Number.POSITIVE_INFINITY
    const read = (start?: Item) =>
      this.client.send(
        new QueryCommand({
          ...input,
          ...(Number.isFinite(left) && { Limit: left }),
          ...(start && { ExclusiveStartKey: start }),
        }),
      )
    let page = read()
    for (;;) {
      const { Items = [], LastEvaluatedKey: last } = await page
      left -= Items.length
      const more = last !== undefined && left > 0
      const next = more && ahead ? read(last) : undefined
      // Where the caller stops early nobody waits for what was read ahead.
      next?.catch(() => undefined)
      yield* Items
      if (!more) return
      page = next ?? read(last)
    }
  }

  /** False when an item with this key is there already. */
  async putOnce(item: Item): Promise<boolean> {
    return this.put(item, { expression: NOT_THERE })
  }

  /** False when the condition does not hold. */
  async put(item: Item, when: Condition): Promise<boolean> {
    return this.unlessCondition(() =>
      this.client.send(new PutItemCommand({ TableName: this.name, Item: item, ...conditionInput(when) })),
    )
  }

  /** False when the condition does not hold. */
  async update(key: Key, how: Update): Promise<boolean> {
    const input = {
      TableName: this.name,
      Key: keyItem(key),
      UpdateExpression: how.set,
      ...conditionInput(how),
    }
    return this.unlessCondition(() => this.client.send(new UpdateItemCommand(input)))
  }

  /** Writes items whose keys nobody else uses. Every write has settled when this resolves; an error for each that failed. */
  async putEach(items: readonly Item[]): Promise<(Error | undefined)[]> {
    const runs = await inParallel(inRuns(items, MAX_WRITES), (run) => this.putRun(run))
    return runs.flat()
  }

  /** As {@link putEach}, but throws the first error. */
  async putAll(items: readonly Item[]): Promise<void> {
    const failure = (await this.putEach(items)).find((error) => error !== undefined)
    if (failure) throw failure
  }

  private async putRun(items: Item[]): Promise<(Error | undefined)[]> {
    let rest: WriteRequest[] = items.map((Item) => ({ PutRequest: { Item } }))
    const failed = (error: Error): (Error | undefined)[] => {
      const names = new Set(rest.map(({ PutRequest }) => nameOf(PutRequest?.Item ?? {})))
      return items.map((item) => (names.has(nameOf(item)) ? error : undefined))
    }
    try {
      await untilDone(`writing ${items.length} items`, this.pause, async () => {
        const input = { RequestItems: { [this.name]: rest } }
        const answer = await this.unlessPassing(this.client.send(new BatchWriteItemCommand(input)))
        if (answer) rest = answer.UnprocessedItems?.[this.name] ?? []
        return rest.length === 0 || undefined
      })
      return items.map(() => undefined)
    } catch (error) {
      return failed(error as Error)
    }
  }

  /**
   * All writes or none. Answers with the numbers of those whose condition does not hold: none when it is done.
   * Throws when it was cancelled for any other reason that will not pass.
   */
  async transact(writes: readonly Write[]): Promise<number[]> {
    const input = { TransactItems: writes.map((write) => this.transactItem(write)) }
    return untilDone('a transaction', this.pause, async () => {
      try {
        await this.client.send(new TransactWriteItemsCommand(input))
        return []
      } catch (error) {
        if (error instanceof TransactionCanceledException) return refusals(error)
        if (isPassing(error)) return undefined
        throw error
      }
    })
  }

  private transactItem(write: Write): TransactWriteItem {
    if ('put' in write)
      return { Put: { TableName: this.name, Item: write.put, ...conditionInput(write.when) } }
    if ('check' in write) {
      return {
        ConditionCheck: {
          TableName: this.name,
          Key: keyItem(write.check),
          ...conditionInput(write.when),
          ConditionExpression: write.when.expression,
        },
      }
    }
    const { update, how } = write
    return {
      Update: {
        TableName: this.name,
        Key: keyItem(update),
        UpdateExpression: how.set,
        ...conditionInput(how),
      },
    }
  }

  private async unlessCondition(send: () => Promise<unknown>): Promise<boolean> {
    return untilDone('a write', this.pause, async () => {
      try {
        await send()
        return true
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false
        if (isPassing(error)) return undefined
        throw error
      }
    })
  }

  private async unlessPassing<T>(answer: Promise<T>): Promise<T | undefined> {
    return answer.catch((error: unknown) => {
      if (isPassing(error)) return undefined
      throw error
    })
  }
}

/** Which sort keys, as a condition: of those asked for, the first that is there. */
function rangeOf({ before, after, through, from = FIRST_PLACE }: Query): [condition: string, Item] {
  if (through !== undefined) {
    const ends = { ':from': textValue(from), ':through': textValue(through) }
    return [' AND sk BETWEEN :from AND :through', ends]
  }
  if (before !== undefined) return [' AND sk < :before', { ':before': textValue(before) }]
  return after === undefined ? ['', {}] : [' AND sk > :after', { ':after': textValue(after) }]
}

/**
 * Which conditions refused a transaction; undefined when nothing but conflicts and throttles cancelled it. Reasons
 * are read one by one: a conflict beside a condition that does not hold changes nothing about the condition.
 */
export function refusals(error: TransactionCanceledException): number[] | undefined {
  const codes = (error.CancellationReasons ?? []).map(({ Code }: CancellationReason) => Code ?? 'None')
  const refused = [...codes.keys()].filter((i) => codes[i] === 'ConditionalCheckFailed')
  if (refused.length > 0) return refused
  const reasons = codes.filter((code) => code !== 'None')
  if (reasons.length > 0 && reasons.every(isPassingReason)) return undefined
  throw error
}

function conditionInput({ expression, values, names }: Partial<Condition>) {
  return {
    ...(expression && { ConditionExpression: expression }),
    ...(values && { ExpressionAttributeValues: values }),
    ...(names && { ExpressionAttributeNames: names }),
  }
}

function nameOf(item: Item): string {
  return `${item.pk?.S}\n${item.sk?.S}`
}
