import { eraEnd, eraStart } from '../../shared/domain/calendar.ts'
import type { Event } from '../../shared/domain/event.ts'
import { applyMoves, labelOf, type Move, pagesOf } from '../../shared/domain/moves.ts'
import { type AccountState, emptyPage, newAccount } from '../../shared/domain/page.ts'
import { metricsUsed } from '../../shared/domain/policy/columns.ts'
import { parsePolicy, policyHash } from '../../shared/domain/policy/policy.ts'
import type { CommandTime } from '../../shared/domain/release.ts'
import {
  allAccounts,
  type Network,
  openNetwork,
  type SettledEra,
  settleEra,
} from '../../shared/domain/settle.ts'
import type { Json } from './policies.ts'

/** A network in memory in which commands act while eras open, close and are settled. */
export class Acting {
  readonly network: Network
  readonly settled: SettledEra[] = []
  /** Eras before this one are closed. */
  openEra = 0

  constructor(json: Json, { shards = 2, partitions = 4 }: { shards?: number; partitions?: number } = {}) {
    this.network = openNetwork(parsePolicy(json), policyHash(json), shards, partitions)
  }

  /** When a command happens, so many positions after the beginning of the open era. */
  time(after = 0): CommandTime {
    const { policy } = this.network
    const { calendar } = policy.era
    const position = eraStart(calendar, this.openEra) + after
    const sealedThrough = this.settled.length - 1
    return {
      at: position,
      position,
      label: this.openEra,
      era: this.openEra,
      sealedThrough,
      settledTo: sealedThrough < 0 ? 0 : eraEnd(calendar, sealedThrough),
      freezes: metricsUsed(policy).has('balance'),
    }
  }

  /** Does one command, all of it or nothing. */
  act(moves: readonly Move[], after = 0): void {
    const { pages } = this.network
    const changed = pagesOf(moves).map((page) => pages.get(page) ?? emptyPage(page))
    const label = labelOf(this.openEra, changed)
    for (const page of applyMoves(changed, moves, { ...this.time(after), label, era: label }))
      pages.set(page.page, page)
  }

  /** Closes the open era. */
  close(): void {
    this.openEra += 1
  }

  /** Settles the oldest closed era. */
  async settle(events: readonly Event[] = []): Promise<SettledEra> {
    const era = this.settled.length
    if (era >= this.openEra) throw new Error(`era ${era} is open`)
    const settled = await settleEra(this.network, era, events)
    this.settled.push(settled)
    return settled
  }

  /** Closes the open era and settles it. */
  async end(events: readonly Event[] = []): Promise<SettledEra> {
    this.close()
    return this.settle(events)
  }

  state(account: string): AccountState {
    return this.accounts.find((state) => state.account === account) ?? newAccount(account)
  }

  get accounts(): AccountState[] {
    return allAccounts(this.network)
  }
}
