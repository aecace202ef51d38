import { Amounts, isSystem, least, ppb, total, WHOLE } from '../arithmetic.ts'
import type { RawStage, Rules } from '../rules.ts'
import type { Reports } from './reports.ts'
import { type Lines, type Payment, runStages } from './stages.ts'
import { cascaded, type Weighed } from './weigh.ts'

/** The greatest amount: 38 digits. */
const LARGEST = 10n ** 38n - 1n

/** How many eras `bounds.change` takes the mean of. */
const CHANGE_ERAS = 4

/** What paying a held era does, as it was when it was held. */
export interface HeldOutcome {
  amount: bigint
  lines: Lines
  payments: Payment[]
  /** What the network's own accounts get. */
  system: Amounts
}

export interface Decision {
  era: number
  decision: 'pay' | 'return'
  held: HeldOutcome
}

/** What an era comes to. */
export interface Outcome {
  state: string
  income: bigint
  cost: bigint
  owedBefore: bigint
  net: bigint
  loss?: { draw: bigint; owed: bigint }
  lines: Lines
  /** Those of held eras first; their columns and caps stand behind the era's own. */
  payments: Payment[]
  /** The network's own accounts when the payments are made, before any cap's overflow. */
  closing: Amounts
  held?: HeldOutcome
}

export interface Decided {
  rules: Rules
  era: number
  opening: Amounts
  reports: Reports
  weighed: Weighed
  /** In sum, of participants: it leaves `@vesting`. */
  vested: bigint
  decisions: readonly Decision[]
  /** Nets of the eras before, a loss as 0, newest last. */
  nets: readonly bigint[]
}

/** One era in order, by the policy language alone. */
export function decide({ rules, era, opening, reports, weighed, vested, decisions, nets }: Decided): Outcome {
  const { raw } = rules
  const balances = new Amounts(opening)
  const give = (to: string, amount: bigint): void => {
    if (isSystem(to)) balances.add(to, amount)
  }
  const released = decisions.flatMap((decision) => carryOut(decision, decisions, rules, balances))
  const carry = balances.of('@pool')

  // 1. Income, and what was told by commands.
  const recognised = total([...reports.kinds.values()].map((kind) => kind.recognised))
  const admitted = reports.external.admitted + reports.charged.admitted
  const deferred = reports.external.deferred + reports.charged.deferred
  const income = admitted + recognised
  give('@pool', income)
  give('@deferred', deferred - recognised - reports.refunds.sum())
  for (const given of [
    reports.external.rests,
    reports.charged.rests,
    reports.charged.slashed,
    reports.refunds,
  ])
    for (const [account, amount] of given) give(account, amount)

  // 2. Costs. 3. Net.
  const isNet = raw.base === 'net'
  const ofKind = (of: 'owed' | 'cost'): number => rules.columns.findIndex((column) => column.of === of)
  const owedBefore = isNet ? (weighed.sums[ofKind('owed')] ?? 0n) : 0n
  const cost = total([...reports.costKinds.values()].map(({ amount }) => amount)) + owedBefore
  const net = carry + income - (isNet ? cost : 0n)
  const isLoss = isNet && net <= 0n

  // 4. Costs are paid back, in a loss as far as the reserve goes.
  const payments: Payment[] = []
  let loss: Outcome['loss']
  if (isNet) {
    const reserve = raw.loss?.from ?? ''
    const draw = isLoss ? least(balances.of(reserve), -net) : 0n
    balances.add(reserve, -draw)
    give('@pool', draw)
    let left = least(cost, balances.of('@pool'))
    if (isLoss) loss = { draw, owed: cost - left }
    for (const [why, of] of [
      ['costs.owed', 'owed'],
      ['costs.current', 'cost'],
    ] as const) {
      const column = ofKind(of)
      const W = weighed.sums[column] ?? 0n
      const T = least(left, W)
      left -= T
      give('@pool', -T)
      if (T === 0n) continue
      payments.push({ why, parts: [{ column, T, W }] })
      for (const [account, amount] of cascaded(T, weighed, column)) give(account, amount)
    }
  }

  // 5. Stabiliser.
  if (raw.stabiliser && !isLoss) stabilise(raw.stabiliser, net, nets, balances)

  // 6. What becomes of the pool.
  const pool = balances.of('@pool')
  let state = 'DISTRIBUTED'
  if (loss) state = loss.owed > 0n ? 'LOSS_SHORT' : 'LOSS_COVERED'
  else if (pool < BigInt(raw.minimum ?? '0')) state = 'CARRIED'
  else if (isOutOfBounds(rules, { income, cost, net, pool }, nets)) state = 'HELD'
  let held: HeldOutcome | undefined
  if (state === 'HELD') {
    balances.add('@pool', -pool)
    balances.add(`@held:${era}`, pool)
    held = holdBack(rules, pool, balances, weighed.sums)
  }

  // 7. Stages. 8. Groups.
  const running = raw.stages.filter(({ from }) => from !== '@pool' || state === 'DISTRIBUTED')
  const { lines, payments: shared } = runStages(rules, running, { balances, sums: weighed.sums })

  // 9. Buyback, and what has vested.
  if (raw.buyback) {
    const { from, excessOver, maxShare, then } = raw.buyback
    const excess = balances.of(from) - BigInt(excessOver)
    const bought = excess > 0n ? least((ppb(maxShare) * balances.of(from)) / WHOLE, excess) : 0n
    balances.add(from, -bought)
    give(then, bought)
  }
  give('@vesting', -vested)

  return {
    state,
    income,
    cost,
    owedBefore,
    net,
    ...(loss && { loss }),
    lines,
    payments: [...released, ...payments, ...shared],
    closing: balances,
    ...(held && { held }),
  }
}

function stabilise(
  { reserve, floor, ceiling, eras }: NonNullable<Rules['raw']['stabiliser']>,
  net: bigint,
  nets: readonly bigint[],
  balances: Amounts,
): void {
  const mean = meanOf(nets, eras)
  if (mean === undefined) return
  const low = (ppb(floor) * mean + WHOLE - 1n) / WHOLE
  const high = (ppb(ceiling) * mean) / WHOLE
  const raised = net < low ? least(balances.of(reserve), low - net) : 0n
  const lowered = net > high ? net - high : 0n
  balances.add('@pool', raised - lowered)
  balances.add(reserve, lowered - raised)
}

/** Mean of the last `eras`, rounded down; undefined when there are none. */
function meanOf(nets: readonly bigint[], eras: number): bigint | undefined {
  const last = nets.slice(-eras)
  return last.length === 0 ? undefined : total(last) / BigInt(last.length)
}

function isOutOfBounds(
  { raw: { bounds = {} } }: Rules,
  figures: { income: bigint; cost: bigint; net: bigint; pool: bigint },
  nets: readonly bigint[],
): boolean {
  const isOutside = (value: bigint, range: [string, string] | undefined): boolean =>
    range !== undefined && (value < BigInt(range[0]) || value > BigInt(range[1]))
  const mean = meanOf(nets, CHANGE_ERAS)
  const most =
    bounds.change === undefined || mean === undefined ? undefined : (ppb(bounds.change) * mean) / WHOLE
  return (
    isOutside(figures.income, bounds.income) ||
    isOutside(figures.net, bounds.net) ||
    (most !== undefined && figures.net > most) ||
    Object.values(figures).some((value) => value > LARGEST)
  )
}

/**
 * The plan of a held era: its stages that read the pool, over what is held, by its own weights. Dues stay due, and what
 * had rolled over stays where it is.
 */
function holdBack(rules: Rules, amount: bigint, balances: Amounts, sums: readonly bigint[]): HeldOutcome {
  const stages = rules.raw.stages
    .filter(({ from }) => from === '@pool')
    .map((stage): RawStage => ({ ...stage, ...(stage.take && { take: stage.take.filter(isNoDue) }) }))
  const trial = new Amounts([...balances].filter(([account]) => !account.startsWith('@rollover:')))
  const before = new Amounts(trial)
  trial.set('@pool', amount)
  const { lines, payments } = runStages(rules, stages, { balances: trial, sums })
  const system = new Amounts()
  for (const [account, balance] of trial) {
    const given = account === '@pool' ? balance : balance - before.of(account)
    if (given !== 0n) system.set(account, given)
  }
  return { amount, lines, payments, system }
}

function isNoDue({ obligation }: { obligation?: string }): boolean {
  return obligation === undefined
}

/** Returns what is held to the pool, or pays it: by weights that stand behind the era's own. */
function carryOut(decision: Decision, all: readonly Decision[], rules: Rules, balances: Amounts): Payment[] {
  const { era, held } = decision
  balances.add(`@held:${era}`, -held.amount)
  if (decision.decision === 'return') {
    balances.add('@pool', held.amount)
    return []
  }
  for (const [account, amount] of held.system) balances.add(account, amount)
  const places = placesOf(all)
  const columnAt = (column: number): number =>
    rules.columns.length + places.columns.findIndex((place) => place.era === era && place.column === column)
  const capAt = (index: number): number =>
    rules.caps.length + places.caps.findIndex((place) => place.era === era && place.index === index)
  return held.payments.map(({ why, parts, cap }) => ({
    why: `held.${era}.${why}`,
    parts: parts.map((part) => ({ ...part, column: columnAt(part.column) })),
    ...(cap && { cap: { ...cap, index: capAt(cap.index) } }),
  }))
}

/** Which columns and caps of held eras are weighed again in the era that pays them, in their order. */
export function placesOf(decisions: readonly Decision[]): {
  columns: { era: number; column: number }[]
  caps: { era: number; index: number }[]
} {
  const paid = decisions.filter(({ decision }) => decision === 'pay')
  const ascending = (numbers: number[]): number[] => [...new Set(numbers)].sort((a, b) => a - b)
  return {
    columns: paid.flatMap(({ era, held }) =>
      ascending(held.payments.flatMap(({ parts }) => parts.map(({ column }) => column))).map((column) => ({
        era,
        column,
      })),
    ),
    caps: paid.flatMap(({ era, held }) =>
      ascending(held.payments.flatMap(({ cap }) => (cap ? [cap.index] : []))).map((index) => ({
        era,
        index,
      })),
    ),
  }
}
