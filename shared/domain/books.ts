import { type Account, isOutside, isSystem } from './account.ts'
import { assertInvariant } from './errors.ts'
import { min } from './money.ts'
import type { Posting } from './plan.ts'

/** The network's own accounts while an era is decided: every movement is a posting, and none goes below zero. */
export class Books {
  readonly postings: Posting[] = []
  private readonly balances: Map<Account, bigint>

  constructor(opening: Record<Account, bigint>) {
    this.balances = new Map(Object.entries(opening))
  }

  balance(account: Account): bigint {
    return this.balances.get(account) ?? 0n
  }

  /** Moves an amount; nothing is written for zero, or from an account to itself. */
  move(from: Account, to: Account, amount: bigint, why: string): void {
    if (amount === 0n || from === to) return
    assertInvariant(amount > 0n, () => `a posting is above 0: got ${amount} from ${from} to ${to} (${why})`)
    if (isSystem(from) && !isOutside(from)) {
      const left = this.balance(from) - amount
      assertInvariant(left >= 0n, () => `${from} would be ${left} after paying ${amount} to ${to} (${why})`)
      this.balances.set(from, left)
    }
    if (isSystem(to)) this.balances.set(to, this.balance(to) + amount)
    this.postings.push({ from, to, amount, why })
  }

  /** Keeps an amount out of an account's balance until `putBack`: it is spoken for, but paid later. */
  setAside(account: Account, amount: bigint): void {
    const left = this.balance(account) - amount
    assertInvariant(left >= 0n, () => `${account} would be ${left} after setting ${amount} aside`)
    this.balances.set(account, left)
  }

  /** Undoes `setAside`, so that the amount can be paid. */
  putBack(account: Account, amount: bigint): void {
    this.balances.set(account, this.balance(account) + amount)
  }

  /** Moves an amount out of `first` as far as it goes, the rest out of `second`. */
  moveFromBoth(first: Account, second: Account, to: Account, amount: bigint, why: string): void {
    const fromFirst = min(this.balance(first), amount)
    this.move(first, to, fromFirst, why)
    this.move(second, to, amount - fromFirst, why)
  }

  /** Closing balances, without the empty ones, in the order of their names. */
  closing(): Record<Account, bigint> {
    const held = [...this.balances].filter(([, balance]) => balance !== 0n)
    return Object.fromEntries(held.sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}
