import { accountOrder, pageOf } from '../../shared/domain/account.ts'
import type { MetricReported } from '../../shared/domain/event.ts'
import { type AccountState, emptyPage, newAccount, type Page } from '../../shared/domain/page.ts'
import { inParallel } from '../../shared/store/parallel.ts'
import type { Store } from '../../shared/store/table.ts'
import { fee } from '../support/events.ts'
import { type Json, policyJson, START_MS, toGroup } from '../support/policies.ts'
import { address, append, fees, HOUR_MS } from './data.ts'

/** A network with many accounts in one group that shares all of an era's profit by what each has done. */

/** Hour-long eras, moved by hand. */
export const populationPolicy: Json = policyJson({
  ...toGroup({ metric: 'work' }),
  metrics: { work: 'sum' },
})

/** Just past the end of the first era. */
export const AFTER_FIRST_ERA = new Date(START_MS + HOUR_MS).toISOString()

const PROFIT = 10n ** 24n + 7n
const MOST_WORK = 1_000

export interface Population {
  accounts: string[]
  work: bigint[]
  profit: bigint
}

export function population(count: number): Population {
  const accounts = Array.from({ length: count }, address)
  const work = accounts.map(() => 1n + BigInt(Math.floor(Math.random() * MOST_WORK)))
  return { accounts, work, profit: PROFIT }
}

/** Writes the accounts as an earlier era would have left them, and what they do in the first era to its log. */
export async function populate(
  store: Store,
  { accounts, work, profit }: Population,
  shards: number,
): Promise<void> {
  await inParallel(pagesOf(accounts), async (page) => {
    if (!(await store.pages.replace(page))) throw new Error(`page ${page.page} is there already`)
  })
  await append(store, 0, [fee('profit', profit)], { shards })
  for (let at = 0; at < accounts.length; at += EVENTS_AT_ONCE) {
    const own = accounts.slice(at, at + EVENTS_AT_ONCE)
    const events = own.map((account, i): MetricReported => {
      const occurredAt = START_MS + Math.floor(Math.random() * HOUR_MS)
      const value = work[at + i] as bigint
      return { name: 'MetricReported', id: `${account}-work`, occurredAt, account, metric: 'work', value }
    })
    await append(store, 0, events, { shards })
  }
}

/** Events that are in memory at once while the log is written. */
const EVENTS_AT_ONCE = 100_000

/** Events of an era for each of its accounts where there are many: what it did, and the rest are fees. */
export const EVENTS_PER_ACCOUNT = 10

/** Writes fees of the first era to the log, in the shards they belong to or all of them in one. Answers their sum. */
export async function charge(
  store: Store,
  count: number,
  to: { shards: number; only?: number },
): Promise<bigint> {
  let total = 0n
  for (let left = count; left > 0; left -= EVENTS_AT_ONCE) {
    const events = fees(Math.min(left, EVENTS_AT_ONCE)).map((one) => ({ ...one, kind: 'fee' }))
    await append(store, 0, events, to)
    for (const { amount } of events) total += amount
  }
  return total
}

function pagesOf(accounts: readonly string[]): Page[] {
  const pages = new Map<number, { order: string; state: AccountState }[]>()
  for (const account of accounts) {
    const number = pageOf(account)
    const available = BigInt(Math.floor(Math.random() * 2 ** 52)) * 1_000n
    const state = { ...newAccount(account), available, earned: available }
    const page = pages.get(number) ?? []
    page.push({ order: accountOrder(account), state })
    pages.set(number, page)
  }
  return [...pages].map(([number, states]) => ({
    ...emptyPage(number),
    version: 1,
    accounts: states.sort((a, b) => (a.order < b.order ? -1 : 1)).map(({ state }) => state),
  }))
}

/** What every account must get, worked out by the published formula and nothing of the product. */
function sharesOf({ accounts, work, profit }: Population): Map<string, bigint> {
  const total = work.reduce((sum, value) => sum + value, 0n)
  const ordered = accounts
    .map((account, i) => ({ account, order: accountOrder(account), weight: work[i] as bigint }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
  const shares = new Map<string, bigint>()
  let running = 0n
  for (const { account, weight } of ordered) {
    running += weight
    shares.set(account, (profit * running) / total - (profit * (running - weight)) / total)
  }
  return shares
}

/** Reads every statement of the first era. Throws unless each account got its share, to the unit. */
export async function assertExact(store: Store, people: Population, partitions: number): Promise<void> {
  const shares = sharesOf(people)
  let paid = 0n
  for (let partition = 0; partition < partitions; partition += 1) {
    for await (const { rows } of store.statements.list(0, partition)) {
      for (const { account, credited } of rows) {
        if (shares.get(account) !== credited)
          throw new Error(`${account} was credited ${credited} of ${shares.get(account)}`)
        shares.delete(account)
        paid += credited
      }
    }
  }
  if (paid !== people.profit || shares.size > 0)
    throw new Error(`${paid} of ${people.profit} was paid, and ${shares.size} accounts were left out`)
}
