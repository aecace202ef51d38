import type { Seal } from '../domain/seal.ts'
import { required } from './network.ts'
import type { Executions, SettlementStore } from './ports.ts'
import { startNext } from './tick.ts'

/** Where the network says what it has done. */
export interface Announcer {
  put(detailType: 'EraSealed' | 'EraHeld', detail: object): Promise<void>
}

export interface PublishDeps {
  store: SettlementStore
  bus: Announcer
  executions: Executions
}

/** Says on the bus that an era is sealed, and starts the next one if it is closed. Listeners may hear it twice. */
export async function publishEra(
  { store, bus, executions }: PublishDeps,
  { era }: { era: number },
): Promise<Pick<Seal, 'era' | 'state'>> {
  const seal = required(await store.seals.read(era), `the seal of era ${era}`)
  await bus.put(seal.state === 'HELD' ? 'EraHeld' : 'EraSealed', announcement(seal))
  await startNext({ store, executions })
  return { era: seal.era, state: seal.state }
}

/** Amounts are decimal strings of base units. */
function announcement(seal: Seal): object {
  return {
    era: seal.era,
    through: seal.through,
    state: seal.state,
    income: seal.income.total.toString(),
    cost: seal.cost.total.toString(),
    net: seal.net.toString(),
    credits: seal.credits.total.toString(),
    accounts: seal.credits.accounts,
    policyVersion: seal.policyVersion,
    hash: seal.hash,
    previousHash: seal.previousHash,
  }
}
