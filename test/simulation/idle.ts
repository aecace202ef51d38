import { parsePolicy } from '../../shared/domain/policy/policy.ts'
import { DUE_PAYOUTS, DUE_PREFERENCES } from '../../shared/payouts/records.ts'
import { dueEras } from '../../shared/settlement/clock.ts'
import { keyItem } from '../../shared/store/attributes.ts'
import { clockOf, UNSET_CLOCK } from '../../shared/store/clock.ts'
import { clockKey, stateKey } from '../../shared/store/keys.ts'
import { stateOf } from '../../shared/store/state.ts'
import type { Database } from './database/database.ts'

/** What is waited for by whoever comes every minute. */
const WAITS_IN: Record<string, string> = {
  'payouts/request': DUE_PREFERENCES,
  'payouts/release': DUE_PAYOUTS,
}

/** Says of a function whether it would find nothing to do just now. Most of what comes every minute does. */
export function findsNothing(
  database: Database,
  policyJson: unknown,
  now: () => number,
): (entry: string, event: unknown) => boolean {
  const policy = parsePolicy(policyJson)
  const read = (key: typeof stateKey) =>
    database.get({ TableName: database.options.tableName, Key: keyItem(key) }).Item
  return (entry, event) => {
    const list = WAITS_IN[entry]
    if (list) return !database.isListed('byPlace', list)
    if (entry !== 'settlement/tick' || Object.keys(event as object).length > 0) return false
    const [state, clock] = [read(stateKey), read(clockKey)]
    if (!state) return false
    const { closedThrough, sealedThrough } = stateOf(state)
    const { through, passed } = dueEras(policy, clock ? clockOf(clock) : UNSET_CLOCK, closedThrough, now())
    return sealedThrough === closedThrough && through === closedThrough && passed.length === 0
  }
}
