import type { NetworkState, StateStore } from '../settlement/ports.ts'
import { type Item, keyItem, numberOf, numberValue } from './attributes.ts'
import type { Table } from './dynamo.ts'
import { stateKey } from './keys.ts'

export function stateStore(table: Table): StateStore {
  return {
    async read() {
      const item = await table.get(stateKey)
      return item && stateOf(item)
    },
    close(from, to, closedAt) {
      return table.update(stateKey, {
        set: 'SET closedThrough = :to, openEra = :open, closedAt = :at',
        expression: 'closedThrough = :from',
        values: {
          ':from': numberValue(from),
          ':to': numberValue(to),
          ':open': numberValue(to + 1),
          ':at': numberValue(closedAt),
        },
      })
    },
  }
}

export function stateOf(item: Item): NetworkState {
  return {
    openEra: numberOf(item, 'openEra'),
    closedThrough: numberOf(item, 'closedThrough'),
    sealedThrough: numberOf(item, 'sealedThrough'),
    policyVersion: numberOf(item, 'policyVersion'),
    shards: numberOf(item, 'shards'),
    partitions: numberOf(item, 'partitions'),
    closedAt: numberOf(item, 'closedAt'),
  }
}

export function stateItem(state: NetworkState): Item {
  const attributes = Object.entries(state).map(([name, value]) => [name, numberValue(value)])
  return { ...keyItem(stateKey), ...Object.fromEntries(attributes) }
}
