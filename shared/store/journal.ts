import { entriesByAccount, haveFacts } from '../domain/moves.ts'
import type { AccountEntry, JournalEntry, JournalStore } from '../ledger/ports.ts'
import { bytesOf, keyItem, textOf } from './attributes.ts'
import { decode } from './codec.ts'
import { NOT_THERE, type Table, type Write } from './dynamo.ts'
import { fenceCheck, fenceOf } from './fence.ts'
import { invalidCursor } from './invalid-cursor.ts'
import { entriesOf, entrySk, eraSk, journalKey, outboxOf } from './keys.ts'
import type { NetworkConstants } from './network.ts'
import { pageWrite } from './pages.ts'
import { recordWrite } from './records.ts'
import type { Pause } from './retry.ts'
import { wholeItem } from './values.ts'

export function journalStore(
  table: Table,
  constants: () => Promise<NetworkConstants>,
  pause: Pause,
): JournalStore {
  return {
    async read(id) {
      const item = await table.get(journalKey(id))
      return item && decode<JournalEntry>(bytesOf(item, 'd'))
    },
    async commit(entry, openEra, pages, records) {
      const { partitions } = await constants()
      const refused = await table.transact([
        { put: wholeItem(journalKey(entry.id), entry), when: { expression: NOT_THERE } },
        fenceCheck(entry.id, openEra),
        ...factsMark(entry),
        ...pages.map((page) => pageWrite(page, partitions)),
        ...records.map(recordWrite),
        ...accountEntries(entry),
      ])
      if (refused.length === 0) return true
      await pause(1)
      return false
    },
    async entries(account, { from = 0, through, cursor, limit }) {
      if (cursor !== undefined && !/^\d{12}#\d{15}#[\x20-\x7e]{1,1024}$/.test(cursor))
        throw invalidCursor(cursor)
      const range =
        cursor === undefined
          ? { from: eraSk(from), through: `${through === undefined ? '' : eraSk(through)}${LAST}` }
          : { before: cursor }
      const query = { pk: entriesOf(account), ...range, descending: true, limit: limit + 1, eventual: true }
      const entries: { sk: string; entry: AccountEntry }[] = []
      for await (const item of table.query(query)) {
        const entry = decode<AccountEntry>(bytesOf(item, 'd'))
        if (entry.era < from) break
        entries.push({ sk: textOf(item, 'sk'), entry })
      }
      const shown = entries.slice(0, limit)
      const last = shown.at(-1)
      return {
        entries: shown.map(({ entry }) => entry),
        ...(entries.length > limit && last && { next: last.sk }),
      }
    },
    async hasFacts(era) {
      for await (const _ of table.query({ pk: outboxOf(era), limit: 1 })) return true
      return false
    },
  }
}

/** Behind every sort key that begins with the same era. */
const LAST = '~'

/** Says that an era has something to settle although its log may be empty. Many commands write the same mark. */
function factsMark({ id, era, moves }: JournalEntry): Write[] {
  if (!haveFacts(moves)) return []
  const key = { pk: outboxOf(era), sk: String(fenceOf(id)) }
  return [{ put: keyItem(key), when: {} }]
}

/** What each account reads of a command: only what moved its own money. */
function accountEntries({ id, era, at, networkAt, moves }: JournalEntry): Write[] {
  return [...entriesByAccount(moves)].map(([account, moves]) => {
    const key = { pk: entriesOf(account), sk: entrySk(era, at, id) }
    return { put: wholeItem(key, { id, era, at, networkAt, moves } satisfies AccountEntry), when: {} }
  })
}
