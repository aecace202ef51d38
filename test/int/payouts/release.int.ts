import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ownTerms, requested } from '../../../shared/domain/payout/payout.ts'
import { parsePolicy, policyHash } from '../../../shared/domain/policy/policy.ts'
import { post } from '../../../shared/ledger/post.ts'
import { payoutWrite, readPayout } from '../../../shared/payouts/records.ts'
import { releaseDue } from '../../../shared/payouts/release-due.ts'
import { unansweredMs } from '../../../shared/payouts/unanswered.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { type PayingNetwork, payingNetwork } from '../../support/payouts.ts'
import { HOUR_MS, policyJson, START_MS } from '../../support/policies.ts'

let engine: Engine
let net: PayingNetwork
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine.stop())
beforeEach(async () => {
  net = await payingNetwork(engine)
  await net.give('ann', 1_000n)
})

/** A store whose journal is away, once, for commands of this text. */
function cutOff(text: string): typeof net.store {
  const { journal } = net.store
  let isAway = true
  return {
    ...net.store,
    journal: {
      ...journal,
      commit: (entry, ...rest) => {
        if (!isAway || !entry.id.includes(text)) return journal.commit(entry, ...rest)
        isAway = false
        return Promise.reject(new Error('the table is away'))
      },
    },
  }
}

describe('a payout that was told of and not answered', () => {
  const unanswered = () => unansweredMs(net.deps)

  it('is known by the age of the oldest, until each has been confirmed or has failed', async () => {
    const ids: string[] = []
    for (const hours of [1, 3]) {
      ids.push((await net.ask('ann', '10')).id)
      await net.clock(hours)
      await net.run()
    }
    const { id: waits } = await net.ask('ann', '10')
    expect(await unanswered()).toBe(2 * HOUR_MS)
    await net.clock(3.5)
    expect(await unanswered()).toBe(2.5 * HOUR_MS)
    await net.send('PayoutFailed', { id: 'f', payoutId: ids[0] })
    expect(await unanswered()).toBe(0.5 * HOUR_MS)
    await net.send('PayoutConfirmed', { id: 'c', payoutId: ids[1] })
    await net.cancel(waits)
    expect(await unanswered()).toBe(0)
  })

  it('is none before the bus was told of it, and before the network is open', async () => {
    await net.ask('ann', '10')
    await net.clock(1)
    await net.run({ bus: { put: () => Promise.reject(new Error('the bus is away')) } })
    await net.clock(9)
    expect(await unanswered()).toBe(0)
    const state = { ...net.store.state, read: async () => undefined }
    expect(await unansweredMs({ ...net.deps, store: { ...net.store, state } })).toBe(0)
  })
})

describe('a release that is cut off', () => {
  it('before the bus is told is told by the next run', async () => {
    const { id } = await net.ask('ann', '10')
    await net.clock(1)
    const bus = { put: () => Promise.reject(new Error('the bus is away')) }
    expect(await net.run({ bus })).toMatchObject({ failed: 1 })
    expect(net.warnings).toEqual([`PAYOUT ${id} stays due: the bus is away`])
    expect(await net.payout(id)).toMatchObject({ state: 'RELEASED' })
    expect(await net.payout(id)).not.toHaveProperty('announcedAt')
    expect(await net.run()).toMatchObject({ failed: 0 })
    expect(net.told.map(({ payoutId }) => payoutId)).toEqual([id])
    await net.run()
    expect(net.told).toHaveLength(1)
  })

  it('after the bus was told, before that is written down, is told again', async () => {
    const { id } = await net.ask('ann', '10')
    await net.clock(1)
    expect(await net.run({ store: cutOff('announced') })).toMatchObject({ failed: 1 })
    expect(await net.run()).toMatchObject({ failed: 0 })
    expect(net.told.map(({ payoutId }) => payoutId)).toEqual([id, id])
    expect(net.told[0]).toEqual(net.told[1])
  })

  it('before it is released is released by the next run', async () => {
    const { id } = await net.ask('ann', '10')
    await net.clock(1)
    expect(await net.run({ store: cutOff('released') })).toMatchObject({ failed: 1 })
    expect(net.told).toEqual([])
    await net.run()
    expect(net.told.map(({ payoutId }) => payoutId)).toEqual([id])
  })

  it('and was confirmed before it was written down that the bus was told is not told again', async () => {
    const { id } = await net.ask('ann', '10')
    await net.clock(1)
    await net.run({ store: cutOff('announced') })
    await net.send('PayoutConfirmed', { id: 'c', payoutId: id })
    expect(await net.run()).toMatchObject({ failed: 0 })
    expect(net.told).toHaveLength(1)
  })
})

describe('runs at the same time', () => {
  it('release each payout once, and every one is told', async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, async () => (await net.ask('ann', '10')).id))
    await net.clock(1)
    const runs = await Promise.all([net.run(), net.run(), net.run()])
    expect(runs.map(({ failed }) => failed)).toEqual([0, 0, 0])
    expect(new Set(net.told.map(({ payoutId }) => payoutId))).toEqual(new Set(ids))
    for (const id of ids) {
      const { history, state } = await net.payout(id)
      expect([state, history.length]).toEqual(['RELEASED', 3])
    }
  })

  it('and those who take payouts back: each is one or the other', async () => {
    const ids = await Promise.all(Array.from({ length: 12 }, async () => (await net.ask('ann', '10')).id))
    await net.clock(1)
    const [, ...cancelled] = await Promise.allSettled([net.run(), ...ids.map((id) => net.cancel(id))])
    await net.run()
    const told = new Set(net.told.map(({ payoutId }) => payoutId))
    for (const [i, id] of ids.entries()) {
      const { state } = await net.payout(id)
      expect([state, cancelled[i]?.status, told.has(id)]).toEqual(
        state === 'CANCELLED' ? ['CANCELLED', 'fulfilled', false] : ['RELEASED', 'rejected', true],
      )
    }
    expect(await net.has('ann')).toEqual({
      available: 1_000n - 10n * BigInt(told.size),
      held: 10n * BigInt(told.size),
      paid: 0n,
    })
  })
})

describe('a payout in an asset that the policy pays out no more', () => {
  it('stays put with the reason, and keeps no other waiting', async () => {
    await net.stock(100n)
    await net.rate('r', 0.5, '1', '2')
    const usdc = await net.ask('ann', '10', { asset: 'USDC' })
    const back = await net.ask('ann', '20', { asset: 'USDC' })
    const own = await net.ask('ann', '10')
    const json = policyJson({ version: 2, payout: { timelock: 'PT1H' } })
    const policy = parsePolicy(json)
    await net.store.policies.add({ version: 2, effectiveFrom: 1, hash: policyHash(json), json, policy })
    await net.passTo(1)
    expect(await net.run()).toMatchObject({ failed: 0 })
    expect(net.told.map(({ payoutId }) => payoutId)).toEqual([own.id])
    expect(await net.payout(usdc.id)).toMatchObject({
      state: 'TIMELOCKED',
      waitsFor: { code: 'AssetNotOffered', message: 'payouts are in TEST: got "USDC"' },
    })
    await net.run()
    expect((await net.payout(usdc.id)).history).toHaveLength(2)
    expect((await net.cancel(back.id)).state).toBe('CANCELLED')
    expect(await net.inventory()).toMatchObject({ balance: 95n, reserved: 5n })

    const again = policyJson({ version: 3, payout: { timelock: 'PT1H', assets: ['USDC'] } })
    await net.store.policies.add({
      version: 3,
      effectiveFrom: 2,
      hash: policyHash(again),
      json: again,
      policy: parsePolicy(again),
    })
    await net.passTo(2)
    await net.run()
    expect(await net.payout(usdc.id)).toMatchObject({ state: 'RELEASED' })
  })
})

describe('a payout that is postponed', () => {
  let id: string
  beforeEach(async () => {
    await net.stock(100n)
    await net.rate('r', 0.5, '1', '2')
    id = (await net.ask('ann', '10', { asset: 'USDC' })).id
    const json = policyJson({ version: 2, payout: { timelock: 'PT1H' } })
    const policy = parsePolicy(json)
    await net.store.policies.add({ version: 2, effectiveFrom: 1, hash: policyHash(json), json, policy })
    await net.passTo(1)
  })
  const hour = (hours: number) => START_MS + hours * HOUR_MS
  const version = async () => (await readPayout(net.store, id)).version

  it('is tried again every hour, for as long as it takes, and is left alone in between', async () => {
    for (const [tries, hours] of [1, 2, 3].entries()) {
      await net.clock(hours)
      expect(await net.run()).toMatchObject({ failed: 0 })
      expect(await net.payout(id)).toMatchObject({
        state: 'TIMELOCKED',
        dueAt: hour(hours + 1),
        waitsFor: { at: hour(hours), code: 'AssetNotOffered' },
      })
      expect(await version()).toBe(2 + tries)
      await net.clock(hours + 0.5)
      await net.run()
      expect(await version()).toBe(2 + tries)
    }
  })

  it('by several runs at once is postponed once', async () => {
    const runs = await Promise.all([net.run(), net.run(), net.run()])
    expect(runs.map(({ failed }) => failed)).toEqual([0, 0, 0])
    expect(await version()).toBe(2)
  })

  it('while its account takes it back stays as the account left it', async () => {
    await net.run()
    await net.clock(2)
    const { journal } = net.store
    const cancelling: typeof journal = {
      ...journal,
      read: async (command) => {
        if (command.includes('postponed')) await net.cancel(id)
        return journal.read(command)
      },
    }
    expect(await net.run({ store: { ...net.store, journal: cancelling } })).toMatchObject({ failed: 0 })
    expect(await net.payout(id)).toMatchObject({
      state: 'CANCELLED',
      dueAt: hour(2),
      waitsFor: { at: hour(1) },
    })
    expect(await version()).toBe(3)
  })
})

describe('many payouts that are due', () => {
  const MANY = 120

  beforeEach(async () => {
    const policy = parsePolicy(policyJson({ payout: { timelock: 'PT1H' } }))
    const asked = Array.from({ length: MANY }, (_, i) => ({
      id: `p${String(i).padStart(3, '0')}`,
      account: 'ann',
      destination: 'ann',
      terms: ownTerms(1n, policy),
    }))
    for (let from = 0; from < MANY; from += 60) {
      const part = asked.slice(from, from + 60)
      await post(net.deps, {
        id: `cmd#test#many#${from}`,
        digest: '',
        change: {
          moves: part.map(({ id }) => ({ move: 'hold', account: 'ann', id: `payout#${id}`, amount: 1n })),
          records: part.map((one) => payoutWrite(requested(one, START_MS, policy), 0)),
        },
      })
    }
    await net.clock(1)
  })

  it('are released in calls that are bounded, in the order in which they are due', async () => {
    const first = await releaseDue(net.deps, { failed: 0 })
    expect(first).toMatchObject({ done: false, failed: 0, after: expect.stringContaining('p049') })
    expect(net.told).toHaveLength(50)
    expect(await net.run()).toMatchObject({ failed: 0 })
    expect(net.told.map(({ payoutId }) => payoutId)).toEqual(
      Array.from({ length: MANY }, (_, i) => `p${String(i).padStart(3, '0')}`),
    )
  })

  it('are gone on with where the function’s time was over; one that fails keeps no other waiting', async () => {
    let left = 7
    const remainingMs = () => (left-- > 0 ? 60_000 : 1_000)
    const bus: typeof net.deps.bus = {
      put: async (type, detail) => {
        if ('payoutId' in detail && detail.payoutId === 'p003') throw new Error('the bus is away')
        await net.deps.bus.put(type, detail)
      },
    }
    const first = await releaseDue({ ...net.deps, bus, remainingMs }, { failed: 2 })
    expect(first).toMatchObject({ done: false, failed: 3, after: expect.stringContaining('p006') })
    const next = await releaseDue({ ...net.deps, bus }, first)
    expect(next).toMatchObject({ done: false, failed: 3, after: expect.stringContaining('p056') })
    expect(net.told).toHaveLength(56)
    await net.run()
    expect(new Set(net.told.map(({ payoutId }) => payoutId)).size).toBe(MANY)
  })
})

it('nothing is due before the network is open', async () => {
  const other = await engine.another()
  const { connectStore } = await import('../../../shared/store/table.ts')
  const store = connectStore({ tableName: other.tableName, client: other.client })
  expect(await releaseDue({ ...net.deps, store }, { failed: 0 })).toEqual({ done: true, failed: 0 })
})
