import { type Account, POOL, rolloverOf } from './account.ts'
import type { Books } from './books.ts'
import { largestRemainder } from './largest-remainder.ts'
import { max, min, mulDivFloor, sum } from './money.ts'
import { WHOLE } from './percent.ts'
import { ACCOUNTS, type Payment, type Plan } from './plan.ts'
import { type Column, capMetrics, groupOf } from './policy/columns.ts'
import type { Line, Policy, Stage, TakeLine } from './policy/schema.ts'

/** What the stages need to know of the accounts: the sum of each column of the policy. */
export interface Weighed {
  columns: readonly Column[]
  sums: readonly bigint[]
}

/** What the stages of an era come to. Movements are in the books. */
export interface Allocation {
  lines: Plan['lines']
  payments: Payment[]
}

/** A line's amount for a group, set aside in the stage's account until all stages have run. */
interface GroupLine {
  group: string
  line: Line
  from: Account
  amount: bigint
  why: string
}

/**
 * Runs the stages in order, each over the whole balance of its `from`: from `@pool` only when the era is
 * distributed, from elsewhere in every era. Then pays the groups, so that what nobody in a group can get reaches
 * `ifEmpty` when all stages have read. `stages` are those that run where it is not all of the policy's; columns and
 * caps stay the whole policy's. Source of the rule: policy language, "One era", 7 and 8.
 */
export function runStages(
  policy: Policy,
  distributed: boolean,
  books: Books,
  weighed: Weighed,
  stages: readonly Stage[] = policy.stages,
): Allocation {
  const allocation: Allocation = { lines: {}, payments: [] }
  const groupLines: GroupLine[] = []
  for (const stage of stages) {
    if (stage.from === POOL && !distributed) continue
    allocation.lines[stage.id] = runStage(stage, books, weighed, allocation.payments, groupLines)
  }
  for (const groupLine of groupLines) {
    books.putBack(groupLine.from, groupLine.amount)
    allocation.payments.push(...payGroup(policy, groupLine, books, weighed))
  }
  return allocation
}

function runStage(
  stage: Stage,
  books: Books,
  weighed: Weighed,
  payments: Payment[],
  groupLines: GroupLine[],
): Record<string, bigint> {
  const lines: Record<string, bigint> = {}
  const whole = books.balance(stage.from)
  const pay = (line: Line, amount: bigint): void => {
    lines[line.id] = amount
    const why = `stages.${stage.id}.${line.id}`
    const group = groupOf(line.to)
    if (group === undefined) books.move(stage.from, line.to, amount, why)
    else if ('obligation' in line)
      payments.push(...payDues(line.obligation, stage.from, amount, books, weighed))
    else {
      books.setAside(stage.from, amount)
      groupLines.push({ group, line, from: stage.from, amount, why })
    }
  }
  let left = whole
  if ('split' in stage) {
    const shares = stage.split.map(({ share }) => share)
    const amounts = largestRemainder(whole, [...shares, WHOLE - sum(shares)])
    stage.split.forEach((line, index) => {
      pay(line, amounts[index] as bigint)
    })
    left = amounts[shares.length] as bigint
  } else {
    for (const line of stage.take) {
      const amount = takeAmount(line, left, books, weighed)
      pay(line, amount)
      left -= amount
    }
  }
  if (left > 0n) lines.rest = left
  books.move(stage.from, stage.rest, left, `stages.${stage.id}.rest`)
  return lines
}

/** What a take line gets of what is left. */
function takeAmount(line: TakeLine, left: bigint, books: Books, weighed: Weighed): bigint {
  if ('fixed' in line) return min(left, line.fixed)
  if ('topUpTo' in line) return min(left, max(0n, line.topUpTo - books.balance(line.to)))
  if ('restShare' in line) return mulDivFloor(left, line.restShare, WHOLE)
  return min(left, sum(dueColumns(line.obligation, weighed).map(({ weight }) => weight)))
}

/** The columns of an obligation: what is due from former eras first, then what became due in this one. */
function dueColumns(
  obligation: string,
  { columns, sums }: Weighed,
): { column: number; weight: bigint; since: string }[] {
  return columns.flatMap((column, index) =>
    column.kind === 'due' && column.obligation === obligation
      ? [{ column: index, weight: sums[index] as bigint, since: column.since }]
      : [],
  )
}

/** Pays former dues first, then current ones; by cascade where the money is short, and the rest stays due. */
function payDues(
  obligation: string,
  from: Account,
  amount: bigint,
  books: Books,
  weighed: Weighed,
): Payment[] {
  let left = amount
  return dueColumns(obligation, weighed).flatMap(({ column, weight, since }) => {
    const total = min(left, weight)
    left -= total
    const why = `dues.${obligation}.${since}`
    books.move(from, ACCOUNTS, total, why)
    return total > 0n ? [{ why, parts: [{ column, total, weight }] }] : []
  })
}

/**
 * Pays a group the line's amount and what rolled over to it: the parts of a hybrid by largest remainder, each part
 * among its members by weight; a part without members goes to the group's `ifEmpty`.
 */
function payGroup(
  policy: Policy,
  { group: name, line, from, amount, why }: GroupLine,
  books: Books,
  weighed: Weighed,
): Payment[] {
  const group = policy.groups[name] as Policy['groups'][string]
  const rollover = rolloverOf(name)
  const rolled = books.balance(rollover)
  const amounts = largestRemainder(
    amount + rolled,
    group.parts.map(({ share }) => share),
  )
  const parts: Payment['parts'] = []
  let kept = 0n
  amounts.forEach((total, part) => {
    const column = weighed.columns.findIndex(
      (candidate) => candidate.kind === 'part' && candidate.group === name && candidate.part === part,
    )
    const weight = weighed.sums[column] as bigint
    if (total === 0n) return
    if (weight > 0n) {
      parts.push({ column, total, weight })
      books.moveFromBoth(rollover, from, ACCOUNTS, total, why)
    } else kept += total
  })
  // What has no members: out of what had rolled over as far as that goes, the rest out of the stage's account.
  books.moveFromBoth(rollover, from, group.ifEmpty, kept, `${why}.empty`)
  if (parts.length === 0) return []
  return [{ why, parts, ...(line.cap ? { cap: capOf(policy, line.cap.metric, group.ifEmpty) } : {}) }]
}

function capOf(policy: Policy, metric: string, overflowTo: Account): NonNullable<Payment['cap']> {
  return { metric, index: capMetrics(policy).indexOf(metric), overflowTo }
}
