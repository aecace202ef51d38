import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Change, post } from '../../../shared/ledger/post.ts'
import { preferenceWrite } from '../../../shared/payouts/records.ts'
import { requestDue } from '../../../shared/payouts/request-due.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { command, deposit } from '../../support/ledger.ts'
import { type PayingNetwork, payingNetwork } from '../../support/payouts.ts'

/** The network begins on Thursday 1 January 2026; the first Monday is the 5th, 96 hours later. */
const MONDAY = 96
const WEEK = 168
const at = (moment: string) => Date.parse(moment)

let engine: Engine
let net: PayingNetwork
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine.stop())
beforeEach(async () => {
  net = await payingNetwork(engine, {
    era: { every: 'P1D', from: '2026-01-01T00:00:00Z', clock: 'manual' },
    payout: { timelock: 'PT0S', minimum: '5', assets: ['USDC'] },
  })
})

const weekly = (account: string, more = {}) =>
  net.prefer({ account, schedule: 'weekly', dueAt: at('2026-01-05T00:00:00Z'), ...more })

describe('a preference with a schedule', () => {
  it('pays out all that is available when its period begins, not before, and once', async () => {
    await weekly('ann', { destination: 'iban-1' })
    await net.give('ann', 100n)
    await net.passTo(MONDAY - 0.001)
    await net.run()
    expect(net.told).toEqual([])
    await net.passTo(MONDAY)
    await Promise.all([net.run(), net.run()])
    await net.run()
    expect(new Set(net.told.map(({ payoutId }) => payoutId)).size).toBe(1)
    expect(net.told[0]).toMatchObject({ account: 'ann', amount: '100', destination: 'iban-1' })
    expect(await net.has('ann')).toMatchObject({ available: 0n, held: 100n })
    expect(await net.preference('ann')).toEqual({
      account: 'ann',
      schedule: 'weekly',
      destination: 'iban-1',
      dueAt: at('2026-01-12T00:00:00Z'),
      lastOutcome: { at: at('2026-01-05T00:00:00Z'), outcome: 'REQUESTED', payout: net.told[0]?.payoutId },
    })
    await net.give('ann', 7n)
    await net.passTo(MONDAY + WEEK)
    await net.run()
    expect(net.told.at(-1)).toMatchObject({ amount: '7' })
  })

  it('by the month is due on the first', async () => {
    await net.prefer({ account: 'ann', schedule: 'monthly', dueAt: at('2026-02-01T00:00:00Z') })
    await net.give('ann', 10n)
    await net.passTo(31 * 24)
    await net.run()
    expect(net.told).toMatchObject([{ amount: '10' }])
    expect((await net.preference('ann')).dueAt).toBe(at('2026-03-01T00:00:00Z'))
  })

  it('that a clock has leapt over is due once, and next after the clock', async () => {
    await weekly('ann')
    await net.give('ann', 10n)
    await net.passTo(MONDAY + 3 * WEEK + 30)
    await net.run()
    await net.run()
    expect(net.told).toHaveLength(1)
    expect((await net.preference('ann')).dueAt).toBe(at('2026-02-02T00:00:00Z'))
  })

  it.each([
    ['nothing', 0n, {}],
    ['less than the policy’s minimum', 4n, {}],
    ['less than its own minimum', 19n, { minimum: 20n }],
  ])('skips an account that has %s', async (_, amount, more) => {
    await weekly('ann', more)
    if (amount > 0n) await net.give('ann', amount)
    await net.passTo(MONDAY)
    expect(await net.run()).toMatchObject({ failed: 0 })
    expect(net.told).toEqual([])
    expect(await net.preference('ann')).toMatchObject({
      dueAt: at('2026-01-12T00:00:00Z'),
      lastOutcome: { outcome: 'SKIPPED', reason: { code: 'BelowMinimum' } },
    })
  })

  it('without a rate of the open era stops with the reason, and the next period tries again', async () => {
    await net.stock(100n)
    await net.give('ann', 101n)
    await net.rate('old', 0, '1', '2')
    await weekly('ann', { asset: 'USDC' })
    await net.passTo(MONDAY)
    expect(await net.run()).toMatchObject({ failed: 0 })
    expect((await net.preference('ann')).lastOutcome).toEqual({
      at: at('2026-01-05T00:00:00Z'),
      outcome: 'STOPPED',
      reason: {
        code: 'NoRate',
        message:
          'a payout in another asset is at the rate published for the open era: USDC has none for era 4, the last one is of era 0',
      },
    })
    expect(await net.has('ann')).toMatchObject({ available: 101n, held: 0n })
    await net.rate('new', MONDAY + WEEK + 1, '1', '2')
    await net.passTo(MONDAY + WEEK)
    await net.run()
    expect(net.told).toMatchObject([{ asset: 'USDC', amount: '50', charged: '100' }])
    expect(await net.has('ann')).toMatchObject({ available: 1n, held: 100n })
  })

  it.each([
    ['too small an inventory', 'NotEnoughInventory', () => net.stock(1n)],
    ['no inventory at all', 'UnknownInventory', async () => undefined],
  ])('with %s stops with the reason', async (_, code, prepare) => {
    await prepare()
    await net.give('ann', 100n)
    await net.rate('r', MONDAY + 1, '1', '2')
    await weekly('ann', { asset: 'USDC' })
    await net.passTo(MONDAY)
    await net.run()
    expect((await net.preference('ann')).lastOutcome).toMatchObject({ outcome: 'STOPPED', reason: { code } })
    expect(await net.has('ann')).toMatchObject({ available: 100n, held: 0n })
  })

  it('of an account that can hold no more stops with the reason', async () => {
    await net.give('ann', 1_000n)
    const moves = Array.from({ length: 500 }, (_, i) => ({
      move: 'hold' as const,
      account: 'ann',
      id: `order#${i}`,
      amount: 1n,
    }))
    await post(net.deps, { id: 'cmd#test#holds', digest: '', change: { moves } })
    await weekly('ann')
    await net.passTo(MONDAY)
    await net.run()
    expect((await net.preference('ann')).lastOutcome).toMatchObject({ reason: { code: 'TooManyHolds' } })
  })

  it.each([
    ['taken back', 'none', {}],
    ['put off', 'monthly', { dueAt: at('2026-02-01T00:00:00Z') }],
  ] as const)('that is %s before the run has come is not paid out', async (_, schedule, more) => {
    await weekly('ann')
    await net.give('ann', 100n)
    await net.passTo(MONDAY)
    const { records } = net.store
    // The list still shows what the record says no more.
    const stale = await records.list('byPlace', { kind: 'PREFERENCE', list: 'preferences#due', limit: 10 })
    await net.prefer({ account: 'ann', schedule, ...more })
    const store = { ...net.store, records: { ...records, list: async () => stale as never } }
    expect(await requestDue({ ...net.deps, store }, { failed: 0 })).toEqual({ done: true, failed: 0 })
    expect(await net.has('ann')).toMatchObject({ available: 100n, held: 0n })
  })

  it('is dealt with for everybody, in bounded calls; one that fails keeps nobody else waiting', async () => {
    const accounts = Array.from({ length: 60 }, (_, i) => `account-${String(i).padStart(2, '0')}`)
    const dueAt = at('2026-01-05T00:00:00Z')
    for (let from = 0; from < accounts.length; from += 30) {
      const some = accounts.slice(from, from + 30)
      const { moves } = command('', ...some.map((account) => deposit(account, 10n))).change as Change
      const records = some.map((account) => preferenceWrite({ account, schedule: 'weekly', dueAt }, 0))
      await post(net.deps, { id: `cmd#test#many#${from}`, digest: '', change: { moves, records } })
    }
    await net.passTo(MONDAY)
    const { journal } = net.store
    const store: typeof net.store = {
      ...net.store,
      journal: {
        ...journal,
        commit: (entry, ...rest) =>
          entry.id.startsWith('job#pay-out#request#account-07#')
            ? Promise.reject(new Error('the table is away'))
            : journal.commit(entry, ...rest),
      },
    }
    const first = await requestDue({ ...net.deps, store }, { failed: 0 })
    expect(first).toMatchObject({ done: false, failed: 1, after: expect.stringContaining('account-49') })
    expect(await requestDue({ ...net.deps, store }, first)).toMatchObject({ done: true, failed: 1 })
    expect(net.warnings).toEqual(['PREFERENCE account-07 stays due: the table is away'])
    expect(await net.run()).toMatchObject({ failed: 0 })
    expect(new Set(net.told.map(({ account }) => account))).toEqual(new Set(accounts))
  })
})
