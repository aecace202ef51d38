import { Amounts, durationMs, isSystem, orderOf, ppb } from '../arithmetic.ts'
import type { Column, RawWeight, Rules } from '../rules.ts'
import type { Participants, Stretch } from './participants.ts'
import type { Reports } from './reports.ts'

/** The weights of one account, one for each column, and the values of the metrics that cap a line. */
export interface Row {
  weights: bigint[]
  caps: bigint[]
}

/** What everybody weighs in an era, in the order of the cascade. */
export interface Weighed {
  rows: Map<string, Row>
  sums: bigint[]
}

/** Weighs everybody of whom an era knows anything, by the policy's expressions. */
export function weigh(
  rules: Rules,
  era: number,
  {
    people,
    reports,
    stretches,
  }: { people: Participants; reports: Reports; stretches: ReadonlyMap<string, Stretch[]> },
): Weighed {
  const to = rules.start(era + 1)
  const system: Record<string, (account: string) => bigint> = {
    costPaid: (account) => reports.costs.of(account),
    feesPaid: (account) => reports.fees.of(account),
    balance: (account) => people.openings.of(account),
    staked: (account) => people.stakedAt(account, to),
  }
  const metric = (account: string, name: string): bigint | undefined => {
    const own = Object.hasOwn(system, name) ? system[name] : undefined
    // Who has nothing of what the network counts itself is as one without a report of it.
    return own ? own(account) || undefined : reports.metrics.get(name)?.get(account)
  }
  const weightOf = (column: Column, account: string): bigint => {
    switch (column.of) {
      case 'owed':
        return people.owed.of(account)
      case 'cost':
        return reports.costs.of(account)
      case 'due':
        return (
          (column.since === 'former' ? people.dues : reports.dues).get(column.obligation)?.of(account) ?? 0n
        )
      case 'group': {
        if (isSystem(account) || !isMember(rules, people, column.group, account)) return 0n
        return evaluate(column.weight, (name) => metric(account, name), stretches.get(account) ?? [])
      }
    }
  }
  const rows = inOrder(people.accounts(reports)).map((account): [string, Row] => [
    account,
    {
      weights: rules.columns.map((column) => weightOf(column, account)),
      caps: rules.caps.map((name) => metric(account, name) ?? 0n),
    },
  ])
  return summed(new Map(rows), rules.columns.length)
}

/** Accounts in the order of the cascade, each once. */
export function inOrder(accounts: Iterable<string>): string[] {
  const ordered = [...new Set(accounts)].map((account) => ({ account, order: orderOf(account) }))
  return ordered.sort((a, b) => (a.order < b.order ? -1 : 1)).map(({ account }) => account)
}

/** Rows with the sum of each column. */
export function summed(rows: Map<string, Row>, columns: number): Weighed {
  const sums = Array.from({ length: columns }, () => 0n)
  for (const { weights } of rows.values())
    weights.forEach((weight, column) => {
      sums[column] = (sums[column] ?? 0n) + weight
    })
  return { rows, sums }
}

function isMember({ raw }: Rules, { roles }: Participants, group: string, account: string): boolean {
  const status = roles.get(account)?.get(group)?.status
  return raw.groups?.[group]?.members === 'registered'
    ? status === 'active'
    : (status ?? 'active') === 'active'
}

function evaluate(
  weight: RawWeight,
  metric: (name: string) => bigint | undefined,
  stretches: readonly Stretch[],
): bigint {
  if ('const' in weight) return BigInt(weight.const)
  if ('metric' in weight) return metric(weight.metric) ?? 0n
  if ('curve' in weight) {
    const value = metric(weight.curve)
    const steps = weight.points.map(([from, share]): [bigint, bigint] => [BigInt(from), ppb(share)])
    return value === undefined ? 0n : stepAt(steps, value)
  }
  if ('stakeSeconds' in weight) {
    const steps = weight.stakeSeconds.lockCurve.map(([lock, share]): [bigint, bigint] => [
      BigInt(durationMs(lock)),
      ppb(share),
    ])
    const times = stretches.map(
      ({ amount, lockSeconds, ms }) => amount * BigInt(ms) * stepAt(steps, BigInt(lockSeconds) * 1000n),
    )
    return times.reduce((sum, time) => sum + time, 0n)
  }
  return weight.product.reduce((product, factor) => product * evaluate(factor, metric, stretches), 1n)
}

/** The factor of the highest step that is reached; 0 below the first. */
function stepAt(steps: readonly [bigint, bigint][], value: bigint): bigint {
  return steps.filter(([from]) => from <= value).at(-1)?.[1] ?? 0n
}

/** What each account with a weight gets of an amount, in the order of the cascade. */
export function cascaded(amount: bigint, weighed: Weighed, column: number): Amounts {
  const shares = new Amounts()
  const whole = weighed.sums[column] ?? 0n
  let running = 0n
  for (const [account, { weights }] of weighed.rows) {
    const weight = weights[column] ?? 0n
    if (weight === 0n) continue
    const before = running
    running += weight
    shares.set(account, (amount * running) / whole - (amount * before) / whole)
  }
  return shares
}
