import {
  type BatchGetItemInput,
  type BatchWriteItemInput,
  type CancellationReason,
  ConditionalCheckFailedException,
  type GetItemInput,
  type PutItemInput,
  type QueryInput,
  TransactionCanceledException,
  TransactionConflictException,
  type TransactWriteItem,
  type TransactWriteItemsInput,
  type UpdateItemInput,
} from '@aws-sdk/client-dynamodb'
import type { Item } from '../../../shared/store/attributes.ts'
import {
  holds,
  keyRange,
  NotSimulated,
  NumberOverflow,
  order,
  type Placeholders,
  updated,
} from './expressions.ts'
import { bytesOf, invalid, keyOf, nameOf, requireDistinct, textAt } from './items.ts'

/** Limits of DynamoDB. */
const ITEM_BYTES = 400 * 1024
const BATCH_WRITES = 25
const BATCH_GETS = 100
const TRANSACTION_ITEMS = 100
const TRANSACTION_BYTES = 4 * 1024 * 1024

export interface DatabaseOptions {
  tableName: string
  /** By name, their two key attributes, both texts. All attributes are projected. */
  indexes: Record<string, { key: string; place: string }>
  /** When something is written; ms of a clock that never goes back. */
  now?: () => number
  /** The most that one answer of a query or of a batch of reads holds. A small one shows what a large table shows. */
  answerBytes?: { query: number; batch: number }
  /** Told of every change, before it is seen. */
  onWrite?: (change: Change) => void
}

export interface Change {
  pk: string
  sk: string
  before: Item | undefined
  after: Item
}

/** Everything that an item has been, oldest first. Nothing is ever deleted. */
interface Versions {
  item: Item
  bytes: number
  past: { at: number; item: Item; bytes: number }[]
}

/** What a transaction is going to write: its items are locked until it is applied. */
export interface Prepared {
  changes: { pk: string; sk: string; item: Item }[]
  locks: string[]
}

/** When a read looks at an item: now, or a moment of the past. */
export type AsOf = (pk: string, sk: string) => number

const NOW: AsOf = () => Number.POSITIVE_INFINITY

/**
 * DynamoDB's contract in memory, for one table without deletions, and for the expressions that the product uses;
 * whatever else is asked for throws {@link NotSimulated}. What comes of faults, delays and concurrency is not decided
 * here: see service.ts. Held to the contract by database.int.ts, against the local engine.
 */
export class Database {
  readonly options: Required<DatabaseOptions>
  readonly #partitions = new Map<string, { items: Map<string, Versions>; sorted: string[] }>()
  /** By index, then by its partition key: the base keys of whatever has ever been there. */
  readonly #indexed = new Map<string, Map<string, Map<string, { pk: string; sk: string }>>>()
  readonly #locked = new Set<string>()

  constructor(options: DatabaseOptions) {
    this.options = {
      now: () => 0,
      answerBytes: { query: 1024 * 1024, batch: 16 * 1024 * 1024 },
      onWrite: () => undefined,
      ...options,
    }
  }

  /** All items as they are, with the moment at which each was written first. */
  *history(): Generator<{ item: Item; writtenAt: number }> {
    for (const { items, sorted } of this.#partitions.values())
      for (const sk of sorted) {
        const { item, past } = items.get(sk) as Versions
        yield { item, writtenAt: past[0]?.at ?? 0 }
      }
  }

  /** When an item was written, ascending. */
  timesOf(pk: string, sk: string): number[] {
    return (
      this.#partitions
        .get(pk)
        ?.items.get(sk)
        ?.past.map(({ at }) => at) ?? []
    )
  }

  /** Whether anything is in this list of an index. */
  isListed(index: string, list: string): boolean {
    const { key } = this.#requireIndex(index)
    const members = this.#indexed.get(index)?.get(list) ?? new Map()
    return [...members.values()].some(({ pk, sk }) => this.#read(pk, sk, NOW)?.item[key]?.S === list)
  }

  get(input: GetItemInput, asOf = NOW): { Item?: Item } {
    this.#requireTable(input.TableName)
    this.#requireKnown(input, ['TableName', 'Key', 'ConsistentRead'])
    const { pk, sk } = keyOf(input.Key)
    const item = this.#read(pk, sk, input.ConsistentRead ? NOW : asOf)?.item
    return item ? { Item: { ...item } } : {}
  }

  batchGet({ RequestItems, ...rest }: BatchGetItemInput, asOf = NOW) {
    this.#requireKnown(rest, [])
    const { [this.options.tableName]: request, ...others } = RequestItems ?? {}
    if (!request || Object.keys(others).length > 0) throw new NotSimulated('a batch over other tables')
    this.#requireKnown(request, ['Keys', 'ConsistentRead'])
    const keys = request.Keys ?? []
    if (keys.length === 0 || keys.length > BATCH_GETS) throw invalid(`Too many items: ${keys.length}`)
    requireDistinct(keys)
    const found: Item[] = []
    const unread: Item[] = []
    let bytes = 0
    for (const key of keys) {
      const { pk, sk } = keyOf(key)
      const stored = this.#read(pk, sk, request.ConsistentRead ? NOW : asOf)
      bytes += stored?.bytes ?? 0
      if (bytes > this.options.answerBytes.batch && found.length > 0) unread.push(key)
      else if (stored) found.push({ ...stored.item })
    }
    return {
      Responses: { [this.options.tableName]: found },
      UnprocessedKeys: unread.length > 0 ? { [this.options.tableName]: { ...request, Keys: unread } } : {},
    }
  }

  query(input: QueryInput, asOf = NOW): { Items: Item[]; LastEvaluatedKey?: Item } {
    this.#requireTable(input.TableName)
    this.#requireKnown(input, [
      'TableName',
      'IndexName',
      'KeyConditionExpression',
      'ExpressionAttributeNames',
      'ExpressionAttributeValues',
      'ScanIndexForward',
      'ConsistentRead',
      'Limit',
      'ExclusiveStartKey',
    ])
    const view = input.ConsistentRead ? NOW : asOf
    const rows = input.IndexName ? this.#indexRows(input, view) : this.#tableRows(input, view)
    if (input.ScanIndexForward === false) rows.reverse()
    const Items: Item[] = []
    let bytes = 0
    for (const { item, bytes: size } of rows) {
      bytes += size
      if (bytes > this.options.answerBytes.query && Items.length > 0) break
      Items.push({ ...item })
      if (Items.length === input.Limit) break
    }
    const last = Items.at(-1)
    const isAll = Items.length === rows.length && Items.length !== input.Limit
    return last && !isAll ? { Items, LastEvaluatedKey: this.#keyIn(input.IndexName, last) } : { Items }
  }

  put(input: PutItemInput): object {
    this.#requireTable(input.TableName)
    const { pk, sk, item } = this.#requireItem(input.Item)
    this.#requireUnlocked(pk, sk)
    this.#requireCondition(input, this.#read(pk, sk, NOW)?.item)
    this.apply({ pk, sk, item })
    return {}
  }

  update(input: UpdateItemInput): object {
    this.#requireTable(input.TableName)
    const { pk, sk } = keyOf(input.Key)
    this.#requireUnlocked(pk, sk)
    const before = this.#read(pk, sk, NOW)?.item
    this.#requireCondition(input, before)
    this.apply({ pk, sk, item: this.#updatedItem(input, before) })
    return {}
  }

  /** The items of a batch of writes, each to be applied by itself: a batch is not a transaction. */
  batchWrites({ RequestItems, ...rest }: BatchWriteItemInput): { pk: string; sk: string; item: Item }[] {
    this.#requireKnown(rest, [])
    const { [this.options.tableName]: requests, ...others } = RequestItems ?? {}
    if (!requests || Object.keys(others).length > 0) throw new NotSimulated('a batch over other tables')
    if (requests.length === 0 || requests.length > BATCH_WRITES)
      throw invalid(`Too many items requested for the BatchWriteItem call: ${requests.length}`)
    const writes = requests.map(({ PutRequest, ...others }) => {
      this.#requireKnown(others, [])
      return this.#requireItem(PutRequest?.Item)
    })
    requireDistinct(writes.map(({ item }) => item))
    return writes
  }

  batchWrite(input: BatchWriteItemInput) {
    for (const write of this.batchWrites(input)) this.apply(write)
    return { UnprocessedItems: {} }
  }

  transact(input: TransactWriteItemsInput): object {
    this.commit(this.prepare(input))
    return {}
  }

  /** Checks a transaction and locks its items. Throws `TransactionCanceledException` with a reason for each item. */
  prepare({ TransactItems = [], ClientRequestToken: _, ...rest }: TransactWriteItemsInput): Prepared {
    this.#requireKnown(rest, [])
    if (TransactItems.length === 0 || TransactItems.length > TRANSACTION_ITEMS)
      throw invalid(`Member must have length less than or equal to 100: got ${TransactItems.length}`)
    const steps = TransactItems.map((item) => this.#transactStep(item))
    requireDistinct(steps.map(({ pk, sk }) => ({ pk: { S: pk }, sk: { S: sk } })))
    const bytes = steps.reduce((sum, { item }) => sum + (item ? bytesOf(item) : 0), 0)
    if (bytes > TRANSACTION_BYTES) throw invalid('Transaction request cannot exceed 4 MB')
    const reasons = steps.map(({ reason }) => reason)
    if (reasons.some(({ Code }) => Code !== 'None')) {
      throw new TransactionCanceledException({
        message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${reasons.map(({ Code }) => Code).join(', ')}]`,
        $metadata: {},
        CancellationReasons: reasons,
      })
    }
    const locks = steps.map(({ pk, sk }) => nameOf(pk, sk))
    for (const lock of locks) this.#locked.add(lock)
    return { locks, changes: steps.flatMap(({ pk, sk, item }) => (item ? [{ pk, sk, item }] : [])) }
  }

  commit(prepared: Prepared): void {
    for (const change of prepared.changes) this.apply(change)
    this.unlock(prepared)
  }

  unlock({ locks }: Prepared): void {
    for (const lock of locks) this.#locked.delete(lock)
  }

  apply({ pk, sk, item }: { pk: string; sk: string; item: Item }): void {
    let partition = this.#partitions.get(pk)
    if (!partition) {
      partition = { items: new Map(), sorted: [] }
      this.#partitions.set(pk, partition)
    }
    const stored = partition.items.get(sk)
    this.options.onWrite({ pk, sk, before: stored?.item, after: item })
    const version = { at: this.options.now(), item, bytes: bytesOf(item) }
    if (stored) {
      Object.assign(stored, version)
      stored.past.push(version)
    } else {
      partition.items.set(sk, { ...version, past: [version] })
      partition.sorted.splice(placeOf(partition.sorted, sk), 0, sk)
    }
    for (const [name, { key, place }] of Object.entries(this.options.indexes)) {
      const list = item[key]?.S
      if (list === undefined || item[place]?.S === undefined) continue
      const lists = this.#indexed.get(name) ?? new Map()
      this.#indexed.set(name, lists)
      const members = lists.get(list) ?? new Map()
      lists.set(list, members)
      members.set(nameOf(pk, sk), { pk, sk })
    }
  }

  #read(pk: string, sk: string, asOf: AsOf): { item: Item; bytes: number } | undefined {
    const stored = this.#partitions.get(pk)?.items.get(sk)
    if (!stored || asOf === NOW) return stored
    const moment = asOf(pk, sk)
    return stored.past.findLast(({ at }) => at <= moment)
  }

  #tableRows(input: QueryInput, asOf: AsOf): { item: Item; bytes: number }[] {
    const { partition: pk, isWithin } = keyRange(input.KeyConditionExpression ?? '', input, {
      partition: 'pk',
      sort: 'sk',
    })
    const start = input.ExclusiveStartKey?.sk?.S
    const isAfter = (sk: string) =>
      start === undefined || (input.ScanIndexForward === false ? sk < start : sk > start)
    const { sorted } = this.#partitions.get(pk) ?? { sorted: [] }
    return sorted.filter((sk) => isWithin(sk) && isAfter(sk)).flatMap((sk) => this.#read(pk, sk, asOf) ?? [])
  }

  #indexRows(input: QueryInput, asOf: AsOf): { item: Item; bytes: number }[] {
    if (input.ConsistentRead) throw invalid('Consistent reads are not supported on global secondary indexes')
    const { key, place } = this.#requireIndex(input.IndexName)
    const { partition, isWithin } = keyRange(input.KeyConditionExpression ?? '', input, {
      partition: key,
      sort: place,
    })
    const inOrder = (a: Item, b: Item): number =>
      order(textAt(a, place), textAt(b, place)) ||
      order(textAt(a, 'pk'), textAt(b, 'pk')) ||
      order(textAt(a, 'sk'), textAt(b, 'sk'))
    const start = input.ExclusiveStartKey
    const isAfter = (item: Item): boolean =>
      !start || (input.ScanIndexForward === false ? inOrder(item, start) < 0 : inOrder(item, start) > 0)
    const members = this.#indexed.get(input.IndexName as string)?.get(partition) ?? new Map()
    return [...members.values()]
      .flatMap(({ pk, sk }) => this.#read(pk, sk, asOf) ?? [])
      .filter(({ item }) => item[key]?.S === partition && isWithin(item[place]?.S ?? '') && isAfter(item))
      .sort((a, b) => inOrder(a.item, b.item))
  }

  #keyIn(index: string | undefined, { pk, sk, ...item }: Item): Item {
    const own = { pk, sk } as Item
    if (index === undefined) return own
    const { key, place } = this.#requireIndex(index)
    return { ...own, [key]: item[key], [place]: item[place] } as Item
  }

  #transactStep({ Put, Update, ConditionCheck, ...others }: TransactWriteItem): {
    pk: string
    sk: string
    item?: Item
    reason: CancellationReason
  } {
    this.#requireKnown(others, [])
    const step = Put ?? Update ?? ConditionCheck
    if (!step) throw new NotSimulated('a transaction of nothing')
    this.#requireTable(step.TableName)
    const put = Put && this.#requireItem(Put.Item)
    const { pk, sk } = put ?? keyOf(Update?.Key ?? ConditionCheck?.Key)
    const before = this.#read(pk, sk, NOW)?.item
    const isRefused = !this.#conditionHolds(step, before)
    if (this.#locked.has(nameOf(pk, sk))) {
      return {
        pk,
        sk,
        reason: { Code: 'TransactionConflict', Message: 'Transaction is ongoing for the item' },
      }
    }
    if (isRefused)
      return { pk, sk, reason: { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' } }
    const item = put?.item ?? (Update && this.#updatedItem(Update, before))
    return { pk, sk, ...(item && { item }), reason: { Code: 'None' } }
  }

  #updatedItem(
    input: Placeholders & { Key?: Item | undefined; UpdateExpression?: string | undefined },
    before: Item | undefined,
  ): Item {
    try {
      return this.#requireItem(updated(input.UpdateExpression ?? '', input, before ?? { ...input.Key })).item
    } catch (error) {
      throw error instanceof NumberOverflow ? invalid(error.message) : error
    }
  }

  #conditionHolds(
    input: Placeholders & { ConditionExpression?: string | undefined },
    item: Item | undefined,
  ): boolean {
    return input.ConditionExpression === undefined || holds(input.ConditionExpression, input, item)
  }

  #requireCondition(
    input: Placeholders & { ConditionExpression?: string | undefined },
    item: Item | undefined,
  ): void {
    if (this.#conditionHolds(input, item)) return
    throw new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: {} })
  }

  #requireUnlocked(pk: string, sk: string): void {
    if (!this.#locked.has(nameOf(pk, sk))) return
    throw new TransactionConflictException({
      message: 'Transaction is ongoing for the item',
      $metadata: {},
    })
  }

  /** An item as it may be stored: keys, sizes, and nothing but texts, whole numbers and bytes. */
  #requireItem(item: Item | undefined): { pk: string; sk: string; item: Item } {
    const { pk, sk } = keyOf(item, { among: true })
    for (const { key, place } of Object.values(this.options.indexes)) {
      for (const name of [key, place]) {
        if (item?.[name] !== undefined && !item[name].S)
          throw invalid(`Type mismatch or empty value for Index Key ${name}`)
      }
    }
    if (bytesOf(item as Item) > ITEM_BYTES) throw invalid('Item size has exceeded the maximum allowed size')
    return { pk, sk, item: { ...item } }
  }

  #requireTable(name: string | undefined): void {
    if (name !== this.options.tableName) throw new NotSimulated(`the table ${name}`)
  }

  #requireIndex(name: string | undefined) {
    const index = this.options.indexes[name ?? '']
    if (!index) throw invalid(`The table does not have the specified index: ${name}`)
    return index
  }

  #requireKnown(input: object, known: string[]): void {
    const other = Object.entries(input).find(([key, value]) => value !== undefined && !known.includes(key))
    if (other) throw new NotSimulated(`the parameter ${other[0]}`)
  }
}

function placeOf(sorted: readonly string[], key: string): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] as string) < key) low = middle + 1
    else high = middle
  }
  return low
}
