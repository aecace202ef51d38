import type * as z from 'zod'
import type { Account } from '../domain/account.ts'
import { formatMoment } from '../domain/calendar.ts'
import { cascadeShare } from '../domain/cascade.ts'
import { assertInvariant } from '../domain/errors.ts'
import type { Plan } from '../domain/plan.ts'
import { type Column, columnsOf } from '../domain/policy/columns.ts'
import type { StatementLine } from '../domain/statement.ts'
import type { StoredPolicy } from '../settlement/ports.ts'
import { readAccount } from './account.ts'
import type { receiptResponse } from './contracts/accounts.ts'
import { findSeal } from './eras.ts'
import type { Reader } from './network.ts'
import { type Money, moneyOf, reasonOf } from './present.ts'
import { ProblemError } from './problems.ts'

type Receipt = z.output<typeof receiptResponse>

const FORMULA = 'floor(T*C/W) - floor(T*(C-w)/W)'
const HOW =
  'Every share follows from its four numbers by the formula, in whole numbers: multiply first, then divide and drop the ' +
  'fraction. T is what is shared in base units, W the weight of all accounts, w the weight of this account, and C the ' +
  'weight of all accounts up to and including it in the order of sha-256(account). Shares and direct credits, less what ' +
  'was capped, are what the era credited.'

/**
 * The proof of what a sealed era credited to an account: T and W from the era's plan, C and w from the account's
 * statement. Throws `UnknownAccount`, `UnknownEra`, `NoStatement`.
 */
export async function readReceipt(
  reader: Reader,
  { account, era }: { account: Account; era: number },
): Promise<Receipt> {
  const { store, network } = reader
  const seal = await findSeal(reader, era)
  const [statement, plan] = await Promise.all([store.statement(era, account), store.plan(era)])
  if (!statement || !plan) {
    await readAccount(store, account)
    throw new ProblemError(
      'NoStatement',
      `a receipt is for an era that did something to the account: era ${era} did nothing to ${JSON.stringify(account)}`,
    )
  }
  const policy = await network.policy(plan.policyVersion)
  const money = moneyOf(policy.policy)
  const { row, releaseAt } = statement
  const shares = row.lines.filter(({ column }) => column !== undefined)
  return {
    account,
    era,
    formula: FORMULA,
    how: HOW,
    shares: shares.map((line) => presentShare(line, plan, policy, money)),
    direct: row.lines
      .filter(({ column }) => column === undefined)
      .map(({ why, amount }) => ({ why: reasonOf(why), amount: money(amount) })),
    capped: row.capped.map(({ why, amount }) => ({ why: reasonOf(why), amount: money(amount) })),
    credited: money(row.credited),
    releaseAt: formatMoment(releaseAt),
    policy: { version: plan.policyVersion, hash: plan.policyHash },
    seal: { hash: seal.hash, previousHash: seal.previousHash, statementsDigest: seal.statementsDigest },
  }
}

/** A share with what proves it. Numbers that do not prove it are never shown: money would be wrong. */
function presentShare(
  line: StatementLine,
  plan: Plan,
  policy: StoredPolicy,
  money: Money,
): Receipt['shares'][number] {
  const { why, column, running, weight, amount } = line
  const part = plan.payments
    .find((payment) => payment.why === why)
    ?.parts.find((part) => part.column === column)
  assertInvariant(
    part !== undefined &&
      running !== undefined &&
      weight !== undefined &&
      cascadeShare(part.total, part.weight, running, weight) === amount,
    () => `a share is proved by its plan: era ${plan.era}, ${why}, column ${column}, amount ${amount}`,
  )
  const lineAmount = lineOf(plan, why)
  return {
    why: reasonOf(why),
    by: describeColumn(columnsOf(policy.policy)[column as number], policy.json),
    ...(lineAmount !== undefined && { line: money(lineAmount) }),
    numbers: {
      T: part.total.toString(),
      W: part.weight.toString(),
      C: running.toString(),
      w: weight.toString(),
    },
    amount: money(amount),
  }
}

function lineOf(plan: Plan, why: string): bigint | undefined {
  const [, stage, line] = /^stages\.([^.]+)\.(.+)$/.exec(why) ?? []
  return stage === undefined || line === undefined ? undefined : plan.lines[stage]?.[line]
}

function describeColumn(column: Column | undefined, json: unknown): string {
  switch (column?.kind) {
    case 'part':
      return `weight ${JSON.stringify(weightAsWritten(json, column.group, column.part))} of group "${column.group}"`
    case 'owed':
      return 'costs of earlier eras that were still owed to the account'
    case 'cost':
      return 'costs of this era that the account paid'
    case 'due':
      return `what was due to the account for "${column.obligation}" ${column.since === 'former' ? 'from earlier eras' : 'in this era'}`
    default:
      return 'weight'
  }
}

/** The weight as the policy's author wrote it: percentages and amounts as text, not as the domain computes with them. */
function weightAsWritten(json: unknown, group: string, part: number): unknown {
  const weight = (json as { groups?: Record<string, { weight: { hybrid?: { weight: unknown }[] } }> })
    .groups?.[group]?.weight
  return weight?.hybrid ? weight.hybrid[part]?.weight : weight
}
