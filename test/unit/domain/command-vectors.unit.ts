import { describe, expect, it } from 'vitest'
import { eraAt } from '../../../shared/domain/calendar.ts'
import { type Event, isCommandName, positionOf } from '../../../shared/domain/event.ts'
import type { Move } from '../../../shared/domain/moves.ts'
import { parsePolicy } from '../../../shared/domain/policy/policy.ts'
import { eraResult } from '../../../shared/domain/simulate.ts'
import { Acting } from '../../support/acting.ts'
import { readSent } from '../../support/events.ts'
import { charging, deposit, owing } from '../../support/moves.ts'
import { type Vector, vectors } from '../../support/vectors.ts'

const DAY_MS = 86_400_000
const MONTH = { from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 0, 1) + 30 * DAY_MS }

/** The command that says the same as an event; undefined where none does. */
function commandOf(event: Event, spread: { from: number; to: number } | undefined): Move[] | undefined {
  const over = spread ?? ('spread' in event ? event.spread : undefined)
  const rest = over && { spread: over }
  if (event.name === 'ObligationDue')
    return [owing(event.account, event.id, event.amount, { obligation: event.obligation, ...rest })]
  if (event.name !== 'FeeCharged') return undefined
  const { payer = 'builder', id, kind, amount } = event
  return [deposit(payer, amount), ...charging(payer, id, amount, { kind, ...rest })]
}

/** Settles a vector whose fees and dues come as commands, each in its era, and everything else as events. */
async function settleByCommands({ policy, events, expected }: Vector, spread?: { from: number; to: number }) {
  const { calendar } = parsePolicy(policy).era
  const acting = new Acting(policy)
  const sent = events.flatMap(readSent).filter((event): event is Event => !isCommandName(event.name))
  for (let era = 0; era < expected.length; era += 1) {
    const own = sent.filter((event) => eraAt(calendar, positionOf(event, calendar)) === era)
    const commands = own.map((event) => commandOf(event, spread))
    for (const moves of commands) if (moves) acting.act(moves)
    await acting.end(own.filter((_, index) => commands[index] === undefined))
  }
  return acting
}

const vector = (name: string): Vector => {
  const found = vectors().find((one) => one.name === name)
  if (!found) throw new Error(`no vector is called ${name}`)
  return found
}

describe('a worked example of InfiniteAI whose booking is made by commands', () => {
  it.each(['infinite-distribution', 'infinite-ratable'])(
    '%s comes to what its events come to',
    async (name) => {
      const acting = await settleByCommands(vector(name))
      expect(acting.settled.map(eraResult)).toEqual(vector(name).expected)
      expect(acting.accounts.every(({ outbox }) => outbox.length === 0)).toBe(true)
    },
  )

  it('1,000 TB for 30 days: of 3,500 providers are paid their 2,800 out of the reserve, the treasury has its 350', async () => {
    const acting = await settleByCommands(vector('infinite-distribution'), MONTH)
    const [era] = acting.settled.map(eraResult)
    const unit = 10n ** 18n
    expect(era).toEqual(vector('infinite-distribution').expected[0])
    expect(era?.lines.rewards?.['hp-utilisation']).toBe((2_800n * unit).toString())
    expect(era?.system).toEqual({ '@protocol-treasury': (350n * unit).toString() })
    expect(acting.settled[0]?.seal.income.kinds.access_requirement).toMatchObject({
      charged: 3_500n * unit,
      deferred: 3_500n * unit,
      recognised: 3_500n * unit,
    })
  })
})
