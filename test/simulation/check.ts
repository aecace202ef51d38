import { readBooks } from './checks/books.ts'
import { wronglyCounted } from './checks/counted.ts'
import { lostMoney } from './checks/money.ts'
import { wronglySettled } from './checks/resettled.ts'
import type { Scenario } from './scenario.ts'
import type { Simulation } from './simulation.ts'

/** All that is wrong with what a run left, a line each. */
export async function wrongIn(sim: Simulation, { phases }: Scenario): Promise<string[]> {
  const books = await readBooks(sim)
  const messages = phases.flatMap((phase) => phase.messages)
  return [...wronglyCounted(books, messages), ...(await wronglySettled(books)), ...lostMoney(books)]
}
