import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { callerOf } from '../../../shared/api/authority.ts'
import { fulfilOrder } from '../../../shared/api/orders.ts'
import { takenOf } from '../../../shared/domain/market/offer.ts'
import { sum } from '../../../shared/domain/money.ts'
import { balanceOf } from '../../../shared/domain/page.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { availableOf, stateOf } from '../../support/ledger.ts'
import { START_MS } from '../../support/policies.ts'
import { ask } from '../api/gateway.ts'
import { Ordering, type StepName, withKey } from './ordering.ts'

/** Steps of one order at the same time: whatever comes first, money and units are where that one put them. */

let engine: Engine
let market: Ordering

const JUDGE = { claims: { scope: 'orders:resolve' } }

interface Outcome {
  status?: number | undefined
  body: { state?: string; type?: string }
}

/** Statuses, and what each answer says. */
function outcomes(answers: readonly Outcome[]): string[] {
  return answers.map(({ status, body }) => `${status} ${body.state ?? body.type}`).sort()
}

const REFUSED = '409 urn:exchequer:problem:order-state'

/** Everything that anybody has, with what was charged and no era has settled. */
async function total(): Promise<bigint> {
  const states = await Promise.all(['ann', 'sam', 'bob'].map((account) => stateOf(market.store, account)))
  const charged = states
    .flatMap(({ outbox }) => outbox)
    .map((fact) => (fact.of === 'Charge' ? fact.amount : 0n))
  return sum(states.map(balanceOf)) + sum(charged)
}

beforeAll(async () => {
  engine = await startEngine()
})
beforeEach(async () => {
  market = await Ordering.open(await engine.another())
  await market.deposit('ann', 2_000n)
  await market.offer('data-1', 'dataset')
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await engine.stop()
})

describe('at the same time', () => {
  it('the same order placed again and again is one order', async () => {
    const same = () =>
      ask(
        market.handler,
        'POST /orders',
        market.as('ann', { body: { offer: 'data-1', quantity: '1' }, ...withKey('at-once') }),
      )
    const answers = await Promise.all(Array.from({ length: 12 }, same))
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    expect(answers[0]?.status).toBe(200)
    expect(await availableOf(market.store, ['ann'])).toEqual([1_899n])
    expect((await market.readOffer('data-1')).takings).toHaveLength(1)
  })

  it('two fulfilments with keys of their own pay once', async () => {
    const { id } = await market.place('ann', 'data-1')
    const answers = await Promise.all([market.tried('fulfil', 'sam', id), market.tried('fulfil', 'sam', id)])
    expect(outcomes(answers)).toEqual(['200 FULFILLED', REFUSED])
    expect(await availableOf(market.store, ['ann', 'sam'])).toEqual([990n, 984n])
    expect(takenOf(await market.readOffer('data-1'), START_MS)).toBe(10n)
  })

  it('the same fulfilment sent many times pays once, and answers alike', async () => {
    const { id } = await market.place('ann', 'data-1')
    const same = () => market.tried('fulfil', 'sam', id, undefined, withKey('same'))
    const answers = await Promise.all(Array.from({ length: 12 }, same))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(answers[0]).toMatchObject({ status: 200, body: { state: 'FULFILLED' } })
    expect(await availableOf(market.store, ['ann', 'sam'])).toEqual([990n, 984n])
  })

  const RACES: [StepName, string, object | undefined, string][] = [
    ['cancel', 'ann', undefined, 'CANCELLED'],
    ['dispute', 'ann', { reason: 'rows are missing' }, 'DISPUTED'],
  ]
  for (const [name, account, body, state] of RACES) {
    it(`${name} and fulfilment: one of them is done`, async () => {
      for (let race = 0; race < 10; race += 1) {
        const { id } = await market.place('ann', 'data-1', { quantity: '1' })
        const steps = [() => market.tried(name, account, id, body), () => market.tried('fulfil', 'sam', id)]
        if (race % 2 === 1) steps.reverse()
        const answers = await Promise.all(steps.map((step) => step()))
        const [done, ...others] = outcomes(answers)
        expect([`200 ${state}`, '200 FULFILLED']).toContain(done)
        expect(others).toEqual([REFUSED])
        const now = (await market.read(id)).state
        expect(done).toBe(`200 ${now}`)
        expect(await total()).toBe(2_000n)
        if (now === 'DISPUTED') await market.step('resolve', 'judge', id, { capture: '0' }, JUDGE)
      }
      // Each of 101 less a fee of 3.
      const sold = takenOf(await market.readOffer('data-1'), START_MS)
      expect(await availableOf(market.store, ['ann', 'sam'])).toEqual([2_000n - sold * 101n, sold * 98n])
    })
  }

  it('what ends between the reading of an order and of its hold is told by the order', async () => {
    const { id } = await market.place('ann', 'data-1')
    let cancels = async () => {
      cancels = async () => undefined
      await market.step('cancel', 'ann', id)
    }
    const pages = {
      read: async (page: number) => {
        await cancels()
        return market.store.pages.read(page)
      },
    }
    const deps = { store: { ...market.store, pages }, now: () => 0 }
    const late = fulfilOrder(deps, { id } as never, {
      caller: callerOf({ account: 'sam' }),
      key: 'k',
      digest: 'd',
    })
    await expect(late).rejects.toMatchObject({ code: 'OrderState' })
    expect(await availableOf(market.store, ['ann', 'sam'])).toEqual([2_000n, 0n])
  })

  it('two resolutions of one dispute are one', async () => {
    const { id } = await market.place('ann', 'data-1')
    await market.step('dispute', 'ann', id, { reason: 'rows are missing' })
    const answers = await Promise.all(
      ['1010', '0', '505'].map((capture) => market.tried('resolve', 'judge', id, { capture }, JUDGE)),
    )
    expect(outcomes(answers).slice(1)).toEqual([REFUSED, REFUSED])
    expect(await total()).toBe(2_000n)
  })

  it('two whole refunds pay back once', async () => {
    const { id } = await market.place('ann', 'data-1')
    await market.step('fulfil', 'sam', id)
    await market.deposit('sam', 5_000n)
    const refund = () => market.tried('refund', 'sam', id, {})
    expect(outcomes(await Promise.all([refund(), refund()]))).toEqual(['200 REFUNDED', REFUSED])
    expect(await availableOf(market.store, ['ann', 'sam'])).toEqual([1_974n, 5_000n])
  })

  it('many uses of a licence are as many as were ordered', async () => {
    await market.offer('model-1', 'model', { price: 1n })
    const { id } = await market.place('ann', 'model-1', { quantity: '5', seconds: 60 })
    await market.step('fulfil', 'sam', id)
    const uses = await Promise.all(Array.from({ length: 8 }, () => market.tried('uses', 'ann', id)))
    expect(uses.filter(({ status }) => status === 200)).toHaveLength(5)
    const left = uses.flatMap(({ status, body }) => (status === 200 ? [body.entitlement.usesLeft] : []))
    expect(left.sort()).toEqual(['0', '1', '2', '3', '4'])
  })

  it('many usage reports add up, to no more than was ordered', async () => {
    await market.offer('gpu-1', 'gpu-hour', { price: 1n })
    const { id } = await market.place('ann', 'gpu-1', { quantity: '1' })
    const reports = await Promise.all(
      Array.from({ length: 8 }, () => market.tried('usage', 'sam', id, { seconds: 600 })),
    )
    expect(reports.filter(({ status }) => status === 200)).toHaveLength(6)
    expect((await market.read(id)).usage.seconds).toBe('3600')
  })

  it('many buyers of the last units: none is sold twice, and who got none has all tokens', async () => {
    await market.offer('data-2', 'dataset', { quantity: 3n, price: 10n })
    await market.deposit('bob', 2_000n)
    const place = (buyer: string) =>
      ask(market.handler, 'POST /orders', market.as(buyer, { body: { offer: 'data-2', quantity: '1' } }))
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => place(index % 2 ? 'ann' : 'bob')),
    )
    const placed = answers.filter(({ status }) => status === 200)
    expect(placed).toHaveLength(3)
    expect(takenOf(await market.readOffer('data-2'), START_MS)).toBe(3n)
    expect(sum(await availableOf(market.store, ['ann', 'bob']))).toBe(4_000n - 30n)
  })
})
