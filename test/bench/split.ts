import { cascadeShare } from '../../shared/domain/cascade.ts'
import { largestRemainder } from '../../shared/domain/largest-remainder.ts'
import { sum } from '../../shared/domain/money.ts'
import { allocateEach } from './baseline/splits.ts'
import { amount } from './data.ts'
import { type Figure, inTurns, type Size } from './measure.ts'

const ROUNDS = 7

/** Shares that one round makes of amounts, whatever the number of weights. */
const SHARES = 100_000

/** So many weights have the lines of a split, and a partition of accounts. */
const LINES = 10
const ACCOUNTS = 10_000

type Split = (total: bigint, weights: readonly bigint[]) => bigint[]

/**
 * An amount of 25 digits over weights of 18, by the two rules of the domain, against dinero.js: the largest remainders
 * among the lines of a split, the cascade among accounts. How many sum to the amount, to the unit, is counted.
 */
export async function split({ tiny }: Size): Promise<Figure[]> {
  return [
    await against('largest remainder', LINES, largestRemainder, tiny),
    await against('largest remainder', ACCOUNTS, largestRemainder, tiny),
    await against('cascade', ACCOUNTS, cascade, tiny),
  ].flat()
}

async function against(rule: string, count: number, ours: Split, tiny: boolean): Promise<Figure[]> {
  const weights = Array.from({ length: count }, amount)
  const amounts = Array.from({ length: tiny ? 1 : SHARES / count }, () => 10n ** 24n + amount())
  const exact = { ours: 0, dinero: 0 }
  const run = (name: keyof typeof exact, by: Split) => () => {
    exact[name] = amounts.filter((total) => sum(by(total, weights)) === total).length
  }
  const { ours: our, dinero } = await inTurns(tiny ? 1 : ROUNDS, {
    ours: run('ours', ours),
    dinero: run('dinero', allocateEach),
  })
  const perSecond = (wallMs: number) => ((amounts.length * count) / wallMs) * 1_000
  const what = `${rule}, ${count.toLocaleString('en-US')} weights`
  const baseline = 'dinero.js allocate'
  return [
    {
      bench: 'split',
      what,
      value: perSecond(our.wallMs),
      unit: 'shares/s',
      baseline: { what: baseline, value: perSecond(dinero.wallMs) },
    },
    {
      bench: 'split',
      what: `${what}: sums that are the amount, to the unit`,
      value: (exact.ours / amounts.length) * 100,
      unit: '%',
      baseline: { what: baseline, value: (exact.dinero / amounts.length) * 100 },
      target: { atLeast: 100 },
    },
  ]
}

/** What accounts get: the share of each from the running sum of weights before and after it. */
function cascade(total: bigint, weights: readonly bigint[]): bigint[] {
  const whole = sum(weights)
  let running = 0n
  return weights.map((weight) => {
    running += weight
    return cascadeShare(total, whole, running, weight)
  })
}
