import { hash } from 'node:crypto'
import { type Account, accountOrder, isSystem, pageOf, partitionOf } from './account.ts'
import { cascadeShare } from './cascade.ts'
import { assertInvariant } from './errors.ts'
import { add, min, sum } from './money.ts'
import type { Plan } from './plan.ts'
import { type Column, columnsOf } from './policy/columns.ts'
import { canonicalJson } from './policy/policy.ts'
import type { Policy } from './policy/schema.ts'
import {
  type CreditTotals,
  REFUND,
  type Statement,
  type StatementLine,
  type StatementRow,
} from './statement.ts'
import type { WeightRow } from './weights.ts'

/** How many of the largest credits a report names. */
export const LARGEST = 5

/** One partition of an era on its way from weights to statements: rows go in in account order. */
export interface Sharing {
  /** Statements of the pages whose rows have all gone in. Call once more with no row when the rows are over. */
  next(row: WeightRow | undefined): Statement[]
  /** What the partition was credited, once the rows are over. */
  totals(): CreditTotals
}

/**
 * Shares the plan's payments among the accounts of one partition by cascade, line by line, and says what each
 * account's debts are afterwards. Source of the rule: policy language, "One era", 4, 7 and 8.
 */
export function share(policy: Policy, plan: Plan, partition: number, partitions: number): Sharing {
  const rules = { columns: columnsOf(policy), plan }
  const running = [...(plan.offsets[partition] ?? [])]
  const given = givenTo(plan, partition, partitions)
  const digest: string[] = []
  const totals: CreditTotals = {
    credited: 0n,
    accounts: 0,
    overflow: {},
    owed: 0n,
    paid: {},
    largest: [],
    digest: '',
  }
  let open: Statement | undefined
  let over = false

  const append = (row: StatementRow, closed: Statement[]): void => {
    const page = pageOf(row.account)
    if (open && open.page !== page) {
      closed.push(open)
      open = undefined
    }
    open ??= { era: plan.era, page, at: plan.at, releaseAt: plan.releaseAt, rows: [] }
    open.rows.push(row)
    digest.push(hash('sha256', canonicalJson(row), 'hex'))
    count(totals, row, plan)
  }
  return {
    next(row) {
      const closed: Statement[] = []
      while (given[0] && (row === undefined || given[0].order < accountOrder(row.account))) {
        append(givenRow(given.shift() as Given), closed)
      }
      if (row === undefined) {
        if (open) closed.push(open)
        open = undefined
        over = true
        return closed
      }
      const lines = given[0]?.account === row.account ? given.shift()?.lines : undefined
      row.weights.forEach((weight, column) => {
        running[column] = (running[column] as bigint) + weight
      })
      append(shareRow(rules, row, running, lines), closed)
      return closed
    },
    totals() {
      assertInvariant(over, () => 'the rows of a partition are not over')
      return { ...totals, digest: hash('sha256', digest.join('\n'), 'hex') }
    },
  }
}

interface Rules {
  columns: readonly Column[]
  plan: Plan
}

/** What the plan gives an account that was worked out in other partitions. */
interface Given {
  account: Account
  lines: StatementLine[]
  order: string
}

function givenTo({ rests, refunds }: Plan, partition: number, partitions: number): Given[] {
  const lines = new Map<Account, StatementLine[]>()
  for (const [why, amounts] of Object.entries({ rest: rests, [REFUND]: refunds })) {
    for (const [account, amount] of Object.entries(amounts)) {
      if (partitionOf(account, partitions) !== partition) continue
      lines.set(account, [...(lines.get(account) ?? []), { why, amount }])
    }
  }
  return [...lines]
    .map(([account, own]) => ({ account, lines: own, order: accountOrder(account) }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
}

/** An account that the era knows only because something is given to it: its debts, if any, do not change. */
function givenRow({ account, lines }: Given): StatementRow {
  return { account, lines, capped: [], credited: sum(lines.map(({ amount }) => amount)), dues: {} }
}

function shareRow(
  { columns, plan }: Rules,
  row: WeightRow,
  running: readonly bigint[],
  given: readonly StatementLine[] = [],
): StatementRow {
  const lines: StatementLine[] = []
  const capped: StatementRow['capped'] = []
  for (const { why, parts, cap } of plan.payments) {
    const shares = parts
      .filter(({ column }) => (row.weights[column] as bigint) > 0n)
      .map(({ column, total, weight: weightTotal }) => {
        const [through, weight] = [running[column] as bigint, row.weights[column] as bigint]
        return {
          why,
          column,
          running: through,
          weight,
          amount: cascadeShare(total, weightTotal, through, weight),
        }
      })
    lines.push(...shares)
    if (!cap) continue
    const amount = sum(shares.map((line) => line.amount))
    const excess = amount - min(amount, row.caps[cap.index] as bigint)
    if (excess > 0n) capped.push({ why, amount: excess })
  }
  lines.push(...row.direct, ...given)
  return {
    account: row.account,
    lines,
    capped,
    credited: sum(lines.map(({ amount }) => amount)) - sum(capped.map(({ amount }) => amount)),
    ...debtsAfter(columns, row, lines),
    ...(row.roles ? { roles: row.roles } : {}),
    ...(row.lots ? { lots: row.lots } : {}),
    ...(row.facts ? { facts: row.facts } : {}),
  }
}

/** What the era's payments left open of costs and dues, for every debt the account had before them. */
function debtsAfter(
  columns: readonly Column[],
  { weights, unpayable }: WeightRow,
  lines: readonly StatementLine[],
): Pick<StatementRow, 'owed' | 'dues'> {
  const paid = new Map(lines.map(({ column, amount }) => [column, amount]))
  const debts: { owed?: bigint; dues: Record<string, bigint> } = { dues: { ...unpayable } }
  columns.forEach((column, c) => {
    const weight = weights[c] as bigint
    const left = weight - (paid.get(c) ?? 0n)
    if (weight === 0n || column.kind === 'part') return
    if (column.kind === 'due') add(debts.dues, column.obligation, left)
    else debts.owed = (debts.owed ?? 0n) + left
  })
  return debts
}

function count(totals: CreditTotals, row: StatementRow, { payments }: Plan): void {
  totals.owed += row.owed ?? 0n
  // What the network's own accounts get was booked when the era was decided: here it is only proved.
  if (isSystem(row.account)) return
  totals.credited += row.credited
  if (row.credited > 0n) totals.accounts += 1
  for (const { why, amount } of row.lines) add(totals.paid, why, amount)
  for (const { why, amount } of row.capped) {
    add(totals.overflow, payments.find((payment) => payment.why === why)?.cap?.overflowTo as Account, amount)
  }
  totals.largest = largest([...totals.largest, { account: row.account, amount: row.credited }])
}

/** The largest credits, ties in the order of names. */
export function largest(credits: CreditTotals['largest']): CreditTotals['largest'] {
  return credits
    .filter(({ amount }) => amount > 0n)
    .sort((a, b) => (a.amount === b.amount ? (a.account < b.account ? -1 : 1) : a.amount > b.amount ? -1 : 1))
    .slice(0, LARGEST)
}
