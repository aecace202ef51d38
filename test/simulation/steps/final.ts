import type { Page } from '../../../shared/domain/page.ts'
import type { JournalEntry } from '../../../shared/ledger/ports.ts'
import { bytesOf, type Item, textOf } from '../../../shared/store/attributes.ts'
import { decode } from '../../../shared/store/codec.ts'
import type { Simulation } from '../simulation.ts'

/** What a run comes to: each part as text, by name. Wall time and the order of tries are no part of it. */
export type Books = Record<string, string>

/** Kinds of records whose value is all that they say. */
const RECORDS = /^(OFFER|QUOTE|BOOKING|ORDER|PAYOUT)#/

/**
 * Seals, statements, system accounts, accounts, journal and records, as a run leaves them; of the first eras, for on a
 * wall clock more of them end while something is waited for.
 */
export async function booksOf({ store, database }: Simulation, eras: number): Promise<Books> {
  const books: Books = {}
  const state = await store.state.read()
  for (let era = 0; era < eras; era += 1) {
    const seal = await store.seals.read(era)
    if (seal) books[`seal ${era}`] = textOfValue(seal)
    for (let partition = 0; partition < (state?.partitions ?? 0); partition += 1)
      for await (const statement of store.statements.list(era, partition))
        books[`statement ${era} ${statement.page}`] = textOfValue(statement)
  }
  books.system = textOfValue((await store.system.read()).balances)
  for (const { item } of database.history()) Object.assign(books, partOf(item))
  return books
}

function partOf(item: Item): Books {
  const pk = textOf(item, 'pk')
  if (pk.startsWith('PAGES#')) {
    const { accounts } = decode<Page>(bytesOf(item, 'd'))
    return Object.fromEntries(accounts.map((account) => [`account ${account.account}`, textOfValue(account)]))
  }
  if (pk.startsWith('JOURNAL#')) {
    const { at: _, networkAt: __, ...entry } = decode<JournalEntry>(bytesOf(item, 'd'))
    return isAnnouncement(pk, entry) ? {} : { [pk]: textOfValue(entry) }
  }
  return RECORDS.test(pk) ? { [pk]: textOfValue(decode(bytesOf(item, 'd'))) } : {}
}

/**
 * That the bus was told is written down after it was: whoever moves money may be quicker, and then it never is. What
 * was told is held against the table by told.ts.
 */
const TOLD = 'announcedAt'

function isAnnouncement(pk: string, { moves }: Pick<JournalEntry, 'moves'>): boolean {
  return pk.startsWith('JOURNAL#job#pay-out#announced#') && moves.length === 0
}

/** Where two runs end otherwise, in words; undefined where they do not. */
export function firstDifference(ours: Books, theirs: Books): string | undefined {
  for (const name of new Set([...Object.keys(ours), ...Object.keys(theirs)]))
    if (ours[name] !== theirs[name]) return `${name}: ${differing(ours[name], theirs[name])}`
  return undefined
}

const SHOWN = 200

/** Two texts from a little before they part. */
function differing(one = 'nothing', other = 'nothing'): string {
  let at = 0
  while (at < one.length && one[at] === other[at]) at += 1
  const from = Math.max(0, at - SHOWN / 2)
  return `${one.slice(from, from + SHOWN)} instead of ${other.slice(from, from + SHOWN)}`
}

/** A value as text, the same for equal values. */
function textOfValue(value: unknown): string {
  return JSON.stringify(value, (key, part) => {
    if (key === TOLD) return undefined
    if (typeof part === 'bigint') return `${part}n`
    if (part instanceof Map) return [...part]
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
