import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Payout } from '../../../shared/domain/payout/payout.ts'
import type { RecordKind } from '../../../shared/ledger/ports.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { ACCOUNTS, DAY_MS, World } from './world.ts'

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await engine.stop()
})

/** One thing that somebody does. Whether it is refused is the network's business; what holds after it is the model's. */
class Act implements fc.AsyncCommand<object, World> {
  private readonly name: string
  private readonly act: (world: World) => Promise<unknown>

  constructor(name: string, act: (world: World) => Promise<unknown>) {
    this.name = name
    this.act = act
  }
  check(): boolean {
    return true
  }
  async run(_: object, world: World): Promise<void> {
    await this.act(world)
    await world.check()
  }
  toString(): string {
    return this.name
  }
}

const account = fc.constantFrom(...ACCOUNTS)
const amount = fc.bigInt({ min: 1n, max: 2_000n })
const pick = fc.nat(20)
const of = (world: World, kind: RecordKind, at: number): string => {
  const ids = world.ids[kind]
  return ids[at % Math.max(1, ids.length)] ?? 'nothing-yet'
}

/** An act for each combination of what it needs. */
function acts<Given extends unknown[]>(
  name: string,
  given: { [K in keyof Given]: fc.Arbitrary<Given[K]> },
  act: (world: World, ...given: Given) => Promise<unknown>,
): fc.Arbitrary<Act> {
  return fc.tuple(...given).map((chosen) => {
    const values = chosen as Given
    return new Act(`${name}(${values.map(String).join(', ')})`, (world) => act(world, ...values))
  })
}

/** Remembers what a request made. */
async function made(world: World, kind: RecordKind, answer: Promise<Record<string, string> | undefined>) {
  const id = (await answer)?.id
  if (id !== undefined && !world.ids[kind].includes(id)) world.ids[kind].push(id)
}

const RESOURCES = ['storage', 'cpu-hour', 'dataset', 'model'] as const
const STEPS = ['fulfil', 'cancel', 'dispute', 'usage', 'refund', 'uses', 'resolve'] as const
const BODIES: Partial<Record<(typeof STEPS)[number], unknown>> = {
  dispute: { reason: 'not as ordered' },
  usage: { seconds: 1_800 },
  refund: {},
  resolve: { capture: '3' },
}

const COMMANDS = [
  acts('deposit', [account, amount], (world, to, much) => world.deposit(to, much)),
  acts('transfer', [account, account, amount], (world, from, to, much) =>
    from === to
      ? Promise.resolve()
      : world.ask('transfers', 'POST /accounts/{account}/transfers', from, {
          body: { to, amount: String(much) },
        }),
  ),
  acts('stake', [account, amount, fc.constantFrom(0, 3_600, 200_000)], (world, who, much, lockSeconds) =>
    world.ask('stakes', 'POST /accounts/{account}/stakes', who, {
      body: { amount: String(much), lockSeconds, lot: 'lot' },
    }),
  ),
  acts('unstake', [account, fc.option(amount)], (world, who, much) =>
    world.ask('stakes', 'POST /accounts/{account}/stakes/{lot}/unstake', who, {
      path: { lot: 'lot' },
      body: much === null ? {} : { amount: String(much) },
    }),
  ),
  acts('slash', [account, fc.bigInt({ min: 1n, max: 50n })], (world, who, much) =>
    world.ask('stakes', 'POST /accounts/{account}/slashes', 'operator', {
      path: { account: who },
      body: { lot: 'lot', amount: String(much), reason: 'was away' },
    }),
  ),
  acts(
    'offer',
    [
      account,
      fc.constantFrom(...RESOURCES),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 60 }),
    ],
    (world, who, resource, quantity, price) => {
      const id = `${who}-${resource}`
      const body = { resource, cluster: 'eu', quantity: String(quantity), price: String(price) }
      const answer = world.ask('offers', 'PUT /offers/{id}', who, { path: { id }, body })
      return made(world, 'OFFER', answer)
    },
  ),
  acts(
    'quote',
    [account, fc.integer({ min: 1, max: 15 }), fc.constantFrom(3_600, 40_000, 200_000)],
    (world, who, quantity, seconds) =>
      made(
        world,
        'QUOTE',
        world.ask('bookings', 'POST /quotes', who, {
          body: { resource: 'storage', cluster: 'eu', quantity: String(quantity), seconds },
        }),
      ),
  ),
  acts('accept', [account, pick], (world, who, at) =>
    made(
      world,
      'BOOKING',
      world.ask('bookings', 'POST /quotes/{id}/accept', who, { path: { id: of(world, 'QUOTE', at) } }),
    ),
  ),
  acts('end', [account, pick], (world, who, at) =>
    world.ask('bookings', 'POST /bookings/{id}/end', who, { path: { id: of(world, 'BOOKING', at) } }),
  ),
  acts('order', [account, pick, fc.integer({ min: 1, max: 5 })], async (world, who, at, quantity) => {
    const offer = of(world, 'OFFER', at)
    const lasting = offer.endsWith('model') ? { seconds: 100_000 } : {}
    const body = { offer, quantity: String(quantity), fulfilWithinSeconds: 90_000, ...lasting }
    await made(world, 'ORDER', world.ask('orders', 'POST /orders', who, { body }))
  }),
  acts('step', [account, pick, fc.constantFrom(...STEPS)], (world, who, at, step) =>
    world.ask('orders', `POST /orders/{id}/${step}`, step === 'resolve' ? 'operator' : who, {
      path: { id: of(world, 'ORDER', at) },
      ...(step in BODIES && { body: BODIES[step] }),
    }),
  ),
  acts('payout', [account, fc.option(amount)], (world, who, much) =>
    made(
      world,
      'PAYOUT',
      world.ask('payouts', 'POST /accounts/{account}/payouts', who, {
        body: { amount: much === null ? 'all' : String(much) },
      }),
    ),
  ),
  acts('cancel payout', [account, pick], (world, who, at) =>
    world.ask('payouts', 'POST /payouts/{id}/cancel', who, { path: { id: of(world, 'PAYOUT', at) } }),
  ),
  acts('release payouts', [], (world) => world.releasePayouts()),
  acts('payout ended', [pick, fc.constantFrom('PayoutConfirmed', 'PayoutFailed')], (world, at, how) =>
    world.ids.PAYOUT.length === 0
      ? Promise.resolve()
      : world.endPayout(of(world, 'PAYOUT', at), how as 'PayoutConfirmed'),
  ),
  acts('pass', [fc.constantFrom(60_000, 1_000_000, 4_000_000, DAY_MS, 3 * DAY_MS)], (world, ms) =>
    world.pass(ms),
  ),
]

/** Time passes, payouts come to their end, and everybody is looked at once: whatever was held must be over. */
async function toTheEnd(world: World): Promise<void> {
  await world.pass(2 * DAY_MS)
  await world.releasePayouts()
  for (const id of world.ids.PAYOUT) {
    const { state } = (await world.read<Payout>('PAYOUT', id)) as Payout
    if (state === 'RELEASED') await world.endPayout(id, 'PayoutFailed')
  }
  await world.pass(40 * DAY_MS)
  for (const who of ACCOUNTS) await world.deposit(who, 1n)
  await world.check()
  for (const { account, holds, outbox, pending } of await world.states())
    expect({ account, holds, outbox, pending }).toEqual({ account, holds: [], outbox: [], pending: [] })
}

describe('whatever accounts do, in any order', () => {
  it('nothing is below zero, no unit is sold twice, nothing is lost or made, every hold ends', async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(COMMANDS, { maxCommands: 60, size: 'max' }), async (commands) => {
        const world = await World.open(await engine.another())
        for (const who of ACCOUNTS) await world.deposit(who, 5_000n)
        await fc.asyncModelRun(() => ({ model: {}, real: world }), commands)
        await world.audit()
        await toTheEnd(world)
        await world.audit()
      }),
      { numRuns: Number(process.env.MODEL_RUNS ?? 12), endOnFailure: false },
    )
  }, 300_000)
})
