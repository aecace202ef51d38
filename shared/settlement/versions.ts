import { stateOf } from './network.ts'
import type { PolicyStore, StateStore, StoredPolicy } from './ports.ts'

/** The policy version that rules an era, and the last era it rules as far as versions are stored. */
export interface RulingPolicy extends StoredPolicy {
  /** Infinity when no later version waits. */
  through: number
}

/**
 * The version that rules `era` and all that follow it, ascending. Versions are numbered without gaps, each is
 * effective from a later era than the one before, and none ever changes.
 */
export async function versionsFrom(
  read: PolicyStore['read'],
  newest: number,
  era: number,
): Promise<[StoredPolicy, ...StoredPolicy[]]> {
  const later: StoredPolicy[] = []
  let stored = await read(newest)
  while (stored.effectiveFrom > era) {
    later.unshift(stored)
    stored = await read(stored.version - 1)
  }
  return [stored, ...later]
}

/**
 * The version that rules `era`. Every step of a settlement finds the same one: what rules an era is fixed before the
 * era is open, for a version is stored only while STATE says that its first era is still to come.
 */
export async function policyOf(
  store: { state: Pick<StateStore, 'read'>; policies: PolicyStore },
  era: number,
): Promise<RulingPolicy> {
  const { policyVersion } = await stateOf(store)
  const [ruling, next] = await versionsFrom((version) => store.policies.read(version), policyVersion, era)
  return { ...ruling, through: next ? next.effectiveFrom - 1 : Number.POSITIVE_INFINITY }
}

/**
 * Whether `era` is the first that a later version rules. Such an era is settled in full even where it counted
 * nothing: debts that the version before had no line for may be paid again from now on.
 */
export function beginsVersion({ effectiveFrom }: StoredPolicy, era: number): boolean {
  return era > 0 && effectiveFrom === era
}
