import { randomUUID } from 'node:crypto'
import { type contracts, EVENT_NAMES } from '../../shared/events/contracts.ts'
import type { Random } from '../differential/random.ts'
import { message } from '../support/intake.ts'
import { hostileValue, mutate, spoil, TEXTS, textOf } from './hostile.ts'
import { ACCOUNTS, type World } from './world.ts'

/** Messages as the bus makes them: well formed, then spoiled. */

export interface Sent {
  id: string
  body: string
}

type Draw = (world: World, random: Random) => Record<string, unknown>

const account = (random: Random): string => random.pick(ACCOUNTS)
const amount = (random: Random): string => String(random.int(1, 5_000))

/** What each kind of event says beside id and moment. A kind without one does not compile. */
const DATA: Record<keyof typeof contracts, Draw> = {
  FeeCharged: (_, random) => ({
    kind: 'fee',
    amount: random.chance(0.1) ? '2000000000000' : amount(random),
    payer: account(random),
  }),
  CostIncurred: (_, random) => ({
    kind: 'cost',
    amount: amount(random),
    payer: account(random),
    details: { a: [1, 'x'] },
  }),
  MetricReported: (_, random) => ({ account: account(random), metric: 'work', value: amount(random) }),
  StakeReported: (_, random) => ({
    account: account(random),
    amount: amount(random),
    lockSeconds: random.int(0, 9_000),
  }),
  ParticipantChanged: (_, random) => ({
    account: account(random),
    group: 'providers',
    status: random.pick(['active', 'suspended', 'left']),
  }),
  ObligationDue: (_, random) => ({
    account: account(random),
    obligation: 'utilisation',
    amount: amount(random),
  }),
  SpreadEnded: (_, random) => ({ event: 'FeeCharged', spreadId: `event-${random.int(0, 500)}` }),
  TokensDeposited: (_, random) => ({ account: account(random), amount: amount(random) }),
  RatePublished: (_, random) => ({ asset: 'USDC', numerator: '1', denominator: String(random.int(1, 3)) }),
  PayoutConfirmed: ({ known }, random) => ({
    payoutId: known.payout.length > 0 ? random.pick(known.payout) : 'none',
  }),
  PayoutFailed: ({ known }, random) => ({
    payoutId: known.payout.length > 0 ? random.pick(known.payout) : 'none',
  }),
}

/** Draws a message, and says of which kind of event. */
export function drawMessage(world: World, random: Random): Sent & { name: string } {
  const name = random.pick(EVENT_NAMES)
  const occurredAt = new Date(world.nowMs - random.pick([0, 0, 0, 3_600_000, 90_000_000])).toISOString()
  const one = () => ({ id: `event-${random.int(0, 50_000)}`, occurredAt, ...DATA[name](world, random) })
  const data = random.chance(0.7) ? one() : Array.from({ length: random.int(1, 5) }, one)
  const sent = message(name, data)
  const id = randomUUID()
  return { id, name, body: random.chance(0.4) ? sent.body : spoiled(sent.body, random) }
}

function spoiled(body: string, random: Random): string {
  const envelope = JSON.parse(body)
  switch (random.int(0, 7)) {
    case 0:
      return spoil(random, body)
    case 1:
      return textOf(mutate(random, envelope))
    case 2:
      return textOf({ ...envelope, source: random.pick(TEXTS) })
    case 3:
      return textOf({ ...envelope, 'detail-type': random.pick(TEXTS) })
    case 4:
      return textOf({ ...envelope, detail: { ...envelope.detail, data: hostileValue(random) } })
    default: {
      const data = Array.isArray(envelope.detail.data)
        ? envelope.detail.data.map((one: unknown) => (random.chance(0.5) ? mutate(random, one) : one))
        : mutate(random, envelope.detail.data)
      return textOf({ ...envelope, detail: { ...envelope.detail, data } })
    }
  }
}
