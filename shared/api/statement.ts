import type * as z from 'zod'
import type { Account } from '../domain/account.ts'
import { formatMoment } from '../domain/calendar.ts'
import type { Seal } from '../domain/seal.ts'
import type { StatementRow } from '../domain/statement.ts'
import { readAccount } from './account.ts'
import type { statementResponse } from './contracts/accounts.ts'
import { readEraCursor, writeCursor } from './cursor.ts'
import { findSeal } from './eras.ts'
import { isReleased, type Known, mayHaveBeenReleased, type Reader } from './network.ts'
import { mapValues, moneyOf, reasonOf } from './present.ts'
import { ProblemError } from './problems.ts'

type Response = z.output<typeof statementResponse>
type Found = { era: number; row: StatementRow; releaseAt: number }

interface StatementQuery {
  account: Account
  era?: number | undefined
  cursor?: string | undefined
  limit: number
}

/**
 * What sealed eras did to an account, newest first. Looks at no more than `limit` seals and at the statement of each
 * that credited anybody, so an answer may have fewer rows than `limit`, or none, and still go on.
 * Throws `UnknownAccount`, `UnknownEra`, `InvalidCursor`.
 */
export async function readStatement(reader: Reader, query: StatementQuery): Promise<Response> {
  const { store, network } = reader
  const { account } = query
  const list = `statement ${account}`
  if (query.era !== undefined && query.cursor !== undefined) {
    throw new ProblemError(
      'InvalidParameter',
      `era: a statement is asked for by \`era\` or by \`cursor\`: got both, era ${query.era}`,
    )
  }
  const before = query.cursor === undefined ? undefined : readEraCursor(list, query.cursor)
  await readAccount(store, account)
  const { seals, next } =
    query.era === undefined
      ? await store.seals({ before, limit: query.limit })
      : { seals: [await findSeal(reader, query.era)] }
  const found = await findRows(reader, account, seals)
  const known = await knownFor(reader, found)
  const rows = await Promise.all(
    found.map(async (row) => {
      const { policyVersion } = seals.find(({ era }) => era === row.era) as Seal
      return presentRow(row, known, reader.now(), await network.policy(policyVersion))
    }),
  )
  return { account, rows, ...(next !== undefined && { next: writeCursor(list, String(next)) }) }
}

/** Ranges of eras in which nothing moved have no statements. */
async function findRows({ store }: Reader, account: Account, seals: Seal[]): Promise<Found[]> {
  const eras = seals.filter(({ era, through }) => era === through).map(({ era }) => era)
  const statements = await Promise.all(eras.map((era) => store.statement(era, account)))
  return statements.flatMap((statement, index) =>
    statement ? [{ ...statement, era: eras[index] as number }] : [],
  )
}

async function knownFor({ network, now }: Reader, found: Found[]): Promise<Known> {
  const known = await network.known()
  return found.some((credit) => mayHaveBeenReleased(credit, known, now())) ? network.read() : known
}

function presentRow(
  { era, row, releaseAt }: Found,
  known: Known,
  wallNow: number,
  { policy }: Known['policy'],
): Response['rows'][number] {
  const money = moneyOf(policy)
  return {
    era,
    state: isReleased({ era, releaseAt }, known, wallNow) ? 'available' : 'pending',
    releaseAt: formatMoment(releaseAt),
    lines: row.lines.map(({ why, amount }) => ({ why: reasonOf(why), amount: money(amount) })),
    capped: row.capped.map(({ why, amount }) => ({ why: reasonOf(why), amount: money(amount) })),
    credited: money(row.credited),
    ...(row.owed !== undefined && { owed: money(row.owed) }),
    dues: mapValues(row.dues, money),
  }
}
