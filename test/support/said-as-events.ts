import { eraEnd, eraStart, formatMoment } from '../../shared/domain/calendar.ts'
import type { Spread } from '../../shared/domain/event.ts'
import type { Policy } from '../../shared/domain/policy/schema.ts'
import type { JournalEntry } from '../../shared/ledger/ports.ts'
import type { Sent } from '../differential/naive.ts'

/** A fee of this kind goes to `@insurance` and nowhere else: what is slashed, said as an event. */
export const PENALTY = { penalty: { admit: '0%', restTo: '@insurance' } }

/**
 * The events that say what commands did, for an evaluator that knows events only. Entries of one lot of stake are in
 * order. A fact counts in the era of its label, also where the clock was ahead of it; a spread, and a stake, go by the
 * clock. What an end keeps for the network cannot be said.
 */
export function saidAsEvents(policy: Policy, entries: readonly JournalEntry[]): Sent[] {
  const { calendar } = policy.era
  const sent: Sent[] = []
  const levels = new Map<string, { level: bigint; lockSeconds: number }>()
  const refunds = new Map<string, string>()
  const send = (name: string, occurredAt: number, data: Record<string, unknown>): void => {
    const id = data.id ?? `event-${sent.length.toString().padStart(6, '0')}`
    sent.push({
      'detail-type': name,
      detail: { data: { ...data, id, occurredAt: formatMoment(occurredAt) } },
    })
  }
  for (const { moves, era, networkAt } of entries) {
    const counted = Math.min(Math.max(networkAt, eraStart(calendar, era)), eraEnd(calendar, era) - 1)
    const report = (account: string, lot: string, change: bigint, lockSeconds?: number): void => {
      const before = levels.get(`${account} ${lot}`) ?? { level: 0n, lockSeconds: 0 }
      const after = { level: before.level + change, lockSeconds: lockSeconds ?? before.lockSeconds }
      levels.set(`${account} ${lot}`, after)
      const { level } = after
      send('StakeReported', networkAt, { account, lot, amount: `${level}`, lockSeconds: after.lockSeconds })
    }
    for (const move of moves) {
      if (move.move === 'charge') {
        const { id, kind, amount, account: payer, spread, refundTo } = move
        send('FeeCharged', counted, { id, kind, amount: `${amount}`, payer, ...said(spread) })
        if (refundTo !== undefined) refunds.set(id, refundTo)
      }
      if (move.move === 'due') {
        const { id, account, obligation, amount, spread } = move
        send('ObligationDue', counted, {
          id: `${account} ${id}`,
          account,
          obligation,
          amount: `${amount}`,
          ...said(spread),
        })
      }
      if (move.move === 'end' && move.of === 'Charge') {
        const refundTo = move.refundTo ?? refunds.get(move.id)
        send('SpreadEnded', move.at, {
          event: 'FeeCharged',
          spreadId: move.id,
          ...(refundTo !== undefined && { refundTo }),
        })
      }
      if (move.move === 'end' && move.of === 'Due')
        send('SpreadEnded', move.at, { event: 'ObligationDue', spreadId: `${move.account} ${move.id}` })
      if (move.move === 'stake') report(move.account, move.lot, move.amount, move.lockSeconds)
      if (move.move === 'unstake') report(move.account, move.lot, -(move.amount ?? 0n))
      if (move.move === 'slash') {
        const { level = 0n } = levels.get(`${move.account} ${move.lot}`) ?? {}
        report(move.account, move.lot, move.amount < level ? -move.amount : -level)
        send('FeeCharged', counted, { kind: 'penalty', amount: `${move.amount}` })
      }
    }
  }
  return sent
}

function said(spread: Spread | undefined) {
  return spread ? { spread: { from: formatMoment(spread.from), to: formatMoment(spread.to) } } : {}
}
