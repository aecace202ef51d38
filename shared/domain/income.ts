import { type Account, OPERATOR } from './account.ts'
import type { Spread } from './event.ts'
import type { IncomeTotals } from './facts.ts'
import { mulDivFloor } from './money.ts'
import { WHOLE } from './percent.ts'
import type { Policy } from './policy/schema.ts'

/** How a fee is divided, base units: `admitted` and `rest` sum to its amount. */
export interface FeeParts {
  admitted: bigint
  rest: bigint
  restTo: Account
  /** What is admitted waits in `@deferred`, and is recognised bit by bit. */
  deferred: boolean
}

/** Policy `income`: admitted = floor(amount x admit), the exact rest to `restTo`; ratable only where the fee has a spread. */
export function divideFee(
  { income }: Policy,
  { kind, amount, spread }: { kind: string; amount: bigint; spread?: Spread },
): FeeParts {
  const rule = income[kind] ?? { admit: WHOLE, restTo: OPERATOR, recognise: 'immediate' }
  const admitted = rule.admit === WHOLE ? amount : mulDivFloor(amount, rule.admit, WHOLE)
  const deferred = rule.recognise === 'ratable' && spread !== undefined
  return { admitted, rest: amount - admitted, restTo: rule.restTo, deferred }
}

/** Adds a fee to the totals of its kind, in place. */
export function countFee(
  income: Record<string, IncomeTotals>,
  { kind, amount }: { kind: string; amount: bigint },
  { admitted, deferred }: FeeParts,
): void {
  income[kind] ??= { count: 0, charged: 0n, admitted: 0n, deferred: 0n }
  const total = income[kind]
  total.count += 1
  total.charged += amount
  if (deferred) total.deferred += admitted
  else total.admitted += admitted
}
