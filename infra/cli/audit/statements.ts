import type { Plan } from '../../../shared/domain/plan.ts'
import type { Seal } from '../../../shared/domain/seal.ts'
import type {
  CreditTotals,
  Statement,
  StatementLine,
  StatementRow,
} from '../../../shared/domain/statement.ts'
import { creditKey, pageSk, statementsOf } from '../../../shared/store/keys.ts'
import {
  Amounts,
  canonical,
  hex,
  isSystem,
  namesOf,
  orderOf,
  pageNumber,
  partitionOfPage,
  shareOf,
  total,
} from './arithmetic.ts'
import type { Findings } from './finding.ts'
import { nameOf, type Reading } from './reading.ts'

/** How many of the largest credits a seal names. */
const LARGEST = 5

/** In postings, the participants of a statement. */
const ACCOUNTS = 'accounts'

export interface StatedRow {
  row: StatementRow
  page: number
  at: number
  releaseAt: number
}

/** The statements of an era, by partition, in the order of the cascade. */
export type Statements = StatedRow[][]

/** Reads the statements of an era, and checks that each row stands where it belongs. */
export function readStatements(
  reading: Reading,
  era: number,
  partitions: number,
  findings: Findings,
): Statements {
  let before = ''
  return Array.from({ length: partitions }, (_, partition) =>
    reading.all(statementsOf(era, partition)).flatMap(([sk, item]) => {
      const place = { era, item: nameOf({ pk: statementsOf(era, partition), sk }) }
      const statement = reading.valueOf<Statement>(item)
      if (!statement) return []
      const { page, at, releaseAt, rows } = statement
      findings.equal('statements', place, 'the page of the statement', sk, pageSk(page))
      findings.equal('statements', place, 'the era of the statement', era, statement.era)
      for (const { account } of rows) {
        const order = orderOf(account)
        if (order <= before)
          findings.say('statements', { ...place, account }, 'its row is not in the order of the cascade')
        if (pageNumber(account) !== page || partitionOfPage(page, partitions) !== partition)
          findings.say('statements', { ...place, account }, 'its row is in the statement of another page')
        before = order
      }
      return rows.map((row) => ({ row, page, at, releaseAt }))
    }),
  )
}

/** Invariant 3: every share follows from its receipt, statements sum to the plan, and the seal names their digest. */
export function checkStatements(
  { plan, seal, statements }: { plan: Plan; seal: Seal; statements: Statements },
  reading: Reading,
  findings: Findings,
): void {
  const { era } = plan
  const rows = statements.flat()
  for (const { row, at, releaseAt } of rows) {
    const place = { era, account: row.account }
    findings.equal('statements', place, 'the end of the era in its statement', plan.at, at)
    findings.equal('statements', place, 'the release time in its statement', plan.releaseAt, releaseAt)
    const credited = sumOf(row.lines) - sumOf(row.capped)
    findings.equal(
      'statements',
      place,
      'what it is credited, the sum of its lines less what was capped',
      credited,
      row.credited,
    )
  }
  checkReceipts(plan, rows, findings)
  const digests = statements.map((partition) =>
    hex(partition.map(({ row }) => hex(canonical(row))).join('\n')),
  )
  findings.equal(
    'statements',
    { era },
    'the digest of the statements',
    hex(digests.join('\n')),
    seal.statementsDigest,
  )
  checkSums(seal, plan, rows, findings)
  statements.forEach((partition, number) => {
    checkTotals({ plan, partition, number, digest: digests[number] ?? '' }, reading, findings)
  })
}

/** T, W, C and w of every share, and that the running sums leave nobody out: from 0, without a gap, to W. */
function checkReceipts(plan: Plan, rows: readonly StatedRow[], findings: Findings): void {
  const { era } = plan
  const shares = new Map<string, { T: bigint; W: bigint; C: bigint; paid: bigint }>()
  for (const { why, parts } of plan.payments)
    for (const { column, total: T, weight: W } of parts)
      shares.set(`${why} ${column}`, { T, W, C: 0n, paid: 0n })
  for (const { row } of rows) {
    for (const { why, column, running, weight, amount } of row.lines) {
      if (column === undefined) continue
      const place = { era, account: row.account }
      const share = shares.get(`${why} ${column}`)
      if (!share || running === undefined || weight === undefined) {
        findings.say('statements', place, `it has a share of ${why}, which the plan does not pay`)
        continue
      }
      const { T, W } = share
      findings.equal(
        'statements',
        place,
        `the running sum C of its share of ${why}`,
        share.C + weight,
        running,
      )
      const due = shareOf({ T, W, C: running, w: weight })
      findings.equal(
        'statements',
        place,
        `its share of ${why} (T ${T}, W ${W}, C ${running}, w ${weight})`,
        due,
        amount,
      )
      share.C = running
      share.paid += amount
    }
  }
  for (const [name, { T, W, C, paid }] of shares) {
    const why = name.slice(0, name.lastIndexOf(' '))
    findings.equal('statements', { era }, `the sum W of the weights of all who share ${why}`, W, C)
    findings.equal('statements', { era }, `the sum of all shares of ${why}`, T, paid)
  }
}

/** What the seal posts to accounts, by reason, is what their statements say. */
function checkSums(seal: Seal, plan: Plan, rows: readonly StatedRow[], findings: Findings): void {
  const { era } = seal
  const [posted, overflowed] = [new Amounts(), new Amounts()]
  for (const { from, to, amount, why } of seal.postings) {
    if (to === ACCOUNTS) posted.add(why, amount)
    if (from === ACCOUNTS && why.endsWith('.cap')) overflowed.add(to, amount)
    else if (from === ACCOUNTS) posted.add(why, -amount)
  }
  const [stated, capped] = [new Amounts(), new Amounts()]
  const participants = rows.filter(({ row }) => !isSystem(row.account)).map(({ row }) => row)
  for (const row of participants) {
    for (const { why, amount } of row.lines) stated.add(why, amount)
    for (const { why, amount } of row.capped) capped.add(capOf(plan, why), amount)
  }
  for (const why of namesOf(posted, stated))
    findings.equal(
      'statements',
      { era },
      `the sum of the statements for ${why}`,
      posted.of(why),
      stated.of(why),
    )
  for (const to of namesOf(overflowed, capped))
    findings.equal('statements', { era }, `what caps give to ${to}`, capped.of(to), overflowed.of(to))
  const credited = total(participants.map((row) => row.credited))
  const count = participants.filter((row) => row.credited > 0n).length
  findings.equal('statements', { era }, 'the sum of all credits', credited, seal.credits.total)
  findings.equal(
    'statements',
    { era },
    'the number of accounts that are credited',
    count,
    seal.credits.accounts,
  )
  const largest = largestOf(participants)
  if (canonical(largest) !== canonical(seal.credits.largest))
    findings.say(
      'statements',
      { era },
      `the largest credits: ${canonical(largest)} expected, ${canonical(seal.credits.largest)} found`,
    )
}

/** What `credit` froze of a partition follows from its statements. */
function checkTotals(
  {
    plan,
    partition,
    number,
    digest,
  }: { plan: Plan; partition: readonly StatedRow[]; number: number; digest: string },
  reading: Reading,
  findings: Findings,
): void {
  const place = { era: plan.era, item: nameOf(creditKey(plan.era, number)) }
  const found = reading.value<CreditTotals>(creditKey(plan.era, number))
  if (!found) {
    findings.say('statements', place, 'it is missing: nothing says that the partition is credited')
    return
  }
  const rows = partition.map(({ row }) => row)
  const participants = rows.filter(({ account }) => !isSystem(account))
  const [paid, overflow] = [new Amounts(), new Amounts()]
  for (const { lines, capped } of participants) {
    for (const { why, amount } of lines) paid.add(why, amount)
    for (const { why, amount } of capped) overflow.add(capOf(plan, why), amount)
  }
  const expected: CreditTotals = {
    credited: total(participants.map(({ credited }) => credited)),
    accounts: participants.filter(({ credited }) => credited > 0n).length,
    overflow: Object.fromEntries(overflow),
    owed: total(rows.map(({ owed = 0n }) => owed)),
    paid: Object.fromEntries(paid),
    largest: largestOf(participants),
    digest,
  }
  for (const key of Object.keys(expected) as (keyof CreditTotals)[])
    findings.equal('statements', place, `its ${key}`, canonical(expected[key]), canonical(found[key]))
}

function capOf({ payments }: Plan, why: string): string {
  return (
    payments.find((payment) => payment.why === why)?.cap?.overflowTo ?? `no account, for ${why} has no cap`
  )
}

function largestOf(rows: readonly StatementRow[]): { account: string; amount: bigint }[] {
  return rows
    .filter(({ credited }) => credited > 0n)
    .map(({ account, credited: amount }) => ({ account, amount }))
    .sort((a, b) => (a.amount === b.amount ? (a.account < b.account ? -1 : 1) : a.amount < b.amount ? 1 : -1))
    .slice(0, LARGEST)
}

function sumOf(lines: readonly Pick<StatementLine, 'amount'>[]): bigint {
  return total(lines.map(({ amount }) => amount))
}
