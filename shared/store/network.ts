import { ExchequerError } from '../domain/errors.ts'
import type { NetworkState } from '../settlement/ports.ts'
import type { Table } from './dynamo.ts'
import { stateKey } from './keys.ts'
import { stateOf } from './state.ts'

/** What never changes once a network is open. */
export type NetworkConstants = Pick<NetworkState, 'shards' | 'partitions'>

/** Read once and then kept. Throws `NetworkNotOpen` as long as there is no network. */
export function constantsOf(table: Table): () => Promise<NetworkConstants> {
  let constants: NetworkConstants | undefined
  return async () => {
    if (constants) return constants
    const item = await table.get(stateKey)
    if (!item)
      throw new ExchequerError('NetworkNotOpen', 'the network is not open yet: its first tick opens it')
    const { shards, partitions } = stateOf(item)
    constants = { shards, partitions }
    return constants
  }
}
