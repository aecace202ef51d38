import { type Amounts, byLargestRemainder, least, ppb, total, WHOLE } from '../arithmetic.ts'
import { groupPaid, partsOf, type RawLine, type RawStage, type Rules } from '../rules.ts'

/** Money that goes to accounts by weight: the T and W of their receipts. */
export interface Payment {
  why: string
  parts: { column: number; T: bigint; W: bigint }[]
  /** What an account's parts have in sum above this of its caps goes elsewhere. */
  cap?: { index: number; to: string }
}

/** stage -> line -> amount, before what rolled over and before caps. */
export type Lines = Record<string, Record<string, bigint>>

interface GroupLine {
  line: RawLine
  group: string
  amount: bigint
  why: string
}

/** What is due, by column, and the balances of the network's own accounts, which the stages change. */
export interface Books {
  balances: Amounts
  sums: readonly bigint[]
}

/** Runs stages in order over the whole balance of their accounts, then pays the groups. */
export function runStages(
  rules: Rules,
  stages: readonly RawStage[],
  books: Books,
): { lines: Lines; payments: Payment[] } {
  const { balances } = books
  const lines: Lines = {}
  const payments: Payment[] = []
  const groupLines: GroupLine[] = []
  for (const stage of stages) {
    const shown: Record<string, bigint> = {}
    lines[stage.id] = shown
    const whole = balances.of(stage.from)
    let left = whole
    const pay = (line: RawLine, amount: bigint): void => {
      shown[line.id] = amount
      left -= amount
      balances.add(stage.from, -amount)
      const group = groupPaid(line)
      const why = `stages.${stage.id}.${line.id}`
      if (line.obligation !== undefined) payments.push(...duePayments(rules, line.obligation, amount, books))
      else if (group === undefined) balances.add(line.to, amount)
      else groupLines.push({ line, group, amount, why })
    }
    if (stage.split) {
      const shares = stage.split.map(({ share = '0%' }) => ppb(share))
      const amounts = byLargestRemainder(whole, [...shares, WHOLE - total(shares)])
      stage.split.forEach((line, i) => {
        pay(line, amounts[i] ?? 0n)
      })
    }
    for (const line of stage.take ?? []) pay(line, taken(rules, line, left, books))
    if (left > 0n) shown.rest = left
    balances.add(stage.from, -left)
    balances.add(stage.rest, left)
  }
  for (const line of groupLines) payments.push(...payGroup(rules, line, books))
  return { lines, payments }
}

function taken(rules: Rules, line: RawLine, left: bigint, { balances, sums }: Books): bigint {
  if (line.fixed !== undefined) return least(left, BigInt(line.fixed))
  if (line.restShare !== undefined) return (left * ppb(line.restShare)) / WHOLE
  if (line.topUpTo !== undefined) {
    const gap = BigInt(line.topUpTo) - balances.of(line.to)
    return gap > 0n ? least(left, gap) : 0n
  }
  const due = dueColumns(rules, line.obligation).map((column) => sums[column] ?? 0n)
  return least(left, total(due))
}

function dueColumns({ columns }: Rules, obligation: string | undefined): number[] {
  return [...columns.entries()].flatMap(([index, column]) =>
    column.of === 'due' && column.obligation === obligation ? [index] : [],
  )
}

/** Dues of former eras first, then those of this one. */
function duePayments(rules: Rules, obligation: string, amount: bigint, { sums }: Books): Payment[] {
  let left = amount
  return dueColumns(rules, obligation).flatMap((column, i): Payment[] => {
    const W = sums[column] ?? 0n
    const T = least(left, W)
    left -= T
    const why = `dues.${obligation}.${i === 0 ? 'former' : 'current'}`
    return T > 0n ? [{ why, parts: [{ column, T, W }] }] : []
  })
}

/** The line's amount and what rolled over, among the members of each part; without members to the group's `ifEmpty`. */
function payGroup(
  rules: Rules,
  { line, group, amount, why }: GroupLine,
  { balances, sums }: Books,
): Payment[] {
  const rollover = `@rollover:${group}`
  const { ifEmpty = 'rollover' } = rules.raw.groups?.[group] ?? {}
  const whenEmpty = ifEmpty === 'rollover' ? rollover : ifEmpty
  const rolled = balances.of(rollover)
  balances.add(rollover, -rolled)
  const shares = partsOf(rules.raw, group).map(({ share }) => share)
  const first = rules.columns.findIndex((column) => column.of === 'group' && column.group === group)
  const parts = byLargestRemainder(amount + rolled, shares).flatMap((T, part) => {
    const W = sums[first + part] ?? 0n
    if (W === 0n) balances.add(whenEmpty, T)
    return T > 0n && W > 0n ? [{ column: first + part, T, W }] : []
  })
  if (parts.length === 0) return []
  const index = line.cap ? rules.caps.indexOf(line.cap.metric) : -1
  return [{ why, parts, ...(index >= 0 && { cap: { index, to: whenEmpty } }) }]
}
