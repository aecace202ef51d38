import { Amounts, isSystem, total } from '../arithmetic.ts'
import type { Commands } from '../journal.ts'
import type { Genesis, Rules } from '../rules.ts'
import type { Reports } from './reports.ts'
import { type HeldStake, stakesOf } from './stakes.ts'

export interface Role {
  group: string
  status: string
  at: number
}

export interface Lot {
  lot: string
  amount: bigint
  lockSeconds: number
  at: number
}

/** A stretch of an era in which an amount was staked under one lock. */
export interface Stretch {
  amount: bigint
  lockSeconds: number
  ms: number
}

/** What the network knows of its accounts between eras, from genesis, log, journal and credits alone. */
export class Participants {
  readonly roles = new Map<string, Map<string, Role>>()
  readonly lots = new Map<string, Map<string, Lot>>()
  /** Costs not paid back yet. */
  readonly owed = new Amounts()
  /** obligation -> account. */
  readonly dues = new Map<string, Amounts>()
  readonly held: ReadonlyMap<string, HeldStake[]>
  /** What accounts had when the era began that is settled next. */
  readonly openings: Amounts
  private readonly genesis: Genesis
  private readonly commands: Commands
  private openedEra = 0

  constructor(genesis: Genesis, commands: Commands) {
    this.genesis = genesis
    this.commands = commands
    this.openings = new Amounts(genesis.balances)
    this.held = new Map([...commands.moves].map(([account, moves]) => [account, stakesOf(moves)]))
  }

  /**
   * Goes on to the opening of an era: all that is labelled before it, a credit of era m being labelled m + 1.
   * `creditsOf` says what statements credited in an era.
   */
  openEra(era: number, creditsOf: (era: number) => Amounts | undefined): void {
    for (; this.openedEra < era; this.openedEra += 1) {
      for (const changes of [this.commands.changes.get(this.openedEra), creditsOf(this.openedEra - 1)])
        for (const [account, amount] of changes ?? [])
          if (!isSystem(account)) this.openings.add(account, amount)
    }
  }

  /** Roles and reported stakes last until changed; an older report changes nothing. Answers with the era's stretches. */
  report({ roles, stakes }: Reports, from: number, to: number): Map<string, Stretch[]> {
    for (const { account, group, status, occurredAt: at } of roles) {
      const own = this.roles.get(account) ?? new Map<string, Role>()
      this.roles.set(account, own)
      const standing = own.get(group)
      if (!standing || at >= standing.at) own.set(group, { group, status, at })
    }
    const stretches = new Map<string, Stretch[]>()
    const since = new Map<Lot, number>()
    const close = (account: string, lot: Lot, until: number): void => {
      const ms = until - (since.get(lot) ?? from)
      if (ms > 0) push(stretches, account, { amount: lot.amount, lockSeconds: lot.lockSeconds, ms })
    }
    for (const { account, lot: name, amount, lockSeconds, occurredAt: at } of stakes) {
      const own = this.lots.get(account) ?? new Map<string, Lot>()
      this.lots.set(account, own)
      const standing = own.get(name)
      if (standing && at < standing.at) continue
      const begins = Math.max(at, from)
      if (standing) close(account, standing, begins)
      const lot = { lot: name, amount, lockSeconds, at }
      own.set(name, lot)
      since.set(lot, begins)
    }
    for (const [account, own] of this.lots) for (const lot of own.values()) close(account, lot, to)
    for (const [account, own] of this.held) {
      for (const { amount, lockSeconds, from: begins, until = to } of own) {
        const ms = Math.min(until, to) - Math.max(begins, from)
        if (ms > 0) push(stretches, account, { amount, lockSeconds, ms })
      }
    }
    return stretches
  }

  /** What an account has staked when an era ends, reported and held here. */
  stakedAt(account: string, to: number): bigint {
    const reported = [...(this.lots.get(account)?.values() ?? [])]
    const held = (this.held.get(account) ?? []).filter(({ from, until = to }) => from < to && until >= to)
    return total([...reported, ...held].map(({ amount }) => amount))
  }

  /** What vests in an era, by account: by cumulative floor, nothing in eras that end before the cliff. */
  vested(
    { start }: Rules,
    era: number,
    movedBy: (grant: { amount: bigint; from: number; to: number }, at: number) => bigint,
  ): Amounts {
    const vested = new Amounts()
    for (const [account, grants] of this.genesis.vesting) {
      for (const grant of grants) {
        const through = (at: number): bigint => (at < grant.cliff ? 0n : movedBy(grant, at))
        const now = through(start(era + 1)) - (era === 0 ? 0n : through(start(era)))
        if (now > 0n) vested.add(account, now)
      }
    }
    return vested
  }

  /** Everybody of whom anything is known. */
  accounts(reports: Reports): Set<string> {
    const named: Iterable<string>[] = [
      ...[...reports.metrics.values(), ...reports.dues.values(), ...this.dues.values()].map((amounts) =>
        amounts.keys(),
      ),
      ...[reports.costs, reports.fees, this.owed, this.openings].map((amounts) => amounts.keys()),
      ...[this.roles, this.lots, this.held].map((known) => known.keys()),
    ]
    return new Set(named.flatMap((names) => [...names]))
  }
}

function push(stretches: Map<string, Stretch[]>, account: string, stretch: Stretch): void {
  const own = stretches.get(account)
  if (own) own.push(stretch)
  else stretches.set(account, [stretch])
}
