import type { ListIndex, RecordKind, RecordStore, RecordWrite, StoredRecord } from '../ledger/ports.ts'
import { bytesOf, type Item, keyItem, numberOf, numberValue, textOf, textValue } from './attributes.ts'
import { decode } from './codec.ts'
import { INDEXES, NOT_THERE, type Table, type Write } from './dynamo.ts'
import { invalidCursor } from './invalid-cursor.ts'
import { recordKey } from './keys.ts'
import { wholeItem } from './values.ts'

export function recordStore(table: Table): RecordStore {
  const read = async <T>(kind: RecordKind, id: string) => {
    const item = await table.get(recordKey(kind, id))
    return item && recordOf<T>(item)
  }
  return {
    read,
    async readAll<T>(kind: RecordKind, ids: readonly string[]) {
      const keys = [...new Set(ids)].map((id) => recordKey(kind, id))
      const found = await table.findAll(keys)
      return found.flatMap((item) => (item ? [recordOf<T>(item)] : []))
    },
    async list<T>(index: ListIndex, { kind, cursor, limit, ...query }: Parameters<RecordStore['list']>[1]) {
      const start = cursor === undefined ? undefined : startOf(index, kind, query.list, cursor)
      const items: Item[] = []
      for await (const item of table.queryIndex({ index, ...query, limit: limit + 1, start }))
        items.push(item)
      const shown = items.slice(0, limit)
      const last = shown.at(-1)
      return {
        records: shown.map((item) => recordOf<T>(item)),
        ...(items.length > limit && last && { next: cursorOf(index, last) }),
      }
    },
  }
}

/** The write of a record that was changed: only while the stored one has the version that was read. */
export function recordWrite({ kind, id, version, value, owner, place }: RecordWrite): Write {
  const listed = (index: ListIndex, at: RecordWrite['owner']): Item =>
    at ? { [INDEXES[index].key]: textValue(at.list), [INDEXES[index].place]: textValue(at.place) } : {}
  const put = wholeItem(recordKey(kind, id), value, {
    id: textValue(id),
    version: numberValue(version + 1),
    ...listed('byOwner', owner),
    ...listed('byPlace', place),
  })
  if (version === 0) return { put, when: { expression: NOT_THERE } }
  return { put, when: { expression: 'version = :before', values: { ':before': numberValue(version) } } }
}

function recordOf<T>(item: Item): StoredRecord<T> {
  return { id: textOf(item, 'id'), version: numberOf(item, 'version'), value: decode<T>(bytesOf(item, 'd')) }
}

/** Where a list goes on: the place of the last record shown, and its id. */
function cursorOf(index: ListIndex, item: Item): string {
  return JSON.stringify([textOf(item, INDEXES[index].place), textOf(item, 'id')])
}

function startOf(index: ListIndex, kind: RecordKind, list: string, cursor: string): Item {
  const [, place, id] = /^\["([ !#-~]+)","([ !#-~]+)"\]$/.exec(cursor) ?? []
  if (place === undefined || id === undefined) throw invalidCursor(cursor)
  const { key, place: name } = INDEXES[index]
  return { ...keyItem(recordKey(kind, id)), [key]: textValue(list), [name]: textValue(place) }
}
