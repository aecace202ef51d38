import { Amounts, movedBy, WHOLE } from '../arithmetic.ts'
import type { Rules } from '../rules.ts'

/** Something that is recognised bit by bit. `of` and `id` name the event, or what a command said. */
export interface Spread {
  of: 'FeeCharged' | 'CostIncurred' | 'ObligationDue' | 'Charge' | 'Due'
  id: string
  /** Who is paid, or gets what is left when it is stopped. */
  account: string
  /** Kind, or obligation. */
  kind: string
  amount: bigint
  from: number
  to: number
  moved: bigint
}

export interface Ending {
  of: Spread['of']
  id: string
  at: number
  refundTo?: string | undefined
  keep?: bigint | undefined
  /** For choosing among endings of one position. */
  occurredAt: number
  by: string
}

/** What spreads came to in one era. */
export interface Moved {
  /** By kind, out of `@deferred`. */
  income: Amounts
  costs: { payer: string; kind: string; amount: bigint }[]
  dues: { account: string; obligation: string; amount: bigint }[]
  /** Out of `@deferred`, by who gets it. */
  refunds: Amounts
}

/** What runs on from era to era, of all partitions. */
export class Spreads {
  readonly open = new Map<string, Spread>()
  private endings = new Map<string, Ending>()

  begin(spread: Omit<Spread, 'moved'>): void {
    this.open.set(`${spread.of} ${spread.id}`, { ...spread, moved: 0n })
  }

  /** The earliest ending stops a spread; of two at one position the first by (occurredAt, id). */
  end(ending: Ending): void {
    const key = `${ending.of} ${ending.id}`
    const before = this.endings.get(key)
    const isFirst =
      !before ||
      ending.at < before.at ||
      (ending.at === before.at &&
        (ending.occurredAt < before.occurredAt ||
          (ending.occurredAt === before.occurredAt && ending.by < before.by)))
    if (isFirst) this.endings.set(key, ending)
  }

  /**
   * Moves all of them to the end of an era by cumulative floor. An ending of the bus waits for what it ends as long as
   * that may still come: `latest` is the greatest moment that was counted before this era.
   */
  move(rules: Rules, era: number, latest: number): Moved {
    const moved: Moved = { income: new Amounts(), costs: [], dues: [], refunds: new Amounts() }
    const end = rules.start(era + 1)
    const used = new Set<string>()
    const ahead = new Set<string>()
    for (const [key, spread] of this.open) {
      const ending = this.endings.get(key)
      const isStopped = ending !== undefined && ending.at < end
      if (ending) (isStopped ? used : ahead).add(key)
      const reached = movedBy(spread, isStopped ? ending.at : end)
      const now = reached > spread.moved ? reached - spread.moved : 0n
      spread.moved += now
      note(moved, spread, now)
      const left = spread.amount - spread.moved
      if (left > 0n && !isStopped) continue
      this.open.delete(key)
      ahead.delete(key)
      used.add(key)
      if (left > 0n && isIncome(spread)) stop(moved, spread, left, ending as Ending)
    }
    for (const [key, { of, occurredAt }] of this.endings) {
      const isOfCommand = of === 'Charge' || of === 'Due'
      const isOver = isOfCommand ? !ahead.has(key) : occurredAt < latest - rules.latenessMs && !ahead.has(key)
      if (used.has(key) || isOver) this.endings.delete(key)
    }
    return moved
  }
}

/** Of what a fee's or charge's spread has left the network keeps a part, rounded up; the rest is refunded. */
function stop(moved: Moved, spread: Spread, left: bigint, { refundTo, keep = 0n }: Ending): void {
  const rounded = (left * keep + WHOLE - 1n) / WHOLE
  const kept = rounded < left ? rounded : left
  note(moved, spread, kept)
  if (kept < left) moved.refunds.add(refundTo ?? spread.account, left - kept)
}

function note(moved: Moved, spread: Spread, amount: bigint): void {
  const { of, account, kind } = spread
  if (amount === 0n) return
  if (isIncome(spread)) moved.income.add(kind, amount)
  else if (of === 'CostIncurred') moved.costs.push({ payer: account, kind, amount })
  else moved.dues.push({ account, obligation: kind, amount })
}

function isIncome({ of }: Spread): boolean {
  return of === 'FeeCharged' || of === 'Charge'
}
