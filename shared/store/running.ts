import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { RunningTotals } from '../api/ports.ts'
import type { RunningStore } from '../ingest/ports.ts'
import { type Item, numberOf, numberValue } from './attributes.ts'
import type { Table } from './dynamo.ts'
import { runningKey } from './keys.ts'

/** Attributes are `income#<kind>#count` and `...#amount`: a kind has no "#". A sum above 38 digits is refused. */
export function runningStore(table: Table): RunningStore {
  return {
    async add(era, counts) {
      const sets: string[] = []
      const names: Record<string, string> = {}
      const values: Record<string, AttributeValue> = {}
      const add = (attribute: string, value: number | bigint): void => {
        const at = sets.length
        names[`#${at}`] = attribute
        values[`:${at}`] = numberValue(value)
        sets.push(`#${at} :${at}`)
      }
      for (const side of ['income', 'costs'] as const) {
        for (const [kind, { count, amount }] of counts[side]) {
          add(`${side}#${kind}#count`, count)
          add(`${side}#${kind}#amount`, amount)
        }
      }
      if (sets.length === 0) return
      await table.update(runningKey(era), { set: `ADD ${sets.join(', ')}`, names, values })
    },
  }
}

export function runningOf(item: Item): RunningTotals {
  const totals: RunningTotals = { income: {}, costs: {} }
  for (const attribute of Object.keys(item)) {
    const [side, kind, what] = attribute.split('#')
    if ((side !== 'income' && side !== 'costs') || !kind || what !== 'count') continue
    const amount = BigInt(item[`${side}#${kind}#amount`]?.N ?? '0')
    totals[side][kind] = { count: numberOf(item, attribute), amount }
  }
  return totals
}
