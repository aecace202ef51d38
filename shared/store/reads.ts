import type { QuarantinedEvent, ReadStore } from '../api/ports.ts'
import { pageOf as pageNumberOf, partitionOfPage } from '../domain/account.ts'
import type { Purchase } from '../domain/facts.ts'
import { emptyPage } from '../domain/page.ts'
import type { Plan } from '../domain/plan.ts'
import type { Seal } from '../domain/seal.ts'
import type { Statement } from '../domain/statement.ts'
import type { JournalStore } from '../ledger/ports.ts'
import { bytesOf, type Item, type Key, keyItem, textValue } from './attributes.ts'
import { clockOf, UNSET_CLOCK } from './clock.ts'
import { decode } from './codec.ts'
import type { Table } from './dynamo.ts'
import { invalidCursor } from './invalid-cursor.ts'
import {
  clockKey,
  eraOf,
  eraSk,
  planKey,
  purchaseKey,
  QUARANTINE,
  runningKey,
  SEALS,
  stateKey,
} from './keys.ts'
import type { NetworkConstants } from './network.ts'
import { pageKey, pageOf } from './pages.ts'
import { inParallel } from './parallel.ts'
import type { CachedPolicies } from './policies.ts'
import { boughtAt, idBoughtAt, listOfBuyer } from './purchases.ts'
import { quarantinedOf } from './quarantine.ts'
import { runningOf } from './running.ts'
import { sealAt } from './seals.ts'
import { stateOf } from './state.ts'
import { statementKey } from './statements.ts'
import { storedValue } from './values.ts'

const EVENTUAL = { eventual: true }

/** The table as the API reads it: eventually consistent. */
export function readStore(
  table: Table,
  policies: CachedPolicies,
  constants: () => Promise<NetworkConstants>,
  journal: Pick<JournalStore, 'entries'>,
): ReadStore {
  const find = async <T>(key: Key, read: (item: Item) => T | Promise<T>): Promise<T | undefined> => {
    const item = await table.get(key, EVENTUAL)
    return item && read(item)
  }
  return {
    async page(page) {
      const { partitions } = await constants()
      return (await find(pageKey(page, partitions), pageOf)) ?? emptyPage(page)
    },
    async statement(era, account) {
      const page = pageNumberOf(account)
      const key = statementKey(partitionOfPage(page, (await constants()).partitions), { era, page })
      const statement = await find(key, (item) => storedValue<Statement>(table, item, EVENTUAL))
      const row = statement?.rows.find((candidate) => candidate.account === account)
      return statement && row && { row, releaseAt: statement.releaseAt }
    },
    entries: journal.entries,
    async seals({ before, limit }) {
      const query = { pk: SEALS, descending: true, limit: limit + 1, ...EVENTUAL }
      const items = await collect(
        table.query({ ...query, before: before === undefined ? undefined : eraSk(before) }),
      )
      const seals = await inParallel(items.slice(0, limit), (item) =>
        storedValue<Seal>(table, item, EVENTUAL),
      )
      const last = seals.at(-1)
      return items.length > limit && last ? { seals, next: last.era } : { seals }
    },
    seal: (era) => sealAt(table, era, EVENTUAL),
    plan: (era) => find(planKey(era), (item) => storedValue<Plan>(table, item, EVENTUAL)),
    async isSettling(era) {
      return (await collect(table.query({ pk: eraOf(era), limit: 1, ...EVENTUAL }))).length > 0
    },
    purchase: (id) => find(purchaseKey(id), purchaseOf),
    async purchasesByBuyer(buyer, { cursor, limit }) {
      const start = cursor === undefined ? undefined : purchaseStart(buyer, cursor)
      const items = await collect(
        table.queryIndex({
          index: 'byOwner',
          list: listOfBuyer(buyer),
          limit: limit + 1,
          descending: true,
          start,
        }),
      )
      const purchases = items.slice(0, limit).map(purchaseOf)
      const last = purchases.at(-1)
      return items.length > limit && last ? { purchases, next: boughtAt(last) } : { purchases }
    },
    async quarantined({ cursor, limit }) {
      if (cursor !== undefined && !ULID.test(cursor)) throw invalidCursor(cursor)
      const query = { pk: QUARANTINE, before: cursor, descending: true, limit: limit + 1, ...EVENTUAL }
      const items = await collect(table.query(query))
      const events: QuarantinedEvent[] = await inParallel(items.slice(0, limit), (item) =>
        quarantinedOf(table, item),
      )
      const last = events.at(-1)
      return items.length > limit && last ? { events, next: last.id } : { events }
    },
    async running(era) {
      return (await find(runningKey(era), runningOf)) ?? { income: {}, costs: {} }
    },
    state: () => find(stateKey, stateOf),
    async clock() {
      return (await find(clockKey, clockOf)) ?? UNSET_CLOCK
    },
    policy: (version) => policies.find(version),
  }
}

const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/

function purchaseOf(item: Item): Purchase {
  return decode<Purchase>(bytesOf(item, 'd'))
}

function purchaseStart(buyer: string, cursor: string): Item {
  const id = idBoughtAt(cursor)
  if (id === undefined) throw invalidCursor(cursor)
  return { ...keyItem(purchaseKey(id)), owner: textValue(listOfBuyer(buyer)), ownedAt: textValue(cursor) }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
