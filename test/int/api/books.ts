import { PARTITIONS, partitionOfPage } from '../../../shared/domain/account.ts'
import { applyStatement } from '../../../shared/domain/apply.ts'
import { parsePolicy, policyHash } from '../../../shared/domain/policy/policy.ts'
import { sealQuietRange } from '../../../shared/domain/quiet.ts'
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

/** Settles eras 0 to 2 in memory and commits them, then eras 3 to 6 as a range; the clock stands at the end of era 6. */
export async function settleBooks(store: Store): Promise<void> {
  const policy = parsePolicy(policyJson)
  await store.clock.advance(ORIGIN + 7 * HOUR)
  const { eras, network } = await simulate(policy, policyJson, sampleEvents, ORIGIN + 3 * HOUR)
  for (const settled of eras) await commitEra(store, settled)
  const books = { policy, policyVersion: 1, policyHash: policyHash(policyJson), system: network.system }
  const quiet = sealQuietRange(books, 3, 6)
  if (quiet?.seal.through !== 6) throw new Error('the sample is quiet from era 3 to era 6')
  await store.state.close(2, 6, 0)
  await store.seals.commit(quiet.seal, quiet.system)
}

async function commitEra(store: Store, { plan, statements, seal }: SettledEra): Promise<void> {
  await store.state.close(plan.era - 1, plan.era, 0)
  await store.plans.commit(plan)
  for (const statement of statements) {
    await store.statements.commit(partitionOfPage(statement.page, PARTITIONS), statement)
    await store.pages.replace(applyStatement(await store.pages.read(statement.page), statement, false))
  }
  await store.seals.commit(seal, systemAfter(plan, seal))
}
