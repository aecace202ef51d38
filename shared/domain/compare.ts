import { type Account, isSystem } from './account.ts'
import { add } from './money.ts'
import type { EraState } from './plan.ts'
import type { SettledEra } from './settle.ts'

/** What the same events come to under one policy and under another, base units. */
export interface Change {
  before: bigint
  after: bigint
}

/** Who gains and who loses by a change of policy, in one era or in several. Lists begin with the greatest difference. */
export interface Comparison {
  income: Change
  lines: ({ stage: string; line: string } & Change)[]
  /** What the network's own accounts hold at the end. */
  system: ({ account: Account } & Change)[]
  /** What participants are credited; only those that either policy credits. */
  accounts: ({ account: Account } & Change)[]
}

export interface EraComparison extends Comparison {
  era: number
  state: { before: EraState; after: EraState }
  /** With what earlier eras left owed, and what they carried: over several eras neither adds up. */
  cost: Change
  net: Change
}

/** What one settled era comes to, by names. */
interface Outcome {
  income: bigint
  /** Stage and line, with a NUL between them: neither has one. */
  lines: Record<string, bigint>
  system: Record<Account, bigint>
  accounts: Record<Account, bigint>
}

/** Compares one era under two policies. */
export function compareEra(before: SettledEra, after: SettledEra): EraComparison {
  const [old, next] = [before.seal, after.seal]
  return {
    era: old.era,
    state: { before: old.state, after: next.state },
    cost: { before: old.cost.total, after: next.cost.total },
    net: { before: old.net, after: next.net },
    ...compare(outcomeOf([before]), outcomeOf([after])),
  }
}

/** Compares all eras of two runs: income, lines and credits in sum, and what the network's own accounts hold after the last. */
export function compareEras(before: readonly SettledEra[], after: readonly SettledEra[]): Comparison {
  return compare(outcomeOf(before), outcomeOf(after))
}

/** What an account or a line gains (above 0) or loses (below 0). */
export function differenceOf({ before, after }: Change): bigint {
  return after - before
}

/** The difference in percent of what was, with two decimals, half away from zero; undefined where there was nothing. */
export function percentChange({ before, after }: Change): string | undefined {
  if (before === 0n) return undefined
  const base = before < 0n ? -before : before
  const difference = after - before
  const size = difference < 0n ? -difference : difference
  const hundredths = (size * 20_000n + base) / (2n * base)
  const sign = difference === 0n ? '' : difference < 0n ? '-' : '+'
  return `${sign}${hundredths / 100n}.${(hundredths % 100n).toString().padStart(2, '0')}%`
}

function outcomeOf(eras: readonly SettledEra[]): Outcome {
  const outcome: Outcome = { income: 0n, lines: {}, system: {}, accounts: {} }
  for (const { seal, statements } of eras) {
    outcome.income += seal.income.total
    for (const [stage, lines] of Object.entries(seal.lines))
      for (const [line, amount] of Object.entries(lines)) add(outcome.lines, `${stage}\0${line}`, amount)
    for (const { account, credited } of statements.flatMap(({ rows }) => rows))
      if (credited > 0n && !isSystem(account)) add(outcome.accounts, account, credited)
    outcome.system = seal.system
  }
  return outcome
}

function compare(before: Outcome, after: Outcome): Comparison {
  return {
    income: { before: before.income, after: after.income },
    lines: changes(before.lines, after.lines).map(({ name, ...change }) => {
      const [stage, line] = name.split('\0') as [string, string]
      return { stage, line, ...change }
    }),
    system: changes(before.system, after.system).map(({ name, ...change }) => ({ account: name, ...change })),
    accounts: changes(before.accounts, after.accounts).map(({ name, ...change }) => ({
      account: name,
      ...change,
    })),
  }
}

/** Every name of either side, the greatest difference first, ties in the order of names. */
function changes(
  before: Record<string, bigint>,
  after: Record<string, bigint>,
): ({ name: string } & Change)[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  const of = (amounts: Record<string, bigint>, name: string): bigint =>
    Object.hasOwn(amounts, name) ? (amounts[name] as bigint) : 0n
  const size = (change: Change): bigint => {
    const difference = differenceOf(change)
    return difference < 0n ? -difference : difference
  }
  return [...names]
    .map((name) => ({ name, before: of(before, name), after: of(after, name) }))
    .sort((a, b) => {
      const [x, y] = [size(a), size(b)]
      return x === y ? (a.name < b.name ? -1 : 1) : x > y ? -1 : 1
    })
}
