import { ExchequerError } from '../domain/errors.ts'
import type { OpeningStore, StoredPolicy } from '../settlement/ports.ts'
import { clockItem, UNSET_CLOCK } from './clock.ts'
import type { Table } from './dynamo.ts'
import { fenceItem, fences } from './fence.ts'
import { policyKey, stateKey } from './keys.ts'
import { pageItem, pageKey } from './pages.ts'
import { inParallel } from './parallel.ts'
import { policyItem, policyOf } from './policies.ts'
import { stateItem } from './state.ts'
import { systemItem } from './system.ts'

/**
 * Writes what a network begins with, each item once and STATE last: nothing works before STATE is there, so this
 * may stop anywhere and run again, or run twice at a time. Throws `OpeningConflict` where another policy has begun
 * to open the network.
 */
export function openingStore(table: Table): OpeningStore {
  return {
    async open({ policy, pages, system, state }) {
      if (await table.get(stateKey)) return
      await writePolicy(table, policy)
      await inParallel(pages, (page) => table.putOnce(pageItem(pageKey(page.page, state.partitions), page)))
      await table.putOnce(systemItem(system))
      await table.putOnce(clockItem(UNSET_CLOCK))
      await inParallel(fences, (fence) => table.putOnce(fenceItem(fence, state.openEra)))
      await table.putOnce(stateItem(state))
    },
  }
}

/** The policy is first, because everything after it follows from it. */
async function writePolicy(table: Table, policy: StoredPolicy): Promise<void> {
  if (await table.putOnce(policyItem(policy))) return
  const item = await table.get(policyKey(policy.version))
  const stored = item && policyOf(item)
  if (stored?.hash === policy.hash) return
  throw new ExchequerError(
    'OpeningConflict',
    `the network was begun with policy ${stored?.hash} and cannot go on with ${policy.hash}: open it with the first, or with an empty table`,
  )
}
