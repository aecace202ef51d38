import type * as z from 'zod'
import type { Account } from '../domain/account.ts'
import { formatMoment } from '../domain/calendar.ts'
import { isReleased } from '../domain/release.ts'
import type { Seal } from '../domain/seal.ts'
import type { StatementRow } from '../domain/statement.ts'
import type { AccountEntry } from '../ledger/ports.ts'
import { timeOf } from '../ledger/time.ts'
import { readAccount } from './account.ts'
import type { statementResponse } from './contracts/accounts.ts'
import { readEraCursor, writeCursor } from './cursor.ts'
import { presentEntry } from './entries.ts'
import { findSeal } from './eras.ts'
import { type Known, mayHaveBeenReleased, type Reader } from './network.ts'
import { mapValues, moneyOf, reasonOf } from './present.ts'
import { ProblemError } from './problems.ts'

type Response = z.output<typeof statementResponse>

/** What an era did to an account: by its statement, or by commands, or by both. */
interface Found {
  era: number
  seal: Seal
  row: Pick<StatementRow, 'lines' | 'capped' | 'credited' | 'owed' | 'dues'>
  releaseAt: number
  entries: AccountEntry[]
}

interface StatementQuery {
  account: Account
  era?: number | undefined
  cursor?: string | undefined
  limit: number
}

/** The most entries an answer looks at, and the most of one era that it shows. */
const MAX_ENTRIES = 200
const MAX_SHOWN = 20

const NOTHING: Found['row'] = { lines: [], capped: [], credited: 0n, dues: {} }

/**
 * What sealed eras did to an account, newest first, with what commands did in them. Looks at no more than `limit`
 * seals and at the statement of each that credited anybody, so an answer may have fewer rows than `limit`, or none,
 * and still go on. Throws `UnknownAccount`, `UnknownEra`, `InvalidCursor`.
 */
export async function readStatement(reader: Reader, query: StatementQuery): Promise<Response> {
  const { store, network } = reader
  const { account, limit } = query
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
      ? await store.seals({ before, limit })
      : { seals: [await findSeal(reader, query.era)], next: undefined }
  const [newest, oldest] = [seals[0], seals.at(-1)]
  if (!newest || !oldest) return { account, rows: [] }
  const from = query.era ?? oldest.era
  const through = query.era ?? Math.min(newest.through, (before ?? Number.POSITIVE_INFINITY) - 1)
  const { byEra, first } = await entriesOf(reader, account, from, through)
  const found = await findRows(reader, account, seals, { byEra, first, through })
  const shown = found.slice(0, limit)
  const known = await knownFor(reader, shown)
  const rows = await Promise.all(
    shown.map(async (one) =>
      presentRow(one, account, known, reader.now(), await network.policy(one.seal.policyVersion)),
    ),
  )
  const isCut = found.length > shown.length
  const goesOn = isCut ? shown.at(-1)?.era : first > from ? first : next
  return { account, rows, ...(goesOn !== undefined && { next: writeCursor(list, String(goesOn)) }) }
}

/** Entries of the eras from `first` on, by era. That is `from`, or a later era where there are more than one answer looks at. */
async function entriesOf(
  { store }: Reader,
  account: Account,
  from: number,
  through: number,
): Promise<{ byEra: Map<number, AccountEntry[]>; first: number }> {
  const { entries, next } = await store.entries(account, { from, through, limit: MAX_ENTRIES })
  const byEra = Map.groupBy(entries, ({ era }) => era)
  const last = entries.at(-1)
  if (next === undefined || !last) return { byEra, first: from }
  // The last era is not whole: it is left to the next answer, but for one with more entries than an answer looks at.
  if (byEra.size === 1) return { byEra, first: last.era }
  byEra.delete(last.era)
  return { byEra, first: last.era + 1 }
}

/** Ranges of eras in which nothing was settled have no statements, but commands may have happened in any of them. */
async function findRows(
  { store }: Reader,
  account: Account,
  seals: readonly Seal[],
  { byEra, first, through }: { byEra: Map<number, AccountEntry[]>; first: number; through: number },
): Promise<Found[]> {
  const settled = seals.filter(({ era, through: last }) => era === last && era >= first && era <= through)
  const statements = await Promise.all(settled.map(({ era }) => store.statement(era, account)))
  const byStatement = new Map(settled.map(({ era }, index) => [era, statements[index]]))
  const eras = [...new Set([...byStatement.keys(), ...byEra.keys()])].sort((a, b) => b - a)
  return eras.flatMap((era) => {
    const statement = byStatement.get(era)
    const entries = byEra.get(era) ?? []
    if (!statement && entries.length === 0) return []
    const seal = seals.find((candidate) => candidate.era <= era) as Seal
    const { row, releaseAt } = statement ?? { row: NOTHING, releaseAt: seal.releaseAt }
    return [{ era, seal, row, releaseAt, entries }]
  })
}

async function knownFor({ network, now }: Reader, found: readonly Found[]): Promise<Known> {
  const known = await network.known()
  return found.some((credit) => mayHaveBeenReleased(credit, known, now())) ? network.read() : known
}

function presentRow(
  { era, row, releaseAt, entries }: Found,
  account: Account,
  known: Known,
  wallNow: number,
  { policy }: Known['policy'],
): Response['rows'][number] {
  const money = moneyOf(policy)
  return {
    era,
    state: isReleased({ era, releaseAt }, timeOf(known, wallNow)) ? 'available' : 'pending',
    releaseAt: formatMoment(releaseAt),
    lines: row.lines.map(({ why, amount }) => ({ why: reasonOf(why), amount: money(amount) })),
    capped: row.capped.map(({ why, amount }) => ({ why: reasonOf(why), amount: money(amount) })),
    credited: money(row.credited),
    ...(row.owed !== undefined && { owed: money(row.owed) }),
    dues: mapValues(row.dues, money),
    entries: entries.slice(0, MAX_SHOWN).map((entry) => presentEntry(entry, account, money)),
    more: entries.length > MAX_SHOWN,
  }
}
