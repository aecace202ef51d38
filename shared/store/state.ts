import type { NetworkState, StateStore } from '../settlement/ports.ts'
import { type Item, keyItem, numberOf, numberValue } from './attributes.ts'
import type { Table } from './dynamo.ts'
import { fences } from './fence.ts'
import { fenceKey, stateKey } from './keys.ts'

export function stateStore(table: Table): StateStore {
  return {
    async read() {
      const item = await table.get(stateKey)
      return item && stateOf(item)
    },
    async close(from, to, closedAt) {
      const open = numberValue(to + 1)
      const refused = await table.transact([
        {
          update: stateKey,
          how: {
            set: 'SET closedThrough = :to, openEra = :open, closedAt = :at',
            expression: 'closedThrough = :from',
            values: {
              ':from': numberValue(from),
              ':to': numberValue(to),
              ':open': open,
              ':at': numberValue(closedAt),
            },
          },
        },
        ...fences.map((fence) => ({
          update: fenceKey(fence),
          how: { set: 'SET openEra = :open', values: { ':open': open } },
        })),
      ])
      return refused.length === 0
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
