import type { Plan } from '../../../../shared/domain/plan.ts'
import type { StatementRow } from '../../../../shared/domain/statement.ts'
import type { Carried, WeightRow } from '../../../../shared/domain/weights.ts'
import type { WeightHeader } from '../../../../shared/settlement/ports.ts'
import { carriedOf, eraSk, weightKey, weightsKey } from '../../../../shared/store/keys.ts'
import { Amounts, canonical, namesOf, orderOf, total } from '../arithmetic.ts'
import type { Credits } from '../credits.ts'
import type { Findings } from '../finding.ts'
import { nameOf, type Reading } from '../reading.ts'
import type { Column, Rules } from '../rules.ts'
import type { Statements } from '../statements.ts'
import type { Outcome } from './decide.ts'
import type { Participants } from './participants.ts'
import type { Reports } from './reports.ts'
import type { Spread } from './spreads.ts'
import type { Payment } from './stages.ts'
import type { Row, Weighed } from './weigh.ts'

/** What a row of an account comes to that nobody shares, by reason. */
export type Direct = Record<'rest' | 'refund' | 'vested', Amounts>

/** What everybody weighed as it was frozen, by account. */
export type Frozen = ReadonlyMap<string, Row>

/** Reads the weights of an era as they were frozen, and checks their sums. */
export function readFrozen(era: number, partitions: number, reading: Reading, findings: Findings): Frozen {
  const frozen = new Map<string, Row>()
  for (let partition = 0; partition < partitions; partition += 1) {
    const header = reading.value<WeightHeader>(weightKey(era, partition))
    const place = { era, item: nameOf(weightKey(era, partition)) }
    if (!header) {
      findings.say('weights', place, 'it is missing: nothing says what the accounts of the partition weighed')
      continue
    }
    const rows = rowsOf(header, era, partition, reading, findings)
    header.totals.sums.forEach((sum, column) => {
      const found = total(rows.map(({ weights }) => weights[column] ?? 0n))
      findings.equal('weights', place, `the sum of the weights in column ${column}`, found, sum)
    })
    for (const { account, weights, caps } of rows) frozen.set(account, { weights, caps })
  }
  return frozen
}

/** The weights that were frozen are those that follow from log, journal and policy: those by balance from openings. */
export function compareWeights(
  { rules, era, weighed, frozen }: { rules: Rules; era: number; weighed: Weighed; frozen: Frozen },
  findings: Findings,
): void {
  for (const account of namesOf(weighed.rows, frozen)) {
    const [expected, found] = [weighed.rows.get(account), frozen.get(account)]
    weighed.sums.forEach((_, column) => {
      const own = rules.columns[column]
      const what = `its weight in ${own ? columnName(own) : 'the held era that it pays'}`
      findings.equal(
        'weights',
        { era, account },
        what,
        expected?.weights[column] ?? 0n,
        found?.weights[column] ?? 0n,
      )
    })
    if (!found) continue
    rules.caps.forEach((metric, index) => {
      const what = `its ${metric}, which caps a line`
      findings.equal('weights', { era, account }, what, expected?.caps[index] ?? 0n, found.caps[index] ?? 0n)
    })
  }
}

function rowsOf(
  header: WeightHeader,
  era: number,
  partition: number,
  reading: Reading,
  findings: Findings,
): WeightRow[] {
  const rows: WeightRow[] = []
  for (let chunk = 0; chunk < header.chunks; chunk += 1) {
    const key = weightsKey(era, partition, header.attempt, chunk)
    const found = reading.value<WeightRow[]>(key)
    if (found) rows.push(...found)
    else findings.say('weights', { era, item: nameOf(key) }, 'it is missing: it holds what accounts weighed')
  }
  return rows
}

function columnName(column: Column): string {
  switch (column.of) {
    case 'group':
      return `group ${column.group} (${JSON.stringify(column.weight)})`
    case 'due':
      return `${column.since} dues of ${column.obligation}`
    case 'owed':
      return 'what it is owed from before'
    case 'cost':
      return 'costs'
  }
}

/** The frozen plan is what the policy language makes of the same facts. */
export function compareOutcome(outcome: Outcome, reports: Reports, plan: Plan, findings: Findings): void {
  const { era } = plan
  const equal = (
    what: string,
    expected: bigint | string | undefined,
    found: bigint | string | undefined,
  ): void => {
    findings.equal('decision', { era }, what, expected, found)
  }
  equal('its state', outcome.state, plan.state)
  equal('its income', outcome.income, plan.income.total)
  equal('its cost', outcome.cost, plan.cost.total)
  equal('what it owed from before', outcome.owedBefore, plan.cost.owedBefore)
  equal('its net', outcome.net, plan.net)
  equal('the draw on its reserve', outcome.loss?.draw, plan.loss?.draw)
  equal('what it owes', outcome.loss?.owed, plan.loss?.owed)
  const kinds = new Map(Object.entries(plan.income.kinds))
  for (const kind of namesOf(reports.kinds, kinds))
    equal(
      `its income of kind ${kind}`,
      canonical(reports.kinds.get(kind) ?? NO_INCOME),
      canonical(kinds.get(kind) ?? NO_INCOME),
    )
  const costKinds = new Map(Object.entries(plan.cost.kinds))
  for (const kind of namesOf(reports.costKinds, costKinds))
    equal(
      `its cost of kind ${kind}`,
      canonical(reports.costKinds.get(kind) ?? NO_COST),
      canonical(costKinds.get(kind) ?? NO_COST),
    )
  equal('its lines', canonical(outcome.lines), canonical(plan.lines))
  comparePayments(outcome.payments, plan.payments, equal)
  const closing = Amounts.from(plan.closing)
  for (const account of namesOf(outcome.closing, closing))
    equal(`the balance of ${account} after its stages`, outcome.closing.of(account), closing.of(account))
  equal('the amount that is held', outcome.held?.amount, plan.held?.amount)
  if (!outcome.held || !plan.held) return
  equal('the lines of what is held', canonical(outcome.held.lines), canonical(plan.held.lines))
  const named = outcome.held.payments.map((payment) => ({ ...payment, why: `held.${era}.${payment.why}` }))
  comparePayments(named, plan.held.payments, equal)
}

const NO_INCOME = { count: 0, charged: 0n, admitted: 0n, deferred: 0n, recognised: 0n }
const NO_COST = { count: 0, amount: 0n }

function comparePayments(
  expected: readonly Payment[],
  found: Plan['payments'],
  equal: (what: string, expected: string | undefined, found: string | undefined) => void,
): void {
  const wanted = new Map(expected.map((payment) => [payment.why, canonical(payment)]))
  const planned = new Map(
    found.map(({ why, parts, cap }) => {
      const shares = parts.map(({ column, total: T, weight: W }) => ({ column, T, W }))
      return [
        why,
        canonical({ why, parts: shares, ...(cap && { cap: { index: cap.index, to: cap.overflowTo } }) }),
      ]
    }),
  )
  for (const why of namesOf(wanted, planned))
    equal(`the payment of ${why}`, wanted.get(why), planned.get(why))
}

/** Each account's statement has what the era gives it: shares (by their receipts), what nobody shares, and caps. */
export function compareRows(
  {
    era,
    outcome,
    weighed,
    direct,
    debts,
    factCounts,
  }: {
    era: number
    outcome: Outcome
    weighed: Weighed
    direct: Direct
    debts: { owed: Amounts; dues: ReadonlyMap<string, Amounts> }
    factCounts: ReadonlyMap<string, number>
  },
  statements: Statements,
  findings: Findings,
): void {
  const rows = new Map(statements.flat().map(({ row }) => [row.account, row]))
  const named = [direct.rest, direct.refund, direct.vested, factCounts, weighed.rows, rows]
  const accounts = new Set(named.flatMap((names) => [...names.keys()]))
  for (const account of [...accounts].sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))) {
    const row = rows.get(account)
    const place = { era, account }
    for (const why of ['rest', 'refund', 'vested'] as const) {
      const given = total((row?.lines ?? []).filter((line) => line.why === why).map(({ amount }) => amount))
      findings.equal('statements', place, `its ${why}`, direct[why].of(account), given)
    }
    compareCaps(place, outcome, weighed.rows.get(account), row, findings)
    findings.equal(
      'statements',
      place,
      'how many facts of commands were taken',
      factCounts.get(account) ?? 0,
      row?.facts ?? 0,
    )
    if (row?.owed !== undefined)
      findings.equal('statements', place, 'what it is owed after the era', debts.owed.of(account), row.owed)
    for (const [obligation, due] of Object.entries(row?.dues ?? {}))
      findings.equal(
        'statements',
        place,
        `what it is due of ${obligation} after the era`,
        debts.dues.get(obligation)?.of(account) ?? 0n,
        due,
      )
  }
}

/** What an account's parts of a line have in sum above the metric that caps it is taken back. */
function compareCaps(
  place: { era: number; account: string },
  { payments }: Outcome,
  weights: Row | undefined,
  row: StatementRow | undefined,
  findings: Findings,
): void {
  for (const { why, cap } of payments) {
    const lines = (row?.lines ?? []).filter((line) => line.why === why)
    const amount = total(lines.map((line) => line.amount))
    const most = cap ? (weights?.caps[cap.index] ?? 0n) : amount
    const excess = amount > most ? amount - most : 0n
    const capped = total((row?.capped ?? []).filter((line) => line.why === why).map((line) => line.amount))
    findings.equal('statements', place, `what a cap takes back of ${why}`, excess, capped)
  }
}

/** What runs on from the last era that was weighed: each spread with what it has moved so far. */
export function compareCarried(
  open: ReadonlyMap<string, Spread>,
  { sealedThrough, partitions }: { sealedThrough: number; partitions: number },
  reading: Reading,
  findings: Findings,
): void {
  const found = new Map<string, string>()
  for (let partition = 0; partition < partitions; partition += 1) {
    const last = reading.all(carriedOf(partition)).findLast(([sk]) => sk <= eraSk(sealedThrough))
    const carried = last && reading.valueOf<Carried>(last[1])
    for (const { recognised: moved, ...spread } of carried?.spreads ?? []) {
      const key = `${spread.of} ${spread.id}`
      if (found.has(key)) findings.say('decision', {}, `the spread of ${key} is carried twice`)
      found.set(key, canonical({ ...spread, moved }))
    }
  }
  const expected = new Map([...open].map(([key, spread]) => [key, canonical(spread)]))
  for (const key of namesOf(expected, found))
    findings.equal(
      'decision',
      {},
      `what is carried of the spread of ${key}`,
      expected.get(key),
      found.get(key),
    )
}

/** Roles, reported stakes and debts as statements left them are those that follow from the log. */
export function compareStanding(people: Participants, credits: Credits, findings: Findings): void {
  const { roles, lots, owed, dues } = people
  const due = [...dues.values()]
  const accounts = namesOf(roles, lots, owed, ...due, credits.byAccount)
  for (const account of accounts) {
    const place = { account }
    const stated = credits.byAccount.get(account)
    const ofLog = [...(roles.get(account)?.values() ?? [])].sort((a, b) => (a.group < b.group ? -1 : 1))
    findings.equal('statements', place, 'its roles', canonical(ofLog), canonical(stated?.roles ?? []))
    const reported = [...(lots.get(account)?.values() ?? [])].sort((a, b) => (a.lot < b.lot ? -1 : 1))
    findings.equal(
      'statements',
      place,
      'its reported stakes',
      canonical(reported),
      canonical(stated?.lots ?? []),
    )
    findings.equal('statements', place, 'what it is owed in the end', owed.of(account), stated?.owed ?? 0n)
    for (const [obligation, claims] of dues)
      findings.equal(
        'statements',
        place,
        `what it is due of ${obligation} in the end`,
        claims.of(account),
        stated?.dues.of(obligation) ?? 0n,
      )
  }
}
