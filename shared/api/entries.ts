import type * as z from 'zod'
import { type Account, CHARGED } from '../domain/account.ts'
import { formatMoment } from '../domain/calendar.ts'
import { isShown, type ShownMove } from '../domain/moves.ts'
import type { AccountEntry } from '../ledger/ports.ts'
import { commandName } from '../ledger/short-id.ts'
import { readAccount } from './account.ts'
import type { entriesResponse } from './contracts/accounts.ts'
import { readCursor, writeCursor } from './cursor.ts'
import type { Reader } from './network.ts'
import { type Money, moneyOf, reasonOf } from './present.ts'

type Response = z.output<typeof entriesResponse>
type Entry = Response['entries'][number]
type EntryMove = Entry['moves'][number]

/** What commands did to an account, of one era or of all, newest first. Throws `UnknownAccount`, `InvalidCursor`. */
export async function readEntries(
  { store, network }: Reader,
  query: { account: Account; era?: number | undefined; cursor?: string | undefined; limit: number },
): Promise<Response> {
  const { account, era, limit } = query
  const list = `entries ${account} ${era}`
  const cursor = query.cursor === undefined ? undefined : readCursor(list, query.cursor)
  await readAccount(store, account)
  const money = moneyOf((await network.known()).policy.policy)
  const { entries, next } = await store.entries(account, { from: era, through: era, cursor, limit })
  return {
    account,
    entries: entries.map((entry) => presentEntry(entry, account, money)),
    ...(next !== undefined && { next: writeCursor(list, next) }),
  }
}

/** One command as the account sees it. */
export function presentEntry(
  { id, era, networkAt, moves }: AccountEntry,
  account: Account,
  money: Money,
): Entry {
  return {
    command: commandName(id),
    era,
    at: formatMoment(networkAt),
    moves: moves.filter(isShown).map((move): EntryMove => {
      const amount = 'amount' in move ? move.amount : undefined
      const change = money(changeOf(move, account))
      return {
        move: move.move,
        ...(amount !== undefined && { amount: money(amount) }),
        change,
        ...aboutMove(move, account),
      }
    }),
  }
}

/** What a move changes of all that an account has: nothing where the money stays in the account. */
export function changeOf(move: ShownMove, account: Account): bigint {
  switch (move.move) {
    case 'transfer':
    case 'capture':
      return move.from === account ? -move.amount : move.amount
    case 'charge':
    case 'slash':
      return -move.amount
    default:
      return 0n
  }
}

/** The other side of a move, why it was, and what it was about. */
function aboutMove(move: ShownMove, account: Account): Omit<EntryMove, 'move' | 'amount' | 'change'> {
  switch (move.move) {
    case 'transfer': {
      const other = move.from === account ? move.to : move.from
      return { other, why: reasonOf(move.why), ...(move.memo !== undefined && { memo: move.memo }) }
    }
    case 'capture': {
      const why = reasonOf(move.why)
      return move.from === account ? { other: move.to, why, hold: move.hold } : { other: move.from, why }
    }
    case 'charge':
      return { other: CHARGED, why: reasonOf(`charge.${move.kind}`), hold: move.hold }
    case 'hold':
    case 'extend': {
      const { id, until } = move
      const about = { why: reasonOf(move.move), hold: id }
      return until === undefined ? about : { ...about, until: formatMoment(until) }
    }
    case 'end':
      return { why: reasonOf('end'), hold: move.id }
    case 'release':
      return { why: reasonOf('release'), hold: move.id }
    case 'stake':
    case 'unstake':
      return { why: reasonOf(move.move), lot: move.lot }
    case 'slash': {
      const { lot, to, reason, by } = move
      const told = { ...(reason !== undefined && { memo: reason }), ...(by !== undefined && { by }) }
      return { other: to, why: reasonOf('slash'), lot, ...told }
    }
  }
}
