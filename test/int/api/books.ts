import { PARTITIONS, partitionOfPage } from '../../../shared/domain/account.ts'
import { applyStatement } from '../../../shared/domain/apply.ts'
import { parsePolicy } from '../../../shared/domain/policy/policy.ts'
import { systemAfter } from '../../../shared/domain/sealing.ts'
import type { SettledEra } from '../../../shared/domain/settle.ts'
import { simulate } from '../../../shared/domain/simulate.ts'
import { openNetwork } from '../../../shared/settlement/open.ts'
import type { Store } from '../../../shared/store/table.ts'
import { HOUR, ORIGIN, policyJson, sampleEvents } from '../../unit/api/settled-network.ts'

/** Writes a settled network into the real table, with the store's own commits. */

export async function openBooks(store: Store): Promise<void> {
  await openNetwork(store, policyJson, ORIGIN)
}

/** Settles eras 0, 1 and 2 in memory and commits them; the clock is advanced to the end of era 2. */
export async function settleBooks(store: Store): Promise<SettledEra[]> {
  const until = ORIGIN + 3 * HOUR
  const { eras } = await simulate(parsePolicy(policyJson), policyJson, sampleEvents, until)
  await store.clock.advance(until)
  for (const settled of eras) await commitEra(store, settled)
  return eras
}

async function commitEra(store: Store, { plan, statements, seal }: SettledEra): Promise<void> {
  await store.state.close(plan.era - 1, plan.era, 0)
  await store.plans.commit(plan)
  for (const statement of statements) {
    await store.statements.commit(partitionOfPage(statement.page, PARTITIONS), statement)
    await store.pages.replace(applyStatement(await store.pages.read(statement.page), statement))
  }
  await store.seals.commit(seal, systemAfter(plan, seal))
}
