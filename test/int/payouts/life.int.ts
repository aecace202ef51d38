import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { replay } from '../../../shared/ingest/replay.ts'
import { type Change, post } from '../../../shared/ledger/post.ts'
import type { Moment } from '../../../shared/ledger/time.ts'
import { postRequest, request } from '../../../shared/payouts/request.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { command, posting, stateOf } from '../../support/ledger.ts'
import { type PayingNetwork, payingNetwork } from '../../support/payouts.ts'

let engine: Engine
let net: PayingNetwork
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine.stop())
beforeEach(async () => {
  net = await payingNetwork(engine)
  await net.give('ann', 100n)
})

/** A payout that was released, and the bus told. */
async function released(amount = '70') {
  const { id } = await net.ask('ann', amount)
  await net.clock(1)
  await net.run()
  return id
}

describe('a payout in the network’s own asset', () => {
  it('is locked, released, announced and confirmed; what it held has left', async () => {
    const asked = await net.ask('ann', '70', { destination: 'iban-1' })
    expect(asked).toMatchObject({
      state: 'TIMELOCKED',
      amount: 70n,
      out: 70n,
      asset: 'TEST',
      destination: 'iban-1',
    })
    expect(await net.has('ann')).toEqual({ available: 30n, held: 70n, paid: 0n })

    await net.clock(0.999)
    expect(await net.run()).toMatchObject({ failed: 0 })
    expect((await net.payout(asked.id)).state).toBe('TIMELOCKED')
    expect(net.told).toEqual([])

    await net.clock(1)
    await net.run()
    await net.run()
    expect(await net.payout(asked.id)).toMatchObject({ state: 'RELEASED', announcedAt: expect.any(Number) })
    expect(net.told).toEqual([
      {
        payoutId: asked.id,
        account: 'ann',
        destination: 'iban-1',
        asset: 'TEST',
        decimals: 0,
        amount: '70',
        charged: '70',
        requestedAt: '2026-01-01T00:00:00Z',
        releasedAt: '2026-01-01T01:00:00Z',
      },
    ])
    expect(await net.has('ann')).toEqual({ available: 30n, held: 70n, paid: 0n })

    await net.send('PayoutConfirmed', { id: 'c1', payoutId: asked.id })
    expect(await net.has('ann')).toEqual({ available: 30n, held: 0n, paid: 70n })
    const { state, history } = await net.payout(asked.id)
    expect([state, history.map((step) => step.state)]).toEqual([
      'CONFIRMED',
      ['REQUESTED', 'TIMELOCKED', 'RELEASED', 'CONFIRMED'],
    ])
  })

  it('without a timelock waits for nothing but the next run', async () => {
    net = await payingNetwork(engine, { payout: {} })
    await net.give('ann', 10n)
    const { id, state } = await net.ask('ann', '10')
    expect(state).toBe('REQUESTED')
    await net.run()
    expect(await net.payout(id)).toMatchObject({ state: 'RELEASED', destination: 'ann' })
  })

  it('that failed is the account’s again', async () => {
    const id = await released()
    await net.send('PayoutFailed', { id: 'f1', payoutId: id })
    expect((await net.payout(id)).state).toBe('FAILED')
    expect(await net.has('ann')).toEqual({ available: 100n, held: 0n, paid: 0n })
  })

  it('that is taken back is the account’s again, and is never released', async () => {
    const { id } = await net.ask('ann', '70')
    expect((await net.cancel(id)).state).toBe('CANCELLED')
    expect(await net.has('ann')).toEqual({ available: 100n, held: 0n, paid: 0n })
    await net.clock(9)
    await net.run()
    expect(net.told).toEqual([])
    await expect(net.cancel(id)).rejects.toMatchObject({ code: 'PayoutState' })
  })

  it('that is released cannot be taken back', async () => {
    const id = await released()
    await expect(net.cancel(id)).rejects.toMatchObject({
      code: 'PayoutState',
      message: `a payout is cancelled before it is released: ${id} is RELEASED`,
    })
    expect(await net.has('ann')).toMatchObject({ available: 30n, held: 70n })
  })

  it('of all takes all that is available, also what time has released since', async () => {
    await net.ask('ann', '60')
    const all = await net.ask('ann', 'all')
    expect(all.amount).toBe(40n)
    await expect(net.ask('ann', 'all')).rejects.toMatchObject({
      code: 'BelowMinimum',
      message: 'a payout is at least 5 base units: got 0',
    })
  })

  it('of all is what is left, where others spend at the same time', async () => {
    const outcomes = await Promise.allSettled([
      net.ask('ann', 'all'),
      net.ask('ann', '30'),
      net.ask('ann', '30'),
      net.ask('ann', '30'),
    ])
    const made = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value.amount] : []))
    const { available, held } = await net.has('ann')
    expect(made.reduce((sum, amount) => sum + amount, 0n)).toBe(held)
    expect(available + held).toBe(100n)
    for (const one of outcomes)
      if (one.status === 'rejected') expect(['NotEnough', 'BelowMinimum']).toContain(one.reason.code)
  })

  it('of all is what is left, where less is there than a moment before', async () => {
    const { pages } = net.store
    let spent = 0n
    const read: typeof pages.read = async (page) => {
      const found = await pages.read(page)
      if (spent === 0n) {
        spent = 60n
        await post(net.deps, command('meanwhile', posting('ann', '@external', spent)))
      }
      return found
    }
    const id = 'cmd#test#all'
    const change = async (moment: Moment): Promise<Change> =>
      request({ ...net.store, pages: { ...pages, read } }, moment, 'p', { account: 'ann', amount: 'all' })
    await postRequest(net.deps, { id, digest: '', change }, 'all')
    expect(await net.has('ann')).toEqual({ available: 0n, held: 40n, paid: 60n })
  })

  it('is asked for once by each key', async () => {
    const first = await net.ask('ann', '10', { key: 'k' })
    expect(await net.ask('ann', '10', { key: 'k' })).toEqual(first)
    await expect(net.ask('ann', '11', { key: 'k' })).rejects.toMatchObject({ code: 'JournalConflict' })
    expect(await net.has('ann')).toMatchObject({ available: 90n, held: 10n })
  })

  it.each([
    ['more than is available', '101', 'NotEnough'],
    ['less than the policy’s minimum', '4', 'BelowMinimum'],
  ])('is refused for %s', async (_, amount, code) => {
    await expect(net.ask('ann', amount)).rejects.toMatchObject({ code })
    expect(await net.has('ann')).toMatchObject({ available: 100n, held: 0n })
  })
})

describe('what the bus says of a payout', () => {
  it('twice by one event is said once', async () => {
    const id = await released()
    const event = { id: 'c1', payoutId: id }
    await net.send('PayoutConfirmed', event, event)
    await net.send('PayoutConfirmed', event)
    expect(await net.has('ann')).toEqual({ available: 30n, held: 0n, paid: 70n })
    expect(await net.refusals()).toEqual([])
  })

  it('by the same id with other content is refused', async () => {
    const id = await released('50')
    await net.send('PayoutConfirmed', { id: 'c1', payoutId: id })
    await net.send('PayoutConfirmed', { id: 'c1', payoutId: 'another' })
    expect(await net.refusals()).toMatchObject([{ rule: 'id', value: '"c1"' }])
  })

  it('before it is released is refused, and counts once it is replayed after', async () => {
    const { id } = await net.ask('ann', '70')
    expect(await net.send('PayoutConfirmed', { id: 'early', payoutId: id })).toMatchObject({
      failed: [],
      quarantined: 1,
    })
    expect(await net.refusals()).toMatchObject([
      {
        rule: 'payout.state',
        message: `a payout is confirmed once it is released: ${id} is TIMELOCKED`,
        value: `"${id}"`,
      },
    ])
    expect((await net.payout(id)).state).toBe('TIMELOCKED')
    await net.clock(1)
    await net.run()
    expect(await replay(net.ingestDeps, {})).toMatchObject({ replayed: 1, stillRejected: [] })
    expect((await net.payout(id)).state).toBe('CONFIRMED')
  })

  it('against what it said before is refused', async () => {
    const id = await released()
    await net.send('PayoutConfirmed', { id: 'c1', payoutId: id })
    await net.send('PayoutFailed', { id: 'f1', payoutId: id })
    await net.send('PayoutConfirmed', { id: 'c2', payoutId: id })
    expect(await net.refusals()).toMatchObject([
      { rule: 'payout.state', message: `a payout is failed once it is released: ${id} is CONFIRMED` },
      { rule: 'payout.state', message: `a payout is confirmed once it is released: ${id} is CONFIRMED` },
    ])
    expect(await net.has('ann')).toEqual({ available: 30n, held: 0n, paid: 70n })
  })

  it('of a payout that nobody asked for is refused', async () => {
    await net.send('PayoutFailed', { id: 'f1', payoutId: 'nobody' })
    expect(await net.refusals()).toMatchObject([{ rule: 'payoutId', value: '"nobody"' }])
  })

  it('both ways at the same time is taken once, and the other is refused', async () => {
    const id = await released()
    await Promise.all([
      net.send('PayoutConfirmed', { id: 'c1', payoutId: id }),
      net.send('PayoutFailed', { id: 'f1', payoutId: id }),
    ])
    const { state } = await net.payout(id)
    expect(await net.has('ann')).toEqual(
      state === 'CONFIRMED'
        ? { available: 30n, held: 0n, paid: 70n }
        : { available: 100n, held: 0n, paid: 0n },
    )
    expect(await net.refusals()).toMatchObject([{ rule: 'payout.state' }])
  })
})

describe('a payout in another asset', () => {
  beforeEach(async () => {
    await net.stock(40n)
    await net.rate('r0', 0.5, '1', '2')
  })

  it('leaves at the rate of the open era, out of the inventory, for no more than that takes', async () => {
    const asked = await net.ask('ann', '71', { asset: 'USDC' })
    expect(asked).toMatchObject({
      asked: 71n,
      amount: 70n,
      out: 35n,
      asset: 'USDC',
      decimals: 2,
      exchange: { rate: { id: 'r0', era: 0 }, to: 'desk' },
    })
    expect(await net.has('ann')).toEqual({ available: 30n, held: 70n, paid: 0n })
    expect(await net.inventory()).toMatchObject({ balance: 5n, reserved: 35n, spent: 0n })
    await net.clock(1)
    await net.run()
    expect(net.told).toMatchObject([
      {
        asset: 'USDC',
        amount: '35',
        charged: '70',
        rate: { id: 'r0', era: 0, numerator: '1', denominator: '2' },
      },
    ])
    await net.send('PayoutConfirmed', { id: 'c1', payoutId: asked.id })
    expect(await net.has('ann')).toEqual({ available: 30n, held: 0n, paid: 70n })
    expect(await stateOf(net.store, 'desk')).toMatchObject({ available: 70n, received: 70n })
    expect(await net.inventory()).toMatchObject({ balance: 5n, reserved: 0n, spent: 35n })
  })

  it('has its price from the request on, and is not taken back', async () => {
    const { id } = await net.ask('ann', '40', { asset: 'USDC' })
    await net.rate('r1', 0.6, '1', '8')
    await expect(net.cancel(id)).rejects.toMatchObject({ code: 'PayoutFixed' })
    expect(await net.has('ann')).toEqual({ available: 60n, held: 40n, paid: 0n })
    expect(await net.inventory()).toMatchObject({ balance: 20n, reserved: 20n, spent: 0n })
    await net.passTo(2)
    await net.run()
    expect(net.told).toMatchObject([
      { payoutId: id, amount: '20', charged: '40', rate: { id: 'r0', era: 0 } },
    ])
  })

  it('that fails gives both back', async () => {
    const { id } = await net.ask('ann', '40', { asset: 'USDC' })
    await net.clock(1)
    await net.run()
    await net.send('PayoutFailed', { id: 'f1', payoutId: id })
    expect(await net.has('ann')).toEqual({ available: 100n, held: 0n, paid: 0n })
    expect(await net.inventory()).toMatchObject({ balance: 40n, reserved: 0n, spent: 0n })
  })

  it('is refused for more than the inventory has, and nothing is held', async () => {
    await expect(net.ask('ann', '82', { asset: 'USDC' })).rejects.toMatchObject({
      code: 'NotEnoughInventory',
      message: 'a payout is out of what the inventory has: USDC has 40, not 41',
    })
    expect(await net.has('ann')).toMatchObject({ available: 100n, held: 0n })
  })

  it('never takes out more than there is, whoever asks at the same time', async () => {
    for (const account of ['bob', 'cyd', 'dan', 'eve', 'fay']) await net.give(account, 100n)
    const outcomes = await Promise.allSettled(
      ['ann', 'bob', 'cyd', 'dan', 'eve', 'fay'].map((account) => net.ask(account, '24', { asset: 'USDC' })),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    expect(await net.inventory()).toMatchObject({ balance: 4n, reserved: 36n })
  })

  it('is refused for an asset that the policy does not name, and to the inventory’s own account', async () => {
    await expect(net.ask('ann', '10', { asset: 'EURC' })).rejects.toMatchObject({ code: 'AssetNotOffered' })
    await net.give('desk', 100n)
    await expect(net.ask('desk', '10', { asset: 'USDC' })).rejects.toMatchObject({ code: 'OwnInventory' })
  })

  it('stale-price: a rate of another era is never used', async () => {
    const before = await net.ask('ann', '10', { asset: 'USDC' })
    await net.passTo(2)
    await expect(net.ask('ann', '10', { asset: 'USDC' })).rejects.toMatchObject({
      code: 'NoRate',
      message:
        'a payout in another asset is at the rate published for the open era: USDC has none for era 2, the last one is of era 0',
    })
    await net.rate('late', 0.75, '2', '1')
    await net.rate('ahead', 3.5, '2', '1')
    await expect(net.ask('ann', '10', { asset: 'USDC' })).rejects.toMatchObject({ code: 'NoRate' })
    expect(await net.has('ann')).toEqual({ available: 90n, held: 10n, paid: 0n })
    await net.rate('own', 2.25, '1', '5')
    expect((await net.ask('ann', '10', { asset: 'USDC' })).out).toBe(2n)
    expect((await net.payout(before.id)).out).toBe(5n)
    await net.passTo(3)
    expect((await net.ask('ann', '10', { asset: 'USDC' })).out).toBe(20n)
  })

  it('stale-price: nor is that of an era which closes while the payout is asked for', async () => {
    const { records } = net.store
    let isOpen = true
    const read: typeof records.read = async (kind, id) => {
      const found = await records.read(kind, id)
      if (kind === 'INVENTORY' && isOpen) {
        isOpen = false
        await net.passTo(1)
      }
      return found as never
    }
    Object.assign(net.deps, { store: { ...net.store, records: { ...records, read } } })
    await expect(net.ask('ann', '10', { asset: 'USDC' })).rejects.toMatchObject({ code: 'NoRate' })
    expect(isOpen).toBe(false)
    expect(await net.has('ann')).toMatchObject({ available: 100n, held: 0n })
  })

  it('is at the latest report of its era, in whatever order they come', async () => {
    await net.rate('r2', 0.6, '1', '4')
    await net.rate('r1', 0.6, '1', '1')
    await net.rate('r9', 0.4, '1', '1')
    expect((await net.ask('ann', '40', { asset: 'USDC' })).exchange?.rate).toMatchObject({ id: 'r2' })
    await net.rate('r3', 0.6, '1', '10')
    expect((await net.ask('ann', '40', { asset: 'USDC' })).out).toBe(4n)
  })
})

describe('a rate', () => {
  it.each([
    ['of an asset that is not paid out', { asset: 'EURC' }, 'asset'],
    ['of nothing', { numerator: '0' }, 'numerator'],
    ['by nothing', { denominator: '0' }, 'denominator'],
    ['before the first era', { occurredAt: '2025-12-31T23:59:59Z' }, 'era.origin'],
    ['in an asset that cannot be named', { asset: 'US DC' }, 'asset'],
  ])('%s is refused', async (_, more, rule) => {
    const rate = { id: 'r', asset: 'USDC', numerator: '1', denominator: '1', ...more }
    expect(await net.send('RatePublished', rate)).toMatchObject({ quarantined: 1, counted: 0 })
    expect(await net.refusals()).toMatchObject([{ rule }])
  })
})
