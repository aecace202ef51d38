import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { named, type Sent } from '../aws/sdk.ts'
import type { World } from '../world/world.ts'
import type { AsOf, Database } from './database.ts'

/** For how long a token of a transaction is known. Source: API reference of TransactWriteItems. */
const TOKEN_MS = 600_000

/** How far an eventually consistent read may be behind, ms: as a rule, and at worst. Indexes are slower than tables. */
export const BEHIND_MS = { table: 20, index: 200, stale: 30_000 }

/** How long a transaction goes on that drags, ms: its items are locked as long. */
const DRAG_MS = [100, 3_000] as const

/** How long it takes until each item of a transaction or a batch is written, ms. */
const SPREAD_MS = 12

/**
 * The database as a service: what takes time in it, what is seen of it meanwhile, and what only the real one shows.
 * A transaction locks its items, then writes one after the other; a batch writes its items one by one; reads that may
 * be behind are.
 */
export class DatabaseService {
  readonly #world: World
  readonly #database: Database
  readonly #tokens = new Map<string, 'under way' | { until: number }>()

  constructor(world: World, database: Database) {
    this.#world = world
    this.#database = database
  }

  async serve(sent: Sent): Promise<unknown> {
    const { operation, input, place } = sent
    this.#world.say(`${place} reaches the table`)
    switch (operation) {
      case 'GetItem':
        return this.#database.get(input, this.#asOf(sent))
      case 'BatchGetItem':
        return this.#batchGet(sent)
      case 'Query':
        return this.#database.query(input, this.#asOf(sent))
      case 'PutItem':
        return this.#database.put(input)
      case 'UpdateItem':
        return this.#database.update(input)
      case 'BatchWriteItem':
        return this.#batchWrite(sent)
      case 'TransactWriteItems':
        return this.#transact(sent)
      default:
        throw named('NotSimulated', `the operation ${operation}`)
    }
  }

  #asOf({ input, place, fault }: Sent): AsOf {
    const { now } = this.#world
    if (fault === 'stale')
      return (pk, sk) => now - this.#world.chance(`behind ${place} ${pk} ${sk}`).int(0, BEHIND_MS.stale)
    const moment =
      now - this.#world.chance(`behind ${place}`).int(0, input.IndexName ? BEHIND_MS.index : BEHIND_MS.table)
    return () => moment
  }

  #batchGet(sent: Sent) {
    const { input, place, fault } = sent
    const [name, request] = Object.entries(input.RequestItems)[0] as [string, { Keys: Item[] }]
    const [read, unread] = fault === 'partial' ? this.#halves(request.Keys, place) : [request.Keys, []]
    if (read.length === 0)
      return { Responses: { [name]: [] }, UnprocessedKeys: { [name]: { ...request, Keys: unread } } }
    const answer = this.#database.batchGet(
      { RequestItems: { [name]: { ...request, Keys: read } } },
      this.#asOf(sent),
    )
    const rest = [...(answer.UnprocessedKeys[name]?.Keys ?? []), ...unread]
    return { ...answer, UnprocessedKeys: rest.length > 0 ? { [name]: { ...request, Keys: rest } } : {} }
  }

  async #batchWrite({ input, place, fault }: Sent) {
    const [name, requests] = Object.entries(input.RequestItems)[0] as [string, object[]]
    const writes = this.#database.batchWrites(input)
    const numbers = [...writes.keys()]
    const [done, undone] = fault ? this.#halves(numbers, place) : [numbers, []]
    await this.#oneByOne(
      done.map((number) => () => this.#database.apply(writes[number] as (typeof writes)[number])),
      place,
    )
    if (fault === 'fail') throw named('InternalServerError', 'Internal server error')
    return undone.length > 0
      ? { UnprocessedItems: { [name]: undone.map((number) => requests[number]) } }
      : { UnprocessedItems: {} }
  }

  async #transact({ input, token, place, fault }: Sent) {
    const known = this.#tokens.get(token)
    if (known === 'under way')
      throw named('TransactionInProgressException', 'The transaction with the given token is in progress')
    if (known && known.until > this.#world.now) return {}
    const prepared = this.#database.prepare(input)
    this.#tokens.set(token, 'under way')
    if (fault === 'drag') {
      const chance = this.#world.chance(`drags ${place}`)
      await this.#world.sleep(chance.int(...DRAG_MS))
      if (chance.is(0.5)) {
        // What was in progress has come to nothing, and whoever sends it again begins anew.
        this.#world.say(`${place} is cancelled`)
        this.#database.unlock(prepared)
        this.#tokens.delete(token)
        throw named('InternalServerError', 'Internal server error')
      }
    }
    await this.#oneByOne(
      prepared.changes.map((change) => () => this.#database.apply(change)),
      place,
    )
    this.#database.unlock(prepared)
    this.#tokens.set(token, { until: this.#world.now + TOKEN_MS })
    return {}
  }

  /** Does all of it within a while, in any order. */
  async #oneByOne(works: (() => void)[], place: string): Promise<void> {
    const chance = this.#world.chance(`written ${place}`)
    await Promise.all(
      works.map(
        (work) =>
          new Promise<void>((resolve) => {
            this.#world.after(chance.next() * SPREAD_MS, () => {
              work()
              resolve()
            })
          }),
      ),
    )
  }

  #halves<T>(all: readonly T[], place: string): [T[], T[]] {
    const chance = this.#world.chance(`halves ${place}`)
    const halves: [T[], T[]] = [[], []]
    for (const one of all) halves[chance.int(0, 1) as 0 | 1].push(one)
    return halves
  }
}

type Item = Record<string, AttributeValue>
