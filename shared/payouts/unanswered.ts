import type { Payout } from '../domain/payout/payout.ts'
import type { PostDeps } from '../ledger/post.ts'
import { momentOf } from '../ledger/time.ts'
import { TOLD_PAYOUTS } from './records.ts'

/**
 * For how long the oldest payout that the bus was told of has been neither confirmed nor failed, ms by the network
 * clock; 0 where none waits. Eventually consistent.
 */
export async function unansweredMs({ store, now }: PostDeps): Promise<number> {
  if (!(await store.state.read())) return 0
  const query = { kind: 'PAYOUT', list: TOLD_PAYOUTS, limit: 1 } as const
  const [oldest] = (await store.records.list<Payout>('byPlace', query)).records
  if (!oldest) return 0
  const { at } = await momentOf(store, now())
  return Math.max(0, at - (oldest.value.announcedAt ?? at))
}
