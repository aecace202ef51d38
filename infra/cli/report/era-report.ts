import type { Amount } from '../../../shared/api/present.ts'
import { CHARGED } from '../../../shared/domain/account.ts'
import { formatPercent } from '../../../shared/domain/percent.ts'
import type { Policy } from '../../../shared/domain/policy/schema.ts'
import { formatCount, plural, type Style } from '../terminal.ts'
import { formatUnits, sumAmounts } from './amount.ts'
import { checkSealChain, type Era, short } from './seal-chain.ts'

/** A row of the report: a label, something beside it, and an amount in whole units and in base units. */
interface Row {
  label: string
  note?: string
  amount?: Amount
  paint?: (text: string) => string
}

const EVENT_WORDS: Record<string, string> = {
  FeeCharged: 'fee',
  CostIncurred: 'cost',
  MetricReported: 'metric',
  StakeReported: 'stake',
  ParticipantChanged: 'role',
  ObligationDue: 'due',
  SpreadEnded: 'ending',
}

/** Whether the seals of a run of eras, oldest first, are one unbroken chain. */
export function reportChain(eras: readonly Era[], policy: Policy, style: Style): string[] {
  const breaks = checkSealChain(eras, policy)
  const chain = eras.map(({ seal }) => short(seal.hash)).join(' → ')
  if (breaks.length === 0)
    return [`${style.bold('Seals')}       ${chain}  ${style.green('hashes worked out anew, unbroken')}`]
  return [
    `${style.bold('Seals')}       ${chain}`,
    ...breaks.map(({ era, what }) => style.red(`  the seal of era ${era} ${what}`)),
  ]
}

/** Below this many columns the addresses of accounts are shortened. */
const WIDE = 112

/**
 * Sealed eras for people: where each one's money came from, where it went, and the proof that none was lost. Amounts
 * stand in columns that all eras share. `columns` is the width of the terminal; without it addresses are written out.
 */
export function reportEras(eras: readonly Era[], policy: Policy, style: Style, columns = WIDE): string[] {
  const tables = eras.map((era) => [
    ...incomeRows(era, style),
    ...lossRows(era, policy, style),
    ...lineRows(era, policy),
    ...creditRows(era, style, columns < WIDE),
    ...conservationRows(era, style),
  ])
  const layout = layoutOf(tables.flat(), policy.asset.symbol)
  return eras.map((era, index) =>
    [headOf(era, style), ...layOut(tables[index] as Row[], layout, style), eventsLine(era, style), ''].join(
      '\n',
    ),
  )
}

function headOf(era: Era, style: Style): string {
  const paint =
    era.state === 'DISTRIBUTED'
      ? style.green
      : era.state === 'CARRIED' || era.state === 'LOSS_COVERED'
        ? style.yellow
        : style.red
  return `${style.bold(`Era ${era.era}`)}  ${spanOf(era)}  ${style.bold(paint(era.state))}`
}

/** "2026-01-01 00:00 to 01:00 UTC", or "blocks 0 to 9". */
export function spanOf({ from, to }: Pick<Era, 'from' | 'to'>): string {
  if (typeof from === 'number' || typeof to === 'number') return `blocks ${from} to ${Number(to) - 1}`
  const [fromDay, fromTime] = splitMoment(from)
  const [toDay, toTime] = splitMoment(to)
  return `${fromDay} ${fromTime} to ${fromDay === toDay ? '' : `${toDay} `}${toTime} UTC`
}

function splitMoment(moment: string): [string, string] {
  const time = moment.slice(11, 19)
  return [moment.slice(0, 10), time.endsWith(':00') ? time.slice(0, 5) : time]
}

function incomeRows({ income, cost, net }: Era, style: Style): Row[] {
  return [
    { label: 'income', amount: income.total, paint: style.bold },
    ...Object.entries(income.kinds).flatMap(
      ([kind, { count, charged, deferred, recognised, admitted }]): Row[] => [
        { label: `  ${kind}`, note: plural(count, 'fee'), amount: charged },
        ...(isZero(deferred) ? [] : [{ label: '    not yet earned', amount: deferred }]),
        ...(isZero(recognised) ? [] : [{ label: '    earned of what waited', amount: recognised }]),
        ...notAdmitted({ charged, admitted, deferred }),
      ],
    ),
    { label: 'cost', amount: cost.total, paint: style.bold },
    ...Object.entries(cost.kinds).map(([kind, { count, amount }]) => ({
      label: `  ${kind}`,
      note: plural(count, 'cost'),
      amount,
    })),
    ...(isZero(cost.owedBefore) ? [] : [{ label: '  owed from before', amount: cost.owedBefore }]),
    { label: 'profit', amount: net, paint: net.amount.startsWith('-') ? style.red : style.bold },
  ]
}

/** The part of fees that the policy does not let into the pool. */
function notAdmitted({
  charged,
  admitted,
  deferred,
}: Record<'charged' | 'admitted' | 'deferred', Amount>): Row[] {
  const rest = BigInt(charged.amount) - BigInt(admitted.amount) - BigInt(deferred.amount)
  return rest > 0n ? [{ label: '    not for the pool', amount: { ...charged, amount: rest.toString() } }] : []
}

function lossRows({ draw, owed }: Era, policy: Policy, style: Style): Row[] {
  return [
    ...(draw
      ? [{ label: '  drawn to cover it', note: `from ${policy.loss?.from ?? 'the reserve'}`, amount: draw }]
      : []),
    ...(owed && !isZero(owed) ? [{ label: '  still owed', amount: owed, paint: style.red }] : []),
  ]
}

function lineRows({ lines }: Era, policy: Policy): Row[] {
  return Object.entries(lines).flatMap(([stage, amounts]): Row[] => [
    { label: `stage ${stage}` },
    ...Object.entries(amounts).map(([line, amount]) => ({
      label: `  ${line}`,
      note: shareOf(policy, stage, line),
      amount,
    })),
  ])
}

function shareOf(policy: Policy, stageId: string, lineId: string): string {
  const stage = policy.stages.find(({ id }) => id === stageId)
  if (!stage) return ''
  if (lineId === 'rest') return `to ${stage.rest}`
  const line = ('split' in stage ? stage.split : stage.take).find(({ id }) => id === lineId)
  if (!line) return ''
  const share = 'share' in line ? `${formatPercent(line.share)} ` : ''
  return `${share}to ${line.to}`
}

function creditRows({ credits }: Era, style: Style, narrow: boolean): Row[] {
  return [
    {
      label: 'credited',
      note: `to ${plural(credits.accounts, 'account')}`,
      amount: credits.total,
      paint: style.bold,
    },
    ...credits.largest.map(({ account, amount }, index) => ({
      label: `  ${narrow ? shortened(account) : account}`,
      note: index === 0 ? 'the largest' : '',
      amount,
    })),
  ]
}

/** "0x07fa0765…9fae9a81" */
function shortened(account: string): string {
  return account.length > 24 ? `${account.slice(0, 10)}…${account.slice(-8)}` : account
}

/**
 * Of an era alone: system accounts before + what came in = system accounts after + credits. What came in is what was
 * charged, by events or by commands, and what was slashed; `taken` is the part that commands took from accounts.
 */
export function conservationOf({ opening, system, income, credits, postings }: Era) {
  const before = sumAmounts(Object.values(opening), income.total)
  const took = postings.filter(({ from }) => from === CHARGED)
  const slashed = took.filter(({ why }) => why === 'slash').map(({ amount }) => amount)
  const charged = Object.values(income.kinds).map((kind) => kind.charged)
  const came = sumAmounts([...charged, ...slashed], income.total)
  const taken = sumAmounts(
    took.map(({ amount }) => amount),
    income.total,
  )
  const after = sumAmounts(Object.values(system), income.total)
  const difference =
    BigInt(before.amount) + BigInt(came.amount) - BigInt(after.amount) - BigInt(credits.total.amount)
  return { before, came, taken, after, out: credits.total, holds: difference === 0n }
}

function conservationRows(era: Era, style: Style): Row[] {
  const { before, came, taken, after, out, holds } = conservationOf(era)
  return [
    {
      label: 'conserved',
      note: holds ? 'to the last base unit' : 'NOT: the two sides differ',
      paint: holds ? style.green : style.red,
    },
    { label: '  held before', note: 'by the network itself', amount: before },
    { label: '  + came in', amount: came },
    ...(isZero(taken) ? [] : [{ label: '    of it', note: 'from accounts, by commands', amount: taken }]),
    { label: '  = held after', note: 'by the network itself', amount: after },
    { label: '  + credited', note: 'to accounts', amount: out },
  ]
}

function eventsLine({ counted, duplicates, late, conflicts, streams }: Era, style: Style): string {
  const total = Object.values(counted).reduce((sum, count) => sum + count, 0)
  const kinds = Object.entries(EVENT_WORDS).flatMap(([name, word]) =>
    counted[name] ? [plural(counted[name], word)] : [],
  )
  const gaps = streams.reduce((sum, stream) => sum + stream.gaps.length, 0)
  const facts = [
    `${plural(duplicates, 'duplicate')} dropped`,
    `${formatCount(late)} late`,
    plural(conflicts.count, 'conflict'),
    ...(gaps > 0 ? [plural(gaps, 'gap')] : []),
  ]
  return `  ${style.bold('events')}  ${formatCount(total)} counted (${kinds.join(', ')}); ${facts.join(', ')}`
}

const GAP = '  '

type Layout = { symbol: string } & Record<'label' | 'note' | 'units' | 'base', number>

/** How wide each column of the rows is. */
function layoutOf(rows: readonly Row[], symbol: string): Layout {
  const widest = (texts: string[]): number => texts.reduce((width, text) => Math.max(width, text.length), 0)
  return {
    symbol,
    label: widest(rows.map(({ label }) => label)),
    note: widest(rows.map(({ note = '' }) => note)),
    units: widest([symbol, ...rows.map(({ amount }) => (amount ? formatUnits(amount) : ''))]),
    base: widest([BASE_UNITS, ...rows.map(({ amount }) => amount?.amount ?? '')]),
  }
}

const BASE_UNITS = 'base units'

/** Labels and notes to the left, amounts to the right under the asset's symbol. */
function layOut(rows: readonly Row[], { symbol, label, note, units, base }: Layout, style: Style): string[] {
  const line = (cells: [string, string, string, string], paint = (text: string) => text): string =>
    [
      '',
      paint(cells[0].padEnd(label)),
      style.dim(cells[1].padEnd(note)),
      paint(cells[2].padStart(units)),
      style.dim(cells[3].padStart(base)),
    ]
      .join(GAP)
      .trimEnd()
  return [
    line(['', '', symbol, BASE_UNITS], style.dim),
    ...rows.map((row) =>
      line(
        [row.label, row.note ?? '', row.amount ? formatUnits(row.amount) : '', row.amount?.amount ?? ''],
        row.paint,
      ),
    ),
  ]
}

function isZero({ amount }: Amount): boolean {
  return amount === '0'
}
