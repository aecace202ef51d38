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
import type { AccountStatement, ReadStore } from './ports.ts'
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
  const { seals, next } =
    query.era === undefined
      ? await store.seals({ before, limit })
      : { seals: [await findSeal(reader, query.era)], next: undefined }
  const [newest, oldest] = [seals[0], seals.at(-1)]
  if (!newest || !oldest) return nothingYet(store, account)
  const from = query.era ?? oldest.era
  const through = query.era ?? Math.min(newest.through, (before ?? Number.POSITIVE_INFINITY) - 1)
  const [{ byEra, first }, statements] = await Promise.all([
    entriesOf(reader, account, from, through),
    statementsOf(reader, account, seals, through),
  ])
  const found = findRows(seals, statements, byEra, first)
  // Whoever has a row is known: only for an answer without any the page is read.
  if (found.length === 0) await readAccount(store, account)
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

async function nothingYet(store: ReadStore, account: Account): Promise<Response> {
  await readAccount(store, account)
  return { account, rows: [] }
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

/** The statements of an account by era. Ranges of eras in which nothing was settled have none. */
async function statementsOf(
  { store }: Reader,
  account: Account,
  seals: readonly Seal[],
  through: number,
): Promise<Map<number, AccountStatement>> {
  const settled = seals.filter(({ era, through: last }) => era === last && era <= through)
  const statements = await Promise.all(settled.map(({ era }) => store.statement(era, account)))
  return new Map(settled.flatMap(({ era }, i) => (statements[i] ? [[era, statements[i]]] : [])))
}

/** Eras from `first` on, newest first. Commands may have happened in any era, also in one in which nothing was settled. */
function findRows(
  seals: readonly Seal[],
  statements: Map<number, AccountStatement>,
  entries: Map<number, AccountEntry[]>,
  first: number,
): Found[] {
  const eras = new Set([...statements.keys(), ...entries.keys()].filter((era) => era >= first))
  return [...eras]
    .sort((a, b) => b - a)
    .map((era) => {
      const seal = seals.find((candidate) => candidate.era <= era) as Seal
      const { row, releaseAt } = statements.get(era) ?? { row: NOTHING, releaseAt: seal.releaseAt }
      return { era, seal, row, releaseAt, entries: entries.get(era) ?? [] }
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
