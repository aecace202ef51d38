import { givenBack, spent } from '../domain/payout/inventory.ts'
import { ended, movesOf, type Payout } from '../domain/payout/payout.ts'
import type { LedgerStore, RecordWrite } from '../ledger/ports.ts'
import type { Change } from '../ledger/post.ts'
import { inventoryWrite, payoutWrite, readInventory, readPayout } from './records.ts'

/**
 * What ends a payout: its hold is captured or released, and what it reserved of another asset is spent or given back.
 * The answer is the payout as it is then. Throws `UnknownPayout`, `PayoutState`, `PayoutFixed`.
 */
export async function end(
  store: LedgerStore,
  { at }: { at: number },
  id: string,
  how: 'CONFIRMED' | 'FAILED' | 'CANCELLED',
): Promise<Change & { answer: Payout }> {
  const { value, version } = await readPayout(store, id)
  const payout = ended(value, how, at)
  const records: RecordWrite[] = [payoutWrite(payout, version)]
  if (payout.exchange) {
    const inventory = await readInventory(store, payout.asset)
    const after = (how === 'CONFIRMED' ? spent : givenBack)(inventory.value, payout.out)
    records.push(inventoryWrite(after, inventory.version))
  }
  return { moves: movesOf(payout), records, answer: payout }
}
