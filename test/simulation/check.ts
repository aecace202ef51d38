import { audit } from '../../infra/cli/audit/audit.ts'
import { describeFinding } from '../../infra/cli/audit/finding.ts'
import type { Item } from '../../shared/store/attributes.ts'
import { wronglyCounted } from './counted.ts'
import { wronglyRefused } from './refused.ts'
import type { Simulation } from './simulation.ts'
import { wronglyTold } from './told.ts'

/** All that is wrong with what a run left, a line each: what the audit finds in the table, and what only who sent it knows. */
export async function wrongIn(sim: Simulation): Promise<string[]> {
  const { findings } = await audit(itemsOf(sim))
  return [
    ...findings.map(describeFinding),
    ...(await wronglyCounted(sim)),
    ...(await wronglyRefused(sim)),
    ...wronglyTold(sim),
  ]
}

async function* itemsOf({ database }: Simulation): AsyncGenerator<Item> {
  for (const { item } of database.history()) yield item
}
