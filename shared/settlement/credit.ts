import { applyStatement } from '../domain/apply.ts'
import { ExchequerError } from '../domain/errors.ts'
import type { Page } from '../domain/page.ts'
import { metricsUsed } from '../domain/policy/columns.ts'
import { share } from '../domain/share.ts'
import type { Statement } from '../domain/statement.ts'
import { required, stateOf } from './network.ts'
import type { SettlementStore } from './ports.ts'
import { policyOf } from './versions.ts'

/** Pages credited side by side: enough to hide the way to the table, few enough not to be throttled by it. */
const IN_FLIGHT = 16

/** Commands change pages too: how often a page may be found changed before credit gives up and is retried. */
const MAX_CONFLICTS = 50

/** Time kept for finishing what is in flight and answering, ms. */
const RESERVE_MS = 15_000

export interface CreditDeps {
  store: SettlementStore
  /** What is left of the function's time, ms. */
  remainingMs: () => number
}

export interface CreditCursor {
  era: number
  partition: number
  /** Pages up to this one are credited. */
  after?: number | undefined
}

/**
 * Credits the accounts of one partition: each page's statement is written once, then applied to the page unless it
 * is in already. Near its deadline it answers where it stopped, and is called again from there.
 */
export async function creditPartition(
  { store, remainingMs }: CreditDeps,
  cursor: CreditCursor,
): Promise<CreditCursor & { done: boolean }> {
  const { era, partition, after = -1 } = cursor
  if (await store.statements.readCredit(era, partition)) return { era, partition, done: true }
  const { partitions } = await stateOf(store)
  const [{ policy }, next] = await Promise.all([policyOf(store, era), policyOf(store, era + 1)])
  const freezes = metricsUsed(next.policy).has('balance')
  const plan = required(await store.plans.read(era), `the plan of era ${era}`)
  const header = required(
    await store.weights.read(era, partition),
    `the weights of partition ${partition} of era ${era}`,
  )
  const sharing = share(policy, plan, partition, partitions)

  let credited = after
  let batch: Statement[] = []
  const flush = async (): Promise<void> => {
    const pages = await store.pages.readAll(batch.map(({ page }) => page))
    await Promise.all(
      batch.map((wanted, i) => creditPage(store, partition, wanted, pages[i] as Page, freezes)),
    )
    credited = batch.at(-1)?.page ?? credited
    batch = []
  }
  const take = async (statements: Statement[]): Promise<void> => {
    batch.push(...statements.filter(({ page }) => page > after))
    if (batch.length >= IN_FLIGHT) await flush()
  }
  for await (const row of store.weights.rows(era, partition, header)) {
    if (remainingMs() < RESERVE_MS && credited > after)
      return { era, partition, after: credited, done: false }
    await take(sharing.next(row))
  }
  await take(sharing.next(undefined))
  await flush()
  await store.statements.commitCredit(era, partition, sharing.totals())
  return { era, partition, done: true }
}

/** `asRead` is the page as it was a moment ago: where it has changed since, it is read again. */
async function creditPage(
  store: SettlementStore,
  partition: number,
  wanted: Statement,
  asRead: Page,
  freezes: boolean,
): Promise<void> {
  const statement = await store.statements.commit(partition, wanted)
  let page = asRead
  for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts += 1) {
    if (page.creditedThrough >= statement.era) return
    if (await store.pages.replace(applyStatement(page, statement, freezes))) return
    page = await store.pages.read(statement.page)
  }
  throw new ExchequerError(
    'PageContended',
    `page ${statement.page} was changed ${MAX_CONFLICTS} times while era ${statement.era} was credited to it`,
  )
}
