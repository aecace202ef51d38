import { type Account, isSystem, pageOf } from './account.ts'
import { eraAt, erasEndedBy } from './calendar.ts'
import {
  type BusEvent,
  type Event,
  eventKey,
  isCommandName,
  positionOf,
  type TokensDeposited,
} from './event.ts'
import { add } from './money.ts'
import { applyMoves, commandOfDeposit, labelOf } from './moves.ts'
import { emptyPage } from './page.ts'
import { ACCOUNTS } from './plan.ts'
import { metricsUsed } from './policy/columns.ts'
import { policyHash } from './policy/policy.ts'
import type { Policy } from './policy/schema.ts'
import { type Network, openNetwork, type SettledEra, settleEra } from './settle.ts'

/**
 * Settles all eras that end by `until` (a position) out of `events`, as a manual clock would: nothing is late. Of
 * commands only deposits move money into what is settled.
 */
export async function simulate(
  policy: Policy,
  json: unknown,
  events: readonly BusEvent[],
  until: number,
  options: { shards?: number; partitions?: number } = {},
): Promise<{ network: Network; eras: SettledEra[] }> {
  const { calendar } = policy.era
  const network = openNetwork(policy, policyHash(json), options.shards, options.partitions)
  const byEra = Map.groupBy(events, (event) => eraOf(policy, event))
  postDeposits(network, events)
  const eras: SettledEra[] = []
  for (let era = 0; era < erasEndedBy(calendar, until); era += 1) {
    const counted = (byEra.get(era) ?? []).filter(isCounted)
    eras.push(await settleEra(network, era, counted))
  }
  return { network, eras }
}

/** Posts every deposit before anything is settled, as all that is sent comes before the clock moves; an id once. */
function postDeposits({ policy, pages }: Network, events: readonly BusEvent[]): void {
  const posted = new Set<string>()
  const freezes = metricsUsed(policy).has('balance')
  for (const event of inEraOrder(policy, events.filter(isDeposit))) {
    if (posted.has(eventKey(event))) continue
    posted.add(eventKey(event))
    const page = pages.get(pageOf(event.account)) ?? emptyPage(pageOf(event.account))
    const label = labelOf(0, [page])
    const era = Math.max(label, eraOf(policy, event))
    // Before anything is settled no time has released anything yet.
    const time = { label, era, at: 0, position: 0, sealedThrough: -1, settledTo: 0, freezes }
    for (const after of applyMoves([page], commandOfDeposit(event).moves, time)) pages.set(after.page, after)
  }
}

function isCounted(event: BusEvent): event is Event {
  return !isCommandName(event.name)
}

function isDeposit(event: BusEvent): event is TokensDeposited {
  return event.name === 'TokensDeposited'
}

/** By era, and as they come: all that lies before the first era comes first. */
function inEraOrder(policy: Policy, deposits: readonly TokensDeposited[]): TokensDeposited[] {
  const place = (deposit: TokensDeposited) => Math.max(-1, eraOf(policy, deposit))
  return deposits.toSorted((a, b) => place(a) - place(b))
}

function eraOf({ era: { calendar } }: Policy, event: BusEvent): number {
  return eraAt(calendar, positionOf(event, calendar))
}

/** An era as people compare it: decimal strings, no zeros where there is nothing to say. */
export interface EraResult {
  era: number
  state: string
  income: string
  cost: string
  net: string
  /** Only where base is net and net <= 0. */
  draw?: string
  owed?: Record<Account, string>
  lines: Record<string, Record<string, string>>
  credits: Record<Account, string>
  system: Record<Account, string>
}

/** What an era comes to, from its seal and statements. */
export function eraResult({ plan, statements, seal }: SettledEra): EraResult {
  const credits: Record<Account, bigint> = {}
  const owed: Record<Account, bigint> = {}
  for (const { account, credited, owed: left } of statements.flatMap(({ rows }) => rows)) {
    if (credited > 0n && !isSystem(account)) add(credits, account, credited)
    if (left !== undefined && left > 0n) add(owed, account, left)
  }
  const lines = Object.entries(seal.lines).map(([stage, amounts]) => [stage, decimals(amounts)])
  return {
    era: seal.era,
    state: seal.state,
    income: seal.income.total.toString(),
    cost: seal.cost.total.toString(),
    net: seal.net.toString(),
    ...(plan.loss ? { draw: plan.loss.draw.toString(), owed: decimals(owed) } : {}),
    lines: Object.fromEntries(lines),
    credits: decimals(credits),
    system: decimals(seal.system),
  }
}

function decimals(amounts: Record<string, bigint>): Record<string, string> {
  return Object.fromEntries(Object.entries(amounts).map(([key, amount]) => [key, amount.toString()]))
}

/** Every movement of an era: what the network's own accounts did, then each account's lines out of `accounts`. */
export function eraPostings({
  seal,
  statements,
}: SettledEra): { from: Account; to: Account; amount: string; why: string }[] {
  const ofAccounts = statements
    .flatMap(({ rows }) => rows)
    .filter(({ account }) => !isSystem(account))
    .flatMap(({ account, lines, capped }) => [
      ...lines.map(({ amount, why }) => ({ from: ACCOUNTS, to: account, amount, why })),
      ...capped.map(({ amount, why }) => ({ from: account, to: ACCOUNTS, amount, why: `${why}.cap` })),
    ])
  return [...seal.postings, ...ofAccounts]
    .filter(({ amount }) => amount > 0n)
    .map(({ from, to, amount, why }) => ({ from, to, amount: amount.toString(), why }))
}
