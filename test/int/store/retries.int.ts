import {
  ProvisionedThroughputExceededException,
  TransactionCanceledException,
  TransactionConflictException,
  TransactionInProgressException,
} from '@aws-sdk/client-dynamodb'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Item } from '../../../shared/store/attributes.ts'
import { NOT_THERE, Table, type Write } from '../../../shared/store/dynamo.ts'
import { MAX_TRIES } from '../../../shared/store/retry.ts'
import { type Engine, startEngine } from '../../support/engine.ts'

/** What the engine never answers with, put in its place: conflicts, throttles, and batches done by halves. */
type Fault = (
  command: string,
  input: Record<string, unknown>,
  next: () => Promise<unknown>,
) => Promise<unknown>

let engine: Engine
let table: Table
let fault: Fault
let pauses: number
let sent: number
let name = 0

beforeAll(async () => {
  engine = await startEngine()
  engine.client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        sent++
        const proceed = async () => (await next(args)).output
        return { output: (await fault(commandName, args.input as never, proceed)) as never, response: {} }
      },
    { step: 'initialize' },
  )
  table = new Table(engine.client, engine.tableName, async () => {
    pauses++
  })
})
afterAll(() => engine.stop())
beforeEach(() => {
  name++
  pauses = 0
  sent = 0
})
afterEach(() => {
  fault = (_command, _input, next) => next()
})

async function all(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = []
  for await (const one of items) found.push(one)
  return found
}

const $metadata = {}
const conflict = () => new TransactionConflictException({ message: '', $metadata })
const throttle = () => new ProvisionedThroughputExceededException({ message: '', $metadata })
const inProgress = () => new TransactionInProgressException({ message: '', $metadata })
const cancelled = (...codes: string[]) =>
  new TransactionCanceledException({
    message: '',
    $metadata,
    CancellationReasons: codes.map((Code) => ({ Code })),
  })

/** Fails so many times with what `error` makes, then goes through. */
function failing(times: number, error: () => Error): Fault {
  let left = times
  return async (_command, _input, next) => {
    if (left-- > 0) throw error()
    return next()
  }
}

const item = (sk = '.'): Item => ({ pk: { S: `RETRY#${name}` }, sk: { S: sk } })
const key = (sk = '.') => ({ pk: `RETRY#${name}`, sk })
const two = (): Write[] => [
  { put: item('a'), when: { expression: NOT_THERE } },
  { put: item('b'), when: { expression: NOT_THERE } },
]

describe('a single write', () => {
  it.each([
    ['conflicts', conflict],
    ['throttles', throttle],
  ])('that meets %s is tried again, and then is an answer', async (_name, error) => {
    fault = failing(3, error)
    expect(await table.putOnce(item())).toBe(true)
    expect(pauses).toBe(3)
    fault = failing(1, error)
    expect(await table.putOnce(item())).toBe(false)
  })

  it('is tried so often and no more', async () => {
    fault = failing(1_000, conflict)
    await expect(table.putOnce(item())).rejects.toMatchObject({ code: 'StoreBusy' })
    expect(sent).toBe(MAX_TRIES)
  })

  it('that fails for another reason is not tried again', async () => {
    fault = failing(1, () => new Error('no such table'))
    await expect(table.putOnce(item())).rejects.toThrow('no such table')
    expect(sent).toBe(1)
  })
})

describe('a transaction', () => {
  it('cancelled by nothing but conflicts and throttles is tried again', async () => {
    fault = failing(2, () =>
      cancelled('TransactionConflict', 'None', 'ThrottlingError', 'ProvisionedThroughputExceeded'),
    )
    expect(await table.transact(two())).toEqual([])
    expect(pauses).toBe(2)
    expect(await table.get(key('b'))).toEqual(item('b'))
  })

  it('cancelled by a condition says which, and is not tried again', async () => {
    fault = (_command, _input, next) => next()
    await table.putOnce(item('b'))
    sent = 0
    expect(await table.transact(two())).toEqual([1])
    expect(sent).toBe(1)
    expect(await table.get(key('a'))).toBeUndefined()
  })

  it('cancelled by a condition beside a conflict is refused by the condition', async () => {
    fault = failing(1, () => cancelled('TransactionConflict', 'ConditionalCheckFailed'))
    expect(await table.transact(two())).toEqual([1])
    expect(sent).toBe(1)
  })

  it.each([['ValidationError'], ['ItemCollectionSizeLimitExceeded']])(
    'cancelled by %s fails',
    async (code) => {
      fault = failing(1, () => cancelled('TransactionConflict', code))
      await expect(table.transact(two())).rejects.toBeInstanceOf(TransactionCanceledException)
      expect(sent).toBe(1)
    },
  )

  it('cancelled without a reason fails', async () => {
    fault = failing(1, () => cancelled('None', 'None'))
    await expect(table.transact(two())).rejects.toBeInstanceOf(TransactionCanceledException)
  })

  it.each([
    ['always conflicts', () => cancelled('TransactionConflict', 'None')],
    ['is never said to be done', inProgress],
  ])('that %s fails in the end', async (_name, error) => {
    fault = failing(1_000, error)
    await expect(table.transact(two())).rejects.toMatchObject({ code: 'StoreBusy' })
  })

  it('that is in progress is tried again until it is done', async () => {
    fault = failing(2, inProgress)
    expect(await table.transact(two())).toEqual([])
    expect([sent, pauses]).toEqual([3, 2])
    expect(await table.get(key('b'))).toEqual(item('b'))
  })

  it('that was in progress, and is cancelled then, is not done', async () => {
    const answers = [inProgress(), cancelled('None', 'ConditionalCheckFailed')]
    fault = async (_command, _input, next) => {
      const answer = answers.shift()
      if (answer) throw answer
      return next()
    }
    expect(await table.transact(two())).toEqual([1])
    expect(sent).toBe(2)
    expect(await table.get(key('a'))).toBeUndefined()
  })
})

describe('a batch', () => {
  const items = (count: number) => Array.from({ length: count }, (_, i) => item(String(i).padStart(4, '0')))
  /** Leaves the second half of what is asked for undone. */
  const halves: Fault = async (_command, input, next) => {
    const requests = input.RequestItems as Record<string, unknown>
    const [table, wanted] = Object.entries(requests)[0] as [string, unknown[] | { Keys: unknown[] }]
    const list = Array.isArray(wanted) ? wanted : wanted.Keys
    const [done, rest] = [list.slice(0, Math.ceil(list.length / 2)), list.slice(Math.ceil(list.length / 2))]
    const put = (part: unknown[]) => (Array.isArray(wanted) ? part : { ...wanted, Keys: part })
    requests[table] = put(done)
    const output = (await next()) as object
    if (rest.length === 0) return output
    const undone = { [table]: put(rest) }
    return {
      ...output,
      ...(Array.isArray(wanted) ? { UnprocessedItems: undone } : { UnprocessedKeys: undone }),
    }
  }

  it('of writes goes on with what was not done', async () => {
    fault = halves
    expect(await table.putEach(items(60))).toEqual(items(60).map(() => undefined))
    fault = (_command, _input, next) => next()
    const written = await all(table.query({ pk: `RETRY#${name}` }))
    expect(written).toHaveLength(60)
  })

  it('of reads goes on with what was not read, in order', async () => {
    fault = (_command, _input, next) => next()
    await table.putAll(items(120))
    fault = halves
    const keys = items(120).map(({ sk }) => key(sk?.S ?? ''))
    expect(await table.getAll(keys.reverse())).toEqual(items(120).reverse())
    await expect(table.getAll([...keys, key('none')])).rejects.toMatchObject({ code: 'ItemMissing' })
  })

  it('says what was never written, and what was', async () => {
    fault = async (_command, input, next) => {
      const requests = input.RequestItems as Record<string, { PutRequest: { Item: Item } }[]>
      const [table, all] = Object.entries(requests)[0] as [string, { PutRequest: { Item: Item } }[]]
      const isStuck = ({ PutRequest }: (typeof all)[number]) => PutRequest.Item.sk?.S === '0003'
      const rest = all.filter((one) => !isStuck(one))
      if (rest.length > 0) {
        requests[table] = rest
        await next()
      }
      return { UnprocessedItems: { [table]: all.filter(isStuck) }, $metadata }
    }
    const errors = await table.putEach(items(30))
    expect(errors.map((error) => (error as { code?: string } | undefined)?.code)).toEqual(
      items(30).map((_, i) => (i === 3 ? 'StoreBusy' : undefined)),
    )
    await expect(table.putAll(items(30))).rejects.toMatchObject({ code: 'StoreBusy' })
  })

  it('that is throttled as a whole is tried again', async () => {
    fault = failing(2, throttle)
    expect(await table.putEach(items(3))).toEqual([undefined, undefined, undefined])
    fault = failing(2, throttle)
    expect(await table.getAll([key('0001')])).toEqual([item('0001')])
  })
})

describe('a read', () => {
  it('sees all that was written before it, unless whoever asks says that it need not', async () => {
    const asked: unknown[] = []
    fault = async (_command, input, next) => {
      const [ofBatch] = Object.values((input.RequestItems as Record<string, object> | undefined) ?? {})
      asked.push(((ofBatch ?? input) as { ConsistentRead?: boolean }).ConsistentRead)
      return next()
    }
    const pk = `RETRY#${name}`
    await table.get(key())
    await table.findAll([key()])
    await all(table.query({ pk }))
    expect(asked.splice(0)).toEqual([true, true, true])
    await table.get(key(), { eventual: true })
    await table.findAll([key()], { eventual: true })
    await all(table.query({ pk, eventual: true }))
    expect(asked).toEqual([false, false, false])
  })
})

describe('a query', () => {
  it('reads page after page, and no further than asked', async () => {
    fault = (_command, _input, next) => next()
    const large = { S: 'x'.repeat(300_000) }
    for (let i = 0; i < 8; i++) await table.putOnce({ ...item(String(i)), large })
    sent = 0
    for (const ahead of [true, false]) {
      const found = await all(table.query({ pk: `RETRY#${name}`, ahead }))
      expect(found.map(({ sk }) => sk?.S)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7'])
    }
    expect(sent).toBeGreaterThan(4)
    const some = await all(table.query({ pk: `RETRY#${name}`, descending: true, before: '6', limit: 5 }))
    expect(some.map(({ sk }) => sk?.S)).toEqual(['5', '4', '3', '2', '1'])
    for await (const { sk } of table.query({ pk: `RETRY#${name}`, ahead: true, after: '2' })) {
      expect(sk?.S).toBe('3')
      break
    }
  })
})
