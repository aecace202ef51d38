import { type Account, POOL } from './account.ts'
import { Books } from './books.ts'
import { assertInvariant } from './errors.ts'
import { MAX_AMOUNT, min, mulDivFloor, sum } from './money.ts'
import { WHOLE } from './percent.ts'
import type { BrokenBound, HeldPlan, Payment, Posting } from './plan.ts'
import type { Policy } from './policy/schema.ts'
import { runStages, type Weighed } from './stages.ts'
import type { WeightRow } from './weights.ts'

/** How many eras `bounds.change` takes the mean of. */
const CHANGE_ERAS = 4

/** What somebody with the authority said of a held era. It takes effect in the era that was open when it was said. */
export interface HeldDecision {
  /** The era that is held. */
  era: number
  decision: 'pay' | 'return'
  held: HeldPlan
}

/** Where the amount of a held era waits. */
export function heldAccount(era: number): Account {
  return `@held:${era}`
}

/** The figures of an era, in base units, that bounds are about. */
export interface Figures {
  income: bigint
  cost: bigint
  net: bigint
  pool: bigint
}

/** Which figures are outside the policy's `bounds`, or greater than any amount can be. An era with one is held. */
export function brokenBounds(
  { bounds = {} }: Policy,
  figures: Figures,
  history: readonly bigint[],
): BrokenBound[] {
  const broken: BrokenBound[] = []
  for (const key of ['income', 'net'] as const) {
    const [least, most] = bounds[key] ?? []
    const value = figures[key]
    if (least !== undefined && most !== undefined && (value < least || value > most)) {
      broken.push({ rule: `bounds.${key}`, value, least, most })
    }
  }
  const mean = meanOf(history, CHANGE_ERAS)
  if (bounds.change !== undefined && mean !== undefined) {
    const most = mulDivFloor(bounds.change, mean, WHOLE)
    if (figures.net > most) broken.push({ rule: 'bounds.change', value: figures.net, most })
  }
  for (const [name, value] of Object.entries(figures)) {
    if (value > MAX_AMOUNT) broken.push({ rule: `amount.${name}`, value, most: MAX_AMOUNT })
  }
  return broken
}

/** Mean of the last `eras` of a history, rounded down; undefined when there is none. */
export function meanOf(history: readonly bigint[], eras: number): bigint | undefined {
  const last = history.slice(-eras)
  return last.length === 0 ? undefined : sum(last) / BigInt(last.length)
}

/**
 * What paying a held era will do: its stages that read the pool, over what is held and by the weights of its own
 * accounts, as if it had been distributed. Dues stay due and rollovers where they are, for later eras pay them.
 */
export function planHeld(
  policy: Policy,
  era: number,
  books: Books,
  weighed: Weighed,
  because: BrokenBound[],
): HeldPlan {
  const amount = books.balance(heldAccount(era))
  const stages = policy.stages.filter(({ from }) => from === POOL).map(withoutDues)
  const trial = new Books({ ...books.closing(), ...noRollovers(policy), [POOL]: amount })
  const { lines, payments } = runStages(policy, true, trial, weighed, stages)
  const named = (why: string): string => `held.${era}.${why}`
  const postings = outOfPool(trial.postings).map(({ from, to, amount: moved, why }): Posting => {
    assertInvariant(from === POOL, () => `era ${era} is held, and ${why} would pay out of ${from}`)
    return { from: heldAccount(era), to, amount: moved, why: named(why) }
  })
  const left = trial.balance(POOL)
  if (left > 0n) postings.push({ from: heldAccount(era), to: POOL, amount: left, why: named('rest') })
  return {
    amount,
    because,
    lines,
    payments: payments.map((payment) => ({ ...payment, why: named(payment.why) })),
    postings,
  }
}

/**
 * Two lines may pay one group: what the first rolls over, for want of members, the second takes up again. Says of
 * such an amount where it went in the end, out of the pool it came from.
 */
function outOfPool(postings: readonly Posting[]): Posting[] {
  const direct: Posting[] = []
  for (const posting of postings) {
    let passedOn = posting.from === POOL ? 0n : posting.amount
    if (passedOn > 0n) {
      for (const earlier of direct) {
        if (earlier.to !== posting.from) continue
        const part = min(earlier.amount, passedOn)
        earlier.amount -= part
        passedOn -= part
      }
    }
    direct.push({ ...posting, from: passedOn === 0n ? POOL : posting.from })
  }
  return direct.filter(({ amount }) => amount > 0n)
}

function withoutDues(stage: Policy['stages'][number]): Policy['stages'][number] {
  return 'split' in stage ? stage : { ...stage, take: stage.take.filter((line) => !('obligation' in line)) }
}

function noRollovers(policy: Policy): Record<Account, bigint> {
  return Object.fromEntries(Object.keys(policy.groups).map((group) => [`@rollover:${group}`, 0n]))
}

/**
 * The columns and caps of held eras that are paid in a later one: they stand behind the later era's own, in this
 * order, so that its accounts are weighed, shared and proved as for any other payment.
 */
export interface HeldPlaces {
  columns: { era: number; column: number }[]
  caps: { era: number; index: number }[]
}

export function placesOf(decisions: readonly HeldDecision[]): HeldPlaces {
  const places: HeldPlaces = { columns: [], caps: [] }
  for (const { era, decision, held } of decisions) {
    if (decision !== 'pay') continue
    const columns = new Set(held.payments.flatMap(({ parts }) => parts.map(({ column }) => column)))
    const caps = new Set(held.payments.flatMap(({ cap }) => (cap ? [cap.index] : [])))
    places.columns.push(...[...columns].sort((a, b) => a - b).map((column) => ({ era, column })))
    places.caps.push(...[...caps].sort((a, b) => a - b).map((index) => ({ era, index })))
  }
  return places
}

/** Rows of held eras that are paid in a later one, by era and account. */
export interface HeldWeights {
  places: HeldPlaces
  rows: ReadonlyMap<number, ReadonlyMap<Account, WeightRow>>
}

/** Puts an account's weights and caps of held eras behind those of its own era. */
export function withHeld(row: WeightRow, held: HeldWeights | undefined): WeightRow {
  if (!held) return row
  const { places, rows } = held
  const of = (era: number): WeightRow | undefined => rows.get(era)?.get(row.account)
  return {
    ...row,
    weights: [...row.weights, ...places.columns.map(({ era, column }) => of(era)?.weights[column] ?? 0n)],
    caps: [...row.caps, ...places.caps.map(({ era, index }) => of(era)?.caps[index] ?? 0n)],
  }
}

/** Does what was decided: returns what is held to the pool, or pays it by the frozen plan. */
export function applyDecisions(
  decisions: readonly HeldDecision[],
  own: { columns: number; caps: number },
  books: Books,
): Payment[] {
  const places = placesOf(decisions)
  return decisions.flatMap(({ era, decision, held }) => {
    if (decision === 'return') {
      books.move(heldAccount(era), POOL, held.amount, `held.${era}.returned`)
      return []
    }
    for (const { from, to, amount, why } of held.postings) books.move(from, to, amount, why)
    const columnOf = (column: number): number =>
      own.columns + places.columns.findIndex((place) => place.era === era && place.column === column)
    const capOf = (index: number): number =>
      own.caps + places.caps.findIndex((place) => place.era === era && place.index === index)
    return held.payments.map(({ why, parts, cap }) => ({
      why,
      parts: parts.map((part) => ({ ...part, column: columnOf(part.column) })),
      ...(cap ? { cap: { ...cap, index: capOf(cap.index) } } : {}),
    }))
  })
}
