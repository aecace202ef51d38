import type { StatementRow } from '../../../shared/domain/statement.ts'
import { Amounts, isSystem, total } from './arithmetic.ts'
import type { StatedRow } from './statements.ts'

/** What an era credited to an account. */
export interface Credit {
  era: number
  amount: bigint
  /** Of that, what was given back because something was stopped: it was not earned. */
  refunded: bigint
  releaseAt: number
}

/** What the statements say of one account, all eras together. */
export interface Stated {
  credits: Credit[]
  /** The end of each era that has a row of it, ms: earlier credits whose time had come were released then. */
  rows: { era: number; at: number }[]
  owed: bigint
  dues: Amounts
  roles?: StatementRow['roles']
  lots?: StatementRow['lots']
}

/** Everything that was ever credited, from the statements alone. */
export class Credits {
  readonly byAccount = new Map<string, Stated>()
  /** Statements that are in a page, by its number: the eras, ascending. */
  readonly erasOfPage = new Map<number, number[]>()
  private readonly byEra = new Map<number, Amounts>()

  /** Takes in the statements of an era that a page has applied. */
  apply(era: number, rows: readonly StatedRow[]): void {
    const credited = this.byEra.get(era) ?? new Amounts()
    this.byEra.set(era, credited)
    for (const { row, page, at, releaseAt } of rows) {
      const eras = this.erasOfPage.get(page) ?? []
      this.erasOfPage.set(page, eras)
      if (eras.at(-1) !== era) eras.push(era)
      const stated = this.byAccount.get(row.account) ?? {
        credits: [],
        rows: [],
        owed: 0n,
        dues: new Amounts(),
      }
      this.byAccount.set(row.account, stated)
      note(stated, { era, at, releaseAt }, row)
      if (!isSystem(row.account) && row.credited !== 0n) credited.add(row.account, row.credited)
    }
  }

  /** What an era credited, by account. */
  of(era: number): Amounts | undefined {
    return this.byEra.get(era)
  }
}

function note(
  stated: Stated,
  { era, at, releaseAt }: { era: number; at: number; releaseAt: number },
  row: StatementRow,
): void {
  stated.rows.push({ era, at })
  if (row.credited > 0n && !isSystem(row.account))
    stated.credits.push({ era, amount: row.credited, refunded: refundedIn(row), releaseAt })
  stated.owed = row.owed ?? stated.owed
  for (const [obligation, due] of Object.entries(row.dues)) stated.dues.set(obligation, due)
  if (row.roles) stated.roles = row.roles
  if (row.lots) stated.lots = row.lots
}

function refundedIn({ lines }: StatementRow): bigint {
  return total(lines.filter(({ why }) => why === 'refund').map(({ amount }) => amount))
}
