import type { Quarantined, QuarantineStore } from '../ingest/ports.ts'
import { type Item, textOf, textValue } from './attributes.ts'
import type { Table } from './dynamo.ts'
import { QUARANTINE, quarantineKey } from './keys.ts'
import { inParallel } from './parallel.ts'
import { type NewId, storedValue, valueItem } from './values.ts'

type QuarantineRecord = Omit<Quarantined, 'status'>

export function quarantineStore(table: Table, newId: NewId): QuarantineStore {
  return {
    async put(quarantined) {
      const items = await inParallel(quarantined, (one) => quarantineItem(table, newId, one).catch(asError))
      const ready = items.filter((item): item is Item => !(item instanceof Error))
      const errors = (await table.putEach(ready)).values()
      return items.map((item) => (item instanceof Error ? item : errors.next().value))
    },
    read(ids) {
      return inParallel(ids, async (id) => {
        const item = await table.get(quarantineKey(id))
        return item && quarantinedOf(table, item)
      })
    },
    async waiting({ after, limit }) {
      const found: Quarantined[] = []
      for await (const item of table.query({ pk: QUARANTINE, after })) {
        if (found.length === limit) break
        if (textOf(item, 'status') === 'waiting') found.push(await quarantinedOf(table, item))
      }
      return found
    },
    async markReplayed(ids) {
      await inParallel(ids, (id) =>
        table.update(quarantineKey(id), {
          set: 'SET #status = :replayed',
          expression: 'attribute_exists(pk)',
          names: { '#status': 'status' },
          values: { ':replayed': textValue('replayed') },
        }),
      )
    },
  }
}

/** The rule stands beside the value, for whoever looks at the table itself. */
function quarantineItem(table: Table, newId: NewId, { status, ...record }: Quarantined): Promise<Item> {
  const more = { status: textValue(status), rule: textValue(record.rule) }
  return valueItem(table, newId, quarantineKey(record.id), record satisfies QuarantineRecord, more)
}

export async function quarantinedOf(table: Table, item: Item): Promise<Quarantined> {
  const record = await storedValue<QuarantineRecord>(table, item)
  return { ...record, status: textOf(item, 'status') as Quarantined['status'] }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
