import type { Account } from '../../domain/account.ts'
import { ExchequerError } from '../../domain/errors.ts'
import { max } from '../../domain/money.ts'
import { type AccountState, balanceOf, type Page } from '../../domain/page.ts'
import type { Plan } from '../../domain/plan.ts'
import { columnsOf } from '../../domain/policy/columns.ts'
import type { Policy } from '../../domain/policy/schema.ts'
import type { Network } from '../../domain/settle.ts'
import { range, required, stateOf } from '../network.ts'
import type { SettlementStore, StoredPolicy } from '../ports.ts'

/**
 * The most accounts a simulation takes into memory: twice those of the measured era (see MAX_EVENTS), of which they were
 * less than half of 0.8 GB; the function has 1,769 MB.
 */
export const MAX_ACCOUNTS = 100_000

type Reads = Pick<SettlementStore, 'state' | 'weights' | 'statements' | 'pages'>

/** What an account is owed before an era, and what the era and the one before it credited. */
interface Undo {
  owed: bigint
  dues: Record<string, bigint>
  credited: bigint
}

/**
 * A network in memory as it was before a settled era. What the network itself held, debts and running spreads are
 * exactly as they were: plan and weights have them frozen. Roles and stakes are as they stand now; balances, read only
 * where something is weighed by them, are those of now without what the era and the one before it credited.
 * Throws `TooManyAccounts`.
 */
export async function networkBefore(
  store: Reads,
  plan: Plan,
  { policy, hash }: StoredPolicy,
  weighsBalances: boolean,
): Promise<Network> {
  const { shards, partitions } = await stateOf(store)
  const pages = new Map<number, Page>()
  let accounts = 0
  const carried = await Promise.all(
    range(partitions).map(async (partition) => {
      const undo = await undoOf(store, policy, plan.era, partition, weighsBalances)
      for await (const page of store.pages.list(partition)) {
        accounts += page.accounts.length
        if (accounts > MAX_ACCOUNTS) throw tooManyAccounts()
        pages.set(page.page, {
          ...page,
          accounts: page.accounts.map((state) => undone(state, plan.era, undo)),
        })
      }
      return store.weights.carried(plan.era, partition)
    }),
  )
  const system = {
    version: plan.systemVersion,
    balances: plan.opening,
    history: plan.history.slice(0, -1),
    // Says only how long an ending waits for its event, which moves nothing in this era.
    latest: 0,
    sealHash: plan.previousHash,
    unfinished: true,
  }
  return { policy, policyHash: hash, shards, partitions, system, pages, carried, counted: [] }
}

async function undoOf(
  store: Reads,
  policy: Policy,
  era: number,
  partition: number,
  weighsBalances: boolean,
): Promise<Map<Account, Undo>> {
  const undo = new Map<Account, Undo>()
  const of = (account: Account): Undo => {
    const found = undo.get(account) ?? { owed: 0n, dues: {}, credited: 0n }
    undo.set(account, found)
    return found
  }
  const columns = columnsOf(policy)
  const header = required(
    await store.weights.read(era, partition),
    `the weights of partition ${partition} of era ${era}`,
  )
  for await (const { account, weights } of store.weights.rows(era, partition, header)) {
    const before = of(account)
    columns.forEach((column, c) => {
      const debt = weights[c] ?? 0n
      if (debt === 0n) return
      if (column.kind === 'owed') before.owed = debt
      if (column.kind === 'due' && column.since === 'former') before.dues[column.obligation] = debt
    })
  }
  if (!weighsBalances) return undo
  for (const credited of [era - 1, era]) {
    for await (const { rows } of store.statements.list(credited, partition))
      for (const row of rows) of(row.account).credited += row.credited
  }
  return undo
}

function undone(state: AccountState, era: number, undo: ReadonlyMap<Account, Undo>): AccountState {
  const { owed = 0n, dues = {}, credited = 0n } = undo.get(state.account) ?? {}
  const later = state.pending.filter((credit) => credit.era > era)
  const since = later.reduce((sum, { amount }) => sum + amount, credited)
  // What commands told the era is gone from here, and what they tell later ones is not for it.
  const opening = { through: era, amount: max(0n, balanceOf(state) - since) }
  return { ...state, owed, dues, openings: [opening], outbox: [] }
}

function tooManyAccounts(): ExchequerError {
  return new ExchequerError(
    'TooMuchToSimulate',
    `a simulation takes at most ${MAX_ACCOUNTS} accounts, and this network has more: use npm run simulate with its events`,
  )
}
