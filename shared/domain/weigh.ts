import { type Account, accountOrder, isSystem } from './account.ts'
import { eraEnd, eraStart } from './calendar.ts'
import { inReportOrder } from './event.ts'
import { noFacts, type PartitionFacts } from './facts.ts'
import { type HeldWeights, withHeld } from './held.ts'
import { add, sum } from './money.ts'
import { openingOf } from './opening.ts'
import { takeOutboxes } from './outbox.ts'
import { type AccountState, newAccount, type Role } from './page.ts'
import { type Column, capMetrics, columnsOf } from './policy/columns.ts'
import type { Policy, Weight } from './policy/schema.ts'
import { recognise, recognisedThrough } from './spread.ts'
import { type StakeSpan, stakeEra, stakeTime } from './stake.ts'
import { spansOf, stakedAt } from './staking.ts'
import {
  type Carried,
  noPartitionTotals,
  type PartitionTotals,
  type PartitionWeights,
  type WeightRow,
} from './weights.ts'

export interface WeighInput {
  policy: Policy
  era: number
  partition: number
  partitions: number
  /** Facts of this partition from every shard. */
  facts: readonly PartitionFacts[]
  /** Every account of the partition as it stands before the era's credits, with all that commands told the era. */
  accounts: readonly AccountState[]
  carried: Carried
  /** Greatest moment counted before this era, ms. */
  latest: number
  /** Weights of held eras that are paid in this one. */
  held?: HeldWeights
}

/** What the era says of one account, from all shards. */
interface Reported {
  metrics: Map<string, { value: bigint; at: number; id: string }>
  costs: bigint
  fees: bigint
  dues: Record<string, bigint>
  roles: PartitionFacts['roles']
  rests: bigint
  stakes: PartitionFacts['stakes']
}

/**
 * Weighs every account of a partition in every column of the policy. The same answer whatever the number of
 * shards, and whatever the order of their facts.
 */
export function weigh(input: WeighInput): PartitionWeights {
  const { policy, era } = input
  const rules = rulesOf(policy, era)
  const told = takeOutboxes(policy, era, input.accounts)
  const facts = merge([...input.facts, told.facts])
  const recognised = recognise(policy, era, input.latest, {
    spreads: [...input.carried.spreads, ...facts.spreads],
    endings: [...input.carried.endings, ...facts.endings],
  })
  const reports = gather(policy, facts)
  const totals = noPartitionTotals(rules.columns.length + (input.held?.places.columns.length ?? 0))
  totals.income = recognised.income
  totals.commands = told.totals
  for (const { account, kind, amount } of recognised.costs) {
    of(reports, account).costs += amount
    add(totals.costs, kind, amount)
  }
  for (const { account, obligation, amount } of recognised.dues)
    add(of(reports, account).dues, obligation, amount)

  for (const { account, amount } of recognised.refunds) add(totals.refunds, account, amount)

  const weighed: { order: string; row: WeightRow }[] = []
  const weighOne = (state: AccountState): void => {
    const report = reports.get(state.account)
    reports.delete(state.account)
    const own = weighAccount(rules, state, report ?? nothingReported(), told.taken.get(state.account))
    const row = withHeld(own, input.held)
    if (state.vesting.some(({ to }) => to > rules.to)) totals.unfinished = true
    if (matters(row)) weighed.push({ order: accountOrder(state.account), row })
  }
  for (const state of input.accounts) weighOne(state)
  for (const account of [...reports.keys()]) weighOne(newAccount(account))
  weighed.sort((a, b) => (a.order < b.order ? -1 : 1))

  const rows = weighed.map(({ row }) => row)
  total(rows, totals)
  totals.unfinished ||= recognised.carried.spreads.length > 0
  return { rows, totals, carried: recognised.carried }
}

/**
 * Whether an account has anything to be told by this era. Not whether it is known: a command of the era after may have
 * made it so meanwhile, or not yet.
 */
function matters(row: WeightRow): boolean {
  return (
    row.weights.some((weight) => weight > 0n) ||
    row.direct.length > 0 ||
    row.roles !== undefined ||
    row.lots !== undefined ||
    row.unpayable !== undefined ||
    row.facts !== undefined
  )
}

/** What is the same for every account of an era. */
interface Rules {
  policy: Policy
  era: number
  from: number
  to: number
  columns: Column[]
  caps: string[]
}

function rulesOf(policy: Policy, era: number): Rules {
  const { calendar } = policy.era
  const [from, to] = [eraStart(calendar, era), eraEnd(calendar, era)]
  return { policy, era, from, to, columns: columnsOf(policy), caps: capMetrics(policy) }
}

function weighAccount(rules: Rules, state: AccountState, report: Reported, facts?: number): WeightRow {
  const roles = rolesAfter(state.roles, report.roles)
  const stake = stakeEra(state.lots, report.stakes, rules.from, rules.to)
  const staked = sum(stake.lots.map(({ amount }) => amount)) + stakedAt(state.stakes, rules.to)
  const values: Values = {
    metric: (name) => {
      if (name === 'costPaid') return positive(report.costs)
      if (name === 'feesPaid') return positive(report.fees)
      if (name === 'balance') return positive(openingOf(state, rules.era))
      if (name === 'staked') return positive(staked)
      return report.metrics.get(name)?.value
    },
    // Those reported from outside and those held here weigh alike.
    spans: [...stake.spans, ...spansOf(state.stakes, rules.from, rules.to)],
  }
  const weights = rules.columns.map((column) => {
    if (column.kind === 'owed') return state.owed
    if (column.kind === 'cost') return report.costs
    if (column.kind === 'due')
      return (column.since === 'former' ? state.dues : report.dues)[column.obligation] ?? 0n
    // `@expenses` has costs, but the network's own accounts are in no group.
    const isMember = !isSystem(state.account) && belongs(rules.policy, column.group, roles)
    return isMember ? weightOf(column.weight, values) : 0n
  })
  const vested = state.vesting.reduce((sum, vesting) => {
    const before = rules.era === 0 ? 0n : vestedThrough(vesting, rules.from)
    return sum + vestedThrough(vesting, rules.to) - before
  }, 0n)
  const direct = [
    { why: 'rest' as const, amount: report.rests },
    { why: 'vested' as const, amount: vested },
  ].filter(({ amount }) => amount > 0n)
  return {
    account: state.account,
    weights,
    caps: rules.caps.map((metric) => values.metric(metric) ?? 0n),
    direct,
    ...(report.roles.length > 0 ? { roles } : {}),
    ...(report.stakes.length > 0 ? { lots: stake.lots } : {}),
    ...unpayableDues(rules, state, report),
    ...(facts !== undefined && { facts }),
  }
}

/** A due's spread may outlive the policy version that had a line for it, and a later one may have a line again. */
function unpayableDues(
  { columns }: Rules,
  state: AccountState,
  { dues }: Reported,
): Pick<WeightRow, 'unpayable'> {
  const unpayable = Object.entries(dues).filter(
    ([obligation]) => !columns.some((column) => column.kind === 'due' && column.obligation === obligation),
  )
  if (unpayable.length === 0) return {}
  const whole = unpayable.map(([obligation, due]) => [obligation, (state.dues[obligation] ?? 0n) + due])
  return { unpayable: Object.fromEntries(whole) }
}

interface Values {
  /** Undefined where the account has no report of it: then even a curve's step at 0 does not count. */
  metric: (name: string) => bigint | undefined
  spans: readonly StakeSpan[]
}

function positive(value: bigint): bigint | undefined {
  return value > 0n ? value : undefined
}

/** Evaluates a weight. Only proportions matter, so percentages of curves stay in parts per billion. */
function weightOf(weight: Weight, values: Values): bigint {
  if ('const' in weight) return weight.const
  if ('metric' in weight) return values.metric(weight.metric) ?? 0n
  if ('stakeSeconds' in weight) return stakeTime(values.spans, weight.stakeSeconds.lockCurve)
  if ('product' in weight)
    return weight.product.reduce((product, factor) => product * weightOf(factor, values), 1n)
  const value = values.metric(weight.curve)
  if (value === undefined) return 0n
  return weight.points.reduce((step, [from, factor]) => (value >= from ? factor : step), 0n)
}

/** Members are accounts active in a registered group, and any not suspended or gone in a group open to all. */
function belongs(policy: Policy, group: string, roles: readonly Role[]): boolean {
  const status = roles.find((role) => role.group === group)?.status
  return policy.groups[group]?.registered ? status === 'active' : status === undefined || status === 'active'
}

/** Roles last until changed; a report older than the one that stands changes nothing. */
function rolesAfter(before: readonly Role[], reports: PartitionFacts['roles']): Role[] {
  const roles = new Map(before.map((role) => [role.group, role]))
  for (const { group, status, at } of [...reports].sort(inReportOrder)) {
    const standing = roles.get(group)
    if (!standing || at >= standing.at) roles.set(group, { group, status, at })
  }
  return [...roles.values()].sort((a, b) => (a.group < b.group ? -1 : 1))
}

/** By cumulative floor; nothing before the cliff. */
function vestedThrough(vesting: AccountState['vesting'][number], position: number): bigint {
  return position < vesting.cliff ? 0n : recognisedThrough(vesting, position)
}

function nothingReported(): Reported {
  return { metrics: new Map(), costs: 0n, fees: 0n, rests: 0n, dues: {}, roles: [], stakes: [] }
}

function of(reports: Map<Account, Reported>, account: Account): Reported {
  const found = reports.get(account)
  if (found) return found
  const nothing = nothingReported()
  reports.set(account, nothing)
  return nothing
}

function gather(policy: Policy, facts: PartitionFacts): Map<Account, Reported> {
  const reports = new Map<Account, Reported>()
  for (const { account, metric, value, at = 0, id = '' } of facts.metrics) {
    const { metrics } = of(reports, account)
    const before = metrics.get(metric)
    const rule = policy.metrics[metric] ?? 'sum'
    if (before === undefined) metrics.set(metric, { value, at, id })
    else if (rule === 'sum') before.value += value
    else if (rule === 'max' ? value > before.value : inReportOrder(before, { at, id }) < 0)
      metrics.set(metric, { value, at, id })
  }
  for (const { account, amount } of facts.costs) of(reports, account).costs += amount
  for (const { account, amount } of facts.fees) of(reports, account).fees += amount
  for (const { account, amount } of facts.rests) of(reports, account).rests += amount
  for (const { account, obligation, amount } of facts.dues) add(of(reports, account).dues, obligation, amount)
  for (const role of facts.roles) of(reports, role.account).roles.push(role)
  for (const stake of facts.stakes) of(reports, stake.account).stakes.push(stake)
  return reports
}

function merge(shards: readonly PartitionFacts[]): PartitionFacts {
  const all = noFacts()
  for (const facts of shards) {
    for (const key of Object.keys(all) as (keyof PartitionFacts)[]) {
      for (const row of facts[key]) (all[key] as unknown[]).push(row)
    }
  }
  return all
}

function total(rows: readonly WeightRow[], totals: PartitionTotals): void {
  for (const { account, weights, direct } of rows) {
    weights.forEach((weight, column) => {
      totals.sums[column] = (totals.sums[column] as bigint) + weight
    })
    for (const { why, amount } of direct) totals.direct[why] += amount
    if (isSystem(account)) totals.system.push({ account, running: [...totals.sums], weights })
  }
}
