import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Item } from '../../../shared/store/attributes.ts'
import { INDEXES } from '../../../shared/store/dynamo.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { Database } from './database.ts'

/** The simulated database and the local engine are asked the same, and must answer the same. */

let engine: Engine

beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine.stop())

const COMMANDS = {
  get: GetItemCommand,
  batchGet: BatchGetItemCommand,
  query: QueryCommand,
  put: PutItemCommand,
  update: UpdateItemCommand,
  batchWrite: BatchWriteItemCommand,
  transact: TransactWriteItemsCommand,
}

/** A request of any kind: the client takes one type of command at a time. */
function command(kind: keyof typeof COMMANDS, input: object): GetItemCommand {
  const Command = COMMANDS[kind] as unknown as new (input: object) => GetItemCommand
  return new Command(input)
}

type Request = { [K in keyof typeof COMMANDS]: [K, object] }[keyof typeof COMMANDS]

const text = (S: string): AttributeValue => ({ S })
const number = (N: number): AttributeValue => ({ N: String(N) })

const keys = fc.record({
  pk: fc.constantFrom('A', 'B').map(text),
  sk: fc.constantFrom('.', '0', '1', '2', '21', 'x').map(text),
})
const lists = fc.constantFrom('l1', 'l2').map(text)
const places = fc.constantFrom('p', 'q', 'q1', '~').map(text)
const items: fc.Arbitrary<Item> = fc
  .tuple(
    keys,
    fc.record({ version: fc.integer({ min: 0, max: 3 }).map(number) }),
    fc.option(fc.record({ owner: lists, ownedAt: places }), { nil: {} }),
    fc.option(fc.record({ list: lists, place: places }), { nil: {} }),
    fc.record({ d: fc.uint8Array({ maxLength: 4 }).map((B) => ({ B })) }, { requiredKeys: [] }),
  )
  .map((parts) => Object.assign({}, ...parts))

const versions = fc.integer({ min: 0, max: 3 }).map((v) => ({ ':v': number(v) }))
const conditions = fc.oneof(
  fc.constant({}),
  fc.constant({ ConditionExpression: 'attribute_not_exists(pk)' }),
  fc.constant({ ConditionExpression: 'attribute_exists(pk)' }),
  fc
    .tuple(
      fc.constantFrom(
        'version = :v',
        'version < :v',
        'version <= :v AND attribute_exists(pk)',
        'attribute_not_exists(pk) OR version = :v',
        'version <= :v AND n <= :v AND (version < :v OR n < :v)',
        'n >= :v',
        'n > :v OR version > :v',
      ),
      versions,
    )
    .map(([ConditionExpression, ExpressionAttributeValues]) => ({
      ConditionExpression,
      ExpressionAttributeValues,
    })),
)
const updates = fc
  .tuple(
    fc.constantFrom('SET version = :v', 'SET n = :v, #s = :v', 'ADD n :v', 'ADD n :v, #s :v'),
    conditions,
  )
  .chain(([UpdateExpression, condition]) =>
    versions.map((values) => ({
      UpdateExpression,
      ...condition,
      ExpressionAttributeValues: values,
      ...(UpdateExpression.includes('#s') && { ExpressionAttributeNames: { '#s': 'income#fee' } }),
    })),
  )
const queries = fc
  .record({
    pk: fc.constantFrom('A', 'B', 'none').map(text),
    bound: fc.constantFrom('', ' AND sk < :sk', ' AND sk <= :sk', ' AND sk > :sk'),
    sk: fc.constantFrom('.', '1', '2', '9').map(text),
    forward: fc.boolean(),
    limit: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    start: fc.option(fc.constantFrom('.', '1', '2', '9').map(text), { nil: undefined }),
  })
  // A page begins where another ended: within the bounds.
  .filter(({ bound, sk, start }) => bound === '' || !start || isInside(bound, start.S ?? '', sk.S ?? ''))
  .map(({ pk, bound, sk, forward, limit, start }) => ({
    KeyConditionExpression: `pk = :pk${bound}`,
    ExpressionAttributeValues: { ':pk': pk, ...(bound && { ':sk': sk }) },
    ScanIndexForward: forward,
    ConsistentRead: true,
    ...(limit && { Limit: limit }),
    ...(start && { ExclusiveStartKey: { pk, sk: start } }),
  }))

function isInside(bound: string, start: string, sk: string): boolean {
  if (bound.includes('<=')) return start <= sk
  return bound.includes('<') ? start < sk : start > sk
}

const indexQueries = fc
  .record({
    index: fc.constantFrom('byOwner' as const, 'byPlace' as const),
    list: lists,
    from: fc.constantFrom(' ', 'p', 'q').map(text),
    through: fc.constantFrom('q', 'q1', '\u007f').map(text),
    forward: fc.boolean(),
  })
  .map(({ index, list, from, through, forward }) => ({
    IndexName: index,
    KeyConditionExpression: '#key = :key AND #place BETWEEN :from AND :through',
    ExpressionAttributeNames: { '#key': INDEXES[index].key, '#place': INDEXES[index].place },
    ExpressionAttributeValues: { ':key': list, ':from': from, ':through': through },
    ScanIndexForward: forward,
  }))

/** Distinct by key, as batches and transactions want them, but now and then not. */
const distinct = <T>(arbitrary: fc.Arbitrary<T>, keyOf: (value: T) => Item, most: number) =>
  fc.uniqueArray(arbitrary, {
    minLength: 1,
    maxLength: most,
    selector: (value) => `${keyOf(value).pk?.S}/${keyOf(value).sk?.S}`,
  })

const writes = fc.oneof(
  fc.tuple(items, conditions).map(([Item, condition]) => ({ Put: { Item, ...condition } })),
  fc.tuple(keys, updates).map(([Key, update]) => ({ Update: { Key, ...update } })),
  fc
    .tuple(keys, conditions)
    .filter(([, condition]) => 'ConditionExpression' in condition)
    .map(([Key, condition]) => ({ ConditionCheck: { Key, ...condition } })),
)
type Step = { Put?: { Item: Item }; Update?: { Key: Item }; ConditionCheck?: { Key: Item } }
const keyOfStep = ({ Put, Update, ConditionCheck }: Step): Item =>
  Put?.Item ?? Update?.Key ?? ConditionCheck?.Key ?? {}

const requests: fc.Arbitrary<Request> = fc.oneof(
  keys.map((Key): Request => ['get', { Key, ConsistentRead: true }]),
  distinct(keys, (key) => key, 6).map((Keys): Request => ['batchGet', { Keys, ConsistentRead: true }]),
  queries.map((query): Request => ['query', query]),
  indexQueries.map((query): Request => ['query', query]),
  fc.tuple(items, conditions).map(([Item, condition]): Request => ['put', { Item, ...condition }]),
  fc.tuple(keys, updates).map(([Key, update]): Request => ['update', { Key, ...update }]),
  distinct(items, (item) => item, 5).map((all): Request => ['batchWrite', { all }]),
  fc.array(writes, { minLength: 1, maxLength: 4 }).map((all): Request => ['transact', { all }]),
  distinct(writes, keyOfStep, 6).map((all): Request => ['transact', { all }]),
)

/** The request as the service takes it. */
function withTable([kind, input]: Request, TableName: string): object {
  if (kind === 'batchGet') return { RequestItems: { [TableName]: input } }
  const { all } = input as { all: (Item | Step)[] }
  if (kind === 'batchWrite')
    return { RequestItems: { [TableName]: all.map((Item) => ({ PutRequest: { Item } })) } }
  if (kind !== 'transact') return { TableName, ...input }
  const TransactItems = all.map((step) =>
    Object.fromEntries(Object.entries(step).map(([kind, what]) => [kind, { TableName, ...what }])),
  )
  return { TransactItems }
}

/** What an answer says, however it is written: neither where it came from, nor the order of equal places. */
function saying(output: Record<string, unknown>): object {
  const {
    $metadata: _m,
    Count: _c,
    ScannedCount: _s,
    ConsumedCapacity: _cc,
    ItemCollectionMetrics: _i,
    ...rest
  } = output
  const text = JSON.stringify(rest, (_key, value) => {
    if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
  const said = JSON.parse(text, (_key, value) =>
    value && typeof value === 'object' && Object.keys(value).length === 0 ? undefined : value,
  )
  for (const table of Object.keys(said?.Responses ?? {})) said.Responses[table].sort(byText)
  return said ?? {}
}

const byText = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)

async function answerOf(ask: () => unknown): Promise<object> {
  try {
    return saying((await ask()) as Record<string, unknown>)
  } catch (thrown) {
    const { name, CancellationReasons } = thrown as Error & { CancellationReasons?: { Code?: string }[] }
    return { name, reasons: CancellationReasons?.map(({ Code }) => Code) }
  }
}

describe('the simulated database', () => {
  it('answers what the engine answers, whatever is asked', async () => {
    let asked = 0
    await fc.assert(
      fc.asyncProperty(fc.array(requests, { minLength: 20, maxLength: 60 }), async (all) => {
        const { client, tableName } = await engine.another()
        const database = new Database({ tableName, indexes: INDEXES })
        for (const request of all) {
          const input = withTable(request, tableName)
          const expected = await answerOf(() => client.send(command(request[0], input)))
          const answer = await answerOf(() => database[request[0]](input as never))
          expect({ request, answer }).toEqual({ request, answer: expected })
          asked += 1
        }
      }),
      { numRuns: 25 },
    )
    expect(asked).toBeGreaterThan(500)
  })

  it('reads large answers in pages, which are the same in all', async () => {
    const { client, tableName } = await engine.another()
    const database = new Database({ tableName, indexes: INDEXES })
    for (let i = 0; i < 8; i += 1) {
      const Item = { pk: text('A'), sk: text(String(i)), d: { B: new Uint8Array(300_000) } }
      await client.send(new PutItemCommand({ TableName: tableName, Item }))
      database.put({ TableName: tableName, Item })
    }
    const pages = async (
      ask: (input: object) => Promise<{ Items?: Item[] | undefined; LastEvaluatedKey?: Item | undefined }>,
    ) => {
      const found: (string | undefined)[][] = []
      let start: Item | undefined
      do {
        const { Items = [], LastEvaluatedKey } = await ask({
          TableName: tableName,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': text('A') },
          ConsistentRead: true,
          ...(start && { ExclusiveStartKey: start }),
        })
        found.push(Items.map(({ sk }) => sk?.S))
        start = LastEvaluatedKey
      } while (start)
      return found
    }
    const theirs = await pages((input) => client.send(new QueryCommand(input as never)))
    const ours = await pages(async (input) => database.query(input as never))
    expect(ours.flat()).toEqual(theirs.flat())
    expect(ours.length).toBeGreaterThan(2)
  })

  it.each([
    [
      'an item of more than 400 kB',
      'put',
      () => ({ Item: { pk: text('A'), sk: text('.'), d: { B: new Uint8Array(410_000) } } }),
    ],
    ['an empty key', 'put', () => ({ Item: { pk: text('A'), sk: text('') } })],
    [
      'a key of an index that is no text',
      'put',
      () => ({ Item: { pk: text('A'), sk: text('.'), owner: number(1), ownedAt: text('x') } }),
    ],
    [
      'a sum of 39 digits',
      'update',
      () => ({
        Key: { pk: text('N'), sk: text('.') },
        UpdateExpression: 'ADD n :v',
        ExpressionAttributeValues: { ':v': { N: '9'.repeat(38) } },
      }),
    ],
    [
      '26 writes in a batch',
      'batchWrite',
      () => ({ all: Array.from({ length: 26 }, (_, i) => ({ pk: text('A'), sk: text(String(i)) })) }),
    ],
    [
      'an item twice in a batch',
      'batchWrite',
      () => ({ all: [0, 1].map(() => ({ pk: text('A'), sk: text('.') })) }),
    ],
    [
      '101 items in a transaction',
      'transact',
      () => ({
        all: Array.from({ length: 101 }, (_, i) => ({
          Put: { Item: { pk: text('A'), sk: text(String(i)) } },
        })),
      }),
    ],
    [
      '4 MB in a transaction',
      'transact',
      () => ({
        all: Array.from({ length: 11 }, (_, i) => ({
          Put: { Item: { pk: text('A'), sk: text(String(i)), d: { B: new Uint8Array(400_000) } } },
        })),
      }),
    ],
  ] as const)('refuses %s', async (_what, kind, input) => {
    const { client, tableName } = await engine.another()
    const database = new Database({ tableName, indexes: INDEXES })
    const full = withTable([kind, input()] as Request, tableName)
    // The sum comes to too much at the second time.
    for (let time = 0; time < (kind === 'update' ? 2 : 1); time += 1) {
      const expected = await answerOf(() => client.send(command(kind, full)))
      expect(await answerOf(() => database[kind](full as never))).toEqual(expected)
      if (kind !== 'update' || time === 1) expect(expected).toMatchObject({ name: 'ValidationException' })
    }
  })
})
