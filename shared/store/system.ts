import { ExchequerError } from '../domain/errors.ts'
import type { SystemState } from '../domain/plan.ts'
import type { SystemStore } from '../settlement/ports.ts'
import { bytesOf, type Item, numberValue } from './attributes.ts'
import { decode } from './codec.ts'
import type { Table } from './dynamo.ts'
import { systemKey } from './keys.ts'
import { wholeItem } from './values.ts'

export function systemStore(table: Table): SystemStore {
  return {
    async read() {
      const item = await table.get(systemKey)
      if (item) return decode<SystemState>(bytesOf(item, 'd'))
      throw new ExchequerError('NetworkNotOpen', 'the network is not open yet: its first tick opens it')
    },
  }
}

/** The version stands beside the value too, where a condition can read it. */
export function systemItem(system: SystemState): Item {
  return wholeItem(systemKey, system, { version: numberValue(system.version) })
}
