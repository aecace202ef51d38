import * as orders from '../../../shared/domain/order/transitions.ts'
import { newInventory, supplied } from '../../../shared/domain/payout/inventory.ts'
import { inventoryWrite, preferenceWrite } from '../../../shared/payouts/records.ts'
import type { Item } from '../../../shared/store/attributes.ts'
import type { Engine } from '../../support/engine.ts'
import { charging, stakes, transfer } from '../../support/moves.ts'
import { HOUR_MS, type Json, START_MS } from '../../support/policies.ts'
import { hour, Life } from './life.ts'
import POLICY from './policy.json' with { type: 'json' }

/** The next version: miners get a little more, at most what they spent; what was refused is income; where nobody acts nothing moves. */
function nextPolicy(): Json {
  const { genesis: _, buyback: __, ...rest } = POLICY
  const stages = POLICY.stages.map(({ split, take, ...stage }) => ({
    ...stage,
    ...(take && { take: take.filter(({ id }) => id !== 'fixed') }),
    ...(split && {
      split: split.map((line) =>
        line.id === 'miners' ? { ...line, share: '8%', cap: { metric: 'costPaid' } } : line,
      ),
    }),
  }))
  return { ...rest, version: 2, income: { ...POLICY.income, nonsense: {} }, stages }
}

/** What the damage of a test is done to. */
export interface Lived {
  items: Item[]
  payouts: Record<'waits' | 'released' | 'confirmed' | 'failed' | 'cancelled' | 'exchanged', string>
  /** An order that waits, one that was fulfilled, and one whose time is over. */
  orders: Record<'waits' | 'fulfilled' | 'over', string>
  quotes: Record<'booked' | 'waits', string>
}

/**
 * Everything that the books know has happened: late, repeated and contradicting events, quarantine, spreads that run
 * on and end early, a loss, a debt, held eras that are paid and returned, a later policy version, stakes, orders,
 * bookings and payouts in every state, quiet eras, and what still waits.
 */
export async function livedThrough(engine: Engine): Promise<Lived> {
  const life = await Life.open(await engine.another(), POLICY)
  await life.passTo(0)
  const over = await begins(life)
  const { booked, fulfilled } = await trades(life)
  const payouts = await losesAndPays(life, booked)
  await goesOn(life)
  const waiting = {
    order: await life.order('data', 'bob', 1n, 86_400),
    payout: await life.payOut('ann', 60n),
    quote: await life.quote({ buyer: 'cay', quantity: 2n }),
  }
  return {
    items: await life.items(),
    payouts: { ...payouts, waits: waiting.payout },
    orders: { waits: waiting.order, fulfilled, over },
    quotes: { booked, waits: waiting.quote },
  }
}

/** Eras 0 and 1: a bit of everything, then more than the bounds allow; an order that nobody fulfils. */
async function begins(life: Life): Promise<string> {
  await life.send('TokensDeposited', { at: 0.1, account: 'dee', amount: '3000' })
  const first = { id: 'f0', at: 0.1, kind: 'fee', amount: '4001', payer: 'ann', stream: 's', sequence: 1 }
  const tip = { id: 'f1', at: 0.2, kind: 'tip', amount: '1000', stream: 's', sequence: 2 }
  const spread = { from: hour(0), to: hour(12) }
  await life.send('FeeCharged', first, tip, {
    ...{ id: 'f2', at: 0.3, kind: 'rent', amount: '9000', payer: 'bob', stream: 's', sequence: 5, spread },
  })
  await life.send('FeeCharged', first, { at: 0.3, kind: 'nonsense', amount: '1' })
  await life.send(
    'MetricReported',
    { at: 0.5, account: 'ann', metric: 'blocks', value: '3' },
    { at: 0.5, account: 'bob', metric: 'blocks', value: '4' },
    { at: 0.5, account: 'ann', metric: 'uptime', value: '990' },
    { at: 0.5, account: 'bob', metric: 'uptime', value: '901' },
  )
  await life.send('StakeReported', { at: 0.25, account: 'cay', amount: '700', lockSeconds: 3600 })
  await life.send('ParticipantChanged', { at: 0.4, account: 'eve', group: 'staff', status: 'active' })
  await life.send(
    'CostIncurred',
    { id: 'c0', at: 0.6, kind: 'cost', amount: '300', payer: 'ann' },
    { id: 'c1', at: 0.6, kind: 'cost', amount: '100', details: { cores: 3 } },
    { at: 0.6, kind: 'cost', amount: '500', payer: 'bob', spread: { from: hour(0), to: hour(3) } },
  )
  await life.offer('data', { provider: 'gus', resource: 'dataset', price: 40n })
  const order = await life.order('data', 'bob', 3n, 600)
  await life.act(transfer('ann', 'bob', 250n), stakes('dee', 'firm', 600n, 3600))
  await life.act(...charging('dee', 'p0', 321n, { kind: 'fee' }))
  await life.passTo(1)

  await life.send(
    'FeeCharged',
    { id: 'f4', at: 1.1, kind: 'fee', amount: '250000', payer: 'bob' },
    { id: 'late', at: 0.9, kind: 'fee', amount: '77' },
    tip,
  )
  await life.send('FeeCharged', { id: 'f4', at: 1.1, kind: 'fee', amount: '250001', payer: 'bob' })
  await life.send(
    'MetricReported',
    { at: 1.5, account: 'fay', metric: 'blocks', value: '5' },
    { at: 1.5, account: 'fay', metric: 'uptime', value: '950' },
  )
  await life.act(transfer('bob', 'ann', 1n))
  await life.passTo(2)
  return order
}

/** Era 2: the held era is paid; a market. */
async function trades(life: Life): Promise<{ booked: string; fulfilled: string }> {
  await life.decide(1, 'pay')
  await life.send('FeeCharged', { at: 2.1, kind: 'fee', amount: '8000', payer: 'ann' })
  await life.send('FeeCharged', { id: 'f6', at: 2.1, kind: 'fee', amount: '300000' })
  await life.send('ObligationDue', { at: 2.2, account: 'gus', obligation: 'rent', amount: '30000' })
  await life.send('FeeCharged', { at: 2.2, kind: 'fee', amount: '-1' })
  await life.offer('disk', { provider: 'gus', quantity: 20n })
  await life.offer('compute', { provider: 'ivy', resource: 'cpu-hour', price: 7n, billingSeconds: 60 })
  const booked = await life.quote({ buyer: 'ann', quantity: 4n })
  await life.accept(booked)
  await life.quote({ buyer: 'bob', quantity: 3n })
  const fulfilled = await life.order('data', 'ann', 2n, 600)
  await life.step(fulfilled, (order, { at, policy }) => orders.fulfil(order, at, policy.policy))
  const metered = await life.order('compute', 'bob', 5n, 7_200)
  await life.step(metered, (order, { at }) => orders.reportUsage(order, 4_000n, at))
  await life.step(metered, (order, { at, policy }) => orders.fulfil(order, at, policy.policy))
  const disputed = await life.order('compute', 'ann', 2n, 7_200)
  await life.step(disputed, (order, { at }) => orders.dispute(order, 'it never came', at))
  await life.step(disputed, (order, { at, policy }) =>
    orders.resolve(order, { captured: 5n, by: 'council' }, at, policy.policy),
  )
  const cancelled = await life.order('data', 'bob', 1n, 600)
  await life.step(cancelled, (order, { at, policy }) => orders.cancel(order, 'bob', at, policy.policy))
  const argued = await life.order('compute', 'bob', 1n, 7_200)
  await life.step(argued, (order, { at }) => orders.dispute(order, 'it is another', at))
  await life.act(...charging('ann', 'p1', 7n, { kind: 'tip' }), {
    ...{ move: 'slash', account: 'dee', id: 'x', lot: 'firm', amount: 50n, to: '@burn' },
  })
  await life.passTo(3)
  return { booked, fulfilled }
}

/** Eras 3 and 4: a loss that the reserve cannot cover; then spreads, stakes and a booking end, and tokens leave. */
async function losesAndPays(life: Life, booking: string): Promise<Omit<Lived['payouts'], 'waits'>> {
  await life.decide(2, 'return')
  await life.send(
    'CostIncurred',
    { at: 3.1, kind: 'cost', amount: '500000', payer: 'ann' },
    { at: 3.1, kind: 'cost', amount: '12345', payer: 'cay' },
  )
  await life.rule(5, nextPolicy())
  await life.send('RatePublished', { at: 3, asset: 'USDC', numerator: '1', denominator: '3' })
  const inventory = supplied(newInventory({ asset: 'USDC', decimals: 2, account: 'desk' }), 5_000n)
  await life.change({ moves: [], records: [inventoryWrite(inventory, 0)] })
  const confirmed = await life.payOut('dee', 40n)
  const failed = await life.payOut('dee', 41n)
  const released = await life.payOut('ann', 42n)
  const cancelled = await life.payOut('ann', 43n)
  const exchanged = await life.payOut('ann', 300n, 'USDC')
  const waiting = await life.payOut('bob', 30n, 'USDC')
  await life.cancel(cancelled)
  await life.passTo(4)

  await life.send('FeeCharged', { id: 'f7', at: 4.1, kind: 'fee', amount: '120000' })
  await life.send('SpreadEnded', { at: 4.5, event: 'FeeCharged', spreadId: 'f2', refundTo: 'hal' })
  await life.endBooking(booking)
  await life.act({ move: 'unstake', account: 'dee', lot: 'firm', amount: 100n, unbondingMs: HOUR_MS })
  await life.clock(4.75)
  await life.release()
  await life.send('PayoutConfirmed', { at: 4.8, payoutId: confirmed }, { at: 4.8, payoutId: exchanged })
  await life.send('PayoutFailed', { at: 4.8, payoutId: failed }, { at: 4.8, payoutId: waiting })
  const preference = { account: 'bob', schedule: 'weekly', dueAt: START_MS + 200 * HOUR_MS } as const
  await life.change({ moves: [], records: [preferenceWrite(preference, 0)] })
  await life.passTo(5)
  return { confirmed, failed, released, cancelled, exchanged }
}

/** Eras 5 to 15: the next version; debts are paid; nothing happens for a while; and what still waits. */
async function goesOn(life: Life): Promise<void> {
  for (const era of [5, 6, 7]) {
    await life.send(
      'FeeCharged',
      { at: era + 0.1, kind: 'fee', amount: '125000', payer: 'ann' },
      { at: era + 0.1, kind: 'tip', amount: '70000' },
    )
    await life.send(
      'MetricReported',
      { at: era + 0.5, account: 'ann', metric: 'blocks', value: '3' },
      { at: era + 0.5, account: 'ann', metric: 'uptime', value: '990' },
    )
    await life.send('CostIncurred', { at: era + 0.6, kind: 'cost', amount: '30', payer: 'ann' })
    await life.passTo(era + 1)
  }
  await life.passTo(13)
  await life.act(transfer('ann', 'cay', 11n))
  const spread = { from: hour(14), to: hour(30) }
  await life.send(
    'FeeCharged',
    { at: 14.5, kind: 'fee', amount: '900' },
    { at: 14.5, kind: 'rent', amount: '16000', spread },
  )
  await life.passTo(15)
  await life.replay(true)
  await life.send('FeeCharged', { id: 'f9', at: 15.1, kind: 'fee', amount: '5' })
  await life.act(...charging('ann', 'p2', 13n, { kind: 'tip' }), stakes('ann', 'late', 20n))
}
