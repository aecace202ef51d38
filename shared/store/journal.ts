import { EXTERNAL } from '../domain/account.ts'
import type { JournalEntry, JournalStore } from '../ledger/ports.ts'
import { bytesOf, numberValue, textValue } from './attributes.ts'
import { decode } from './codec.ts'
import { NOT_THERE, type Table } from './dynamo.ts'
import { journalKey } from './keys.ts'
import type { NetworkConstants } from './network.ts'
import { pageWrite } from './pages.ts'
import { wholeItem } from './values.ts'

export function journalStore(table: Table, constants: () => Promise<NetworkConstants>): JournalStore {
  return {
    async read(id) {
      const item = await table.get(journalKey(id))
      return item && decode<JournalEntry>(bytesOf(item, 'd'))
    },
    async commit(entry, pages) {
      const { partitions } = await constants()
      const refused = await table.transact([
        { put: journalItem(entry), when: { expression: NOT_THERE } },
        ...pages.map((page) => pageWrite(page, partitions)),
      ])
      return refused.length === 0
    },
  }
}

/** Account and moment stand beside the value, for an index that lists an account's entries. */
function journalItem(entry: JournalEntry) {
  const [account] = entry.postings.flatMap(({ from, to }) => [from, to]).filter((name) => name !== EXTERNAL)
  return wholeItem(journalKey(entry.id), entry, {
    ...(account !== undefined && { account: textValue(account) }),
    at: numberValue(entry.at),
  })
}
