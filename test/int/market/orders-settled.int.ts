import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { formatMoment } from '../../../shared/domain/calendar.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { availableOf, stateOf } from '../../support/ledger.ts'
import { testNetwork } from '../../support/network.ts'
import { HOUR_MS, policyJson, START_MS } from '../../support/policies.ts'
import { fail } from '../api/gateway.ts'
import { Ordering } from './ordering.ts'

let engine: Engine

beforeAll(async () => {
  engine = await startEngine()
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await engine.stop()
})

it('the fee on an order is income of the era in which it was fulfilled, also where it was paid back', async () => {
  const policy = policyJson({ income: { fee: {}, transaction_fee: {} }, orderFee: '2.5%' })
  const market = await Ordering.open(engine, policy)
  const network = testNetwork(engine, policy)
  await market.deposit('ann', 2_000n)
  await market.offer('data-1', 'dataset')
  const { id } = await market.place('ann', 'data-1', { quantity: '5' })
  await network.advance(formatMoment(START_MS + HOUR_MS))
  await network.run()
  const order = await market.step('fulfil', 'sam', id)
  expect(order.fee.amount).toBe('13')
  await market.step('refund', 'sam', id, {})
  await network.advance(formatMoment(START_MS + 2 * HOUR_MS))
  await network.run()
  // Nothing happened in era 0 that it would count: it was quiet.
  expect(await market.store.reads.plan(0)).toBeUndefined()
  expect((await market.store.reads.plan(1))?.income.kinds.transaction_fee).toMatchObject({
    count: 1,
    charged: 13n,
  })
  expect((await market.store.reads.seal(1))?.system).toMatchObject({ '@treasury': 13n })
  expect((await stateOf(market.store, 'ann')).outbox).toEqual([])
  expect(await availableOf(market.store, ['ann', 'sam'])).toEqual([1_987n, 0n])
})

it('no order is placed where the policy has a fee but no income that it could be', async () => {
  const market = await Ordering.open(await engine.another(), policyJson({ orderFee: '2.5%' }))
  await market.deposit('ann', 2_000n)
  await market.offer('data-1', 'dataset')
  const request = market.as('ann', { body: { offer: 'data-1', quantity: '1' } })
  expect(await fail(market.handler, 'POST /orders', request)).toMatchObject({
    status: 409,
    type: 'urn:exchequer:problem:not-priced',
  })
  expect(await availableOf(market.store, ['ann'])).toEqual([2_000n])
})
