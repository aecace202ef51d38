import { ExchequerError } from '../domain/errors.ts'
import { parsePolicy } from '../domain/policy/policy.ts'
import type { PolicyStore, PolicyWriter, StoredPolicy } from '../settlement/ports.ts'
import { bytesOf, type Item, numberValue } from './attributes.ts'
import { decode } from './codec.ts'
import { NOT_THERE, type Table } from './dynamo.ts'
import { policyKey, stateKey } from './keys.ts'
import { wholeItem } from './values.ts'

/** Kept as the text it was written as: its hash is what a seal names. */
interface PolicyRecord {
  version: number
  effectiveFrom: number
  hash: string
  text: string
}

export interface CachedPolicies extends PolicyStore, PolicyWriter {
  /** Undefined for a version there is none of. */
  find(version: number): Promise<StoredPolicy | undefined>
}

export function policyStore(table: Table): CachedPolicies {
  const kept = new Map<number, StoredPolicy>()
  const find = async (version: number): Promise<StoredPolicy | undefined> => {
    const known = kept.get(version)
    if (known) return known
    const item = await table.get(policyKey(version))
    if (!item) return undefined
    const stored = policyOf(item)
    kept.set(version, stored)
    return stored
  }
  return {
    find,
    async read(version) {
      const stored = await find(version)
      if (stored) return stored
      throw new ExchequerError('PolicyNotFound', `the network has no policy version ${version}`)
    },
    async add(next) {
      const refused = await table.transact([
        { put: policyItem(next), when: { expression: NOT_THERE } },
        {
          update: stateKey,
          how: {
            set: 'SET policyVersion = :next',
            expression: 'policyVersion = :newest AND openEra < :from',
            values: {
              ':next': numberValue(next.version),
              ':newest': numberValue(next.version - 1),
              ':from': numberValue(next.effectiveFrom),
            },
          },
        },
      ])
      return refused.length === 0
    },
  }
}

export function policyItem({ version, effectiveFrom, hash, json }: StoredPolicy): Item {
  return wholeItem(policyKey(version), {
    version,
    effectiveFrom,
    hash,
    text: JSON.stringify(json),
  } satisfies PolicyRecord)
}

export function policyOf(item: Item): StoredPolicy {
  const { text, ...record } = decode<PolicyRecord>(bytesOf(item, 'd'))
  const json: unknown = JSON.parse(text)
  return { ...record, json, policy: parsePolicy(json) }
}
