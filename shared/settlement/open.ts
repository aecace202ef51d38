import { PARTITIONS } from '../domain/account.ts'
import { openingBooks } from '../domain/genesis.ts'
import { parsePolicy, policyHash } from '../domain/policy/policy.ts'
import { SHARDS } from '../domain/settle.ts'
import type { SettlementStore } from './ports.ts'

/** Opens the books of a new network: policy version 1, its genesis, and the state before era 0. Idempotent. */
export async function openNetwork(
  store: Pick<SettlementStore, 'opening'>,
  policyJson: unknown,
  wallNow: number,
): Promise<void> {
  const policy = parsePolicy(policyJson)
  const { system, pages } = openingBooks(policy)
  const version = 1
  await store.opening.open({
    state: {
      openEra: 0,
      closedThrough: -1,
      sealedThrough: -1,
      policyVersion: version,
      shards: SHARDS,
      partitions: PARTITIONS,
      closedAt: wallNow,
    },
    system,
    policy: { version, effectiveFrom: 0, hash: policyHash(policyJson), json: policyJson, policy },
    pages,
  })
}
