import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { post } from '../../../shared/ledger/post.ts'
import magnet from '../../../shared/policies/magnet-hourly.json' with { type: 'json' }
import { tick } from '../../../shared/settlement/tick.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { fee, metric } from '../../support/events.ts'
import { availableOf, command, deposit, posting, postingsOf } from '../../support/ledger.ts'
import { type TestNetwork, testNetwork } from '../../support/network.ts'

const start = Date.parse(magnet.era.from)
const iso = (hours: number) => new Date(start + hours * 3_600_000).toISOString()
const early = { occurredAt: start + 60_000 }

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine.stop())

async function opened(more: object = {}): Promise<TestNetwork> {
  const network = testNetwork(await engine.another(), { ...magnet, ...more })
  await network.advance(iso(0))
  return network
}

/** Each is how money was lost, or made, somewhere else: those that need a running table. */
describe('ways others lost money', () => {
  it('closed-without-manifest: a crash between closing an era and starting to settle it loses nothing', async () => {
    const network = await opened()
    await network.book([fee('f', 1_000n, { kind: 'gas_fee', ...early })])
    const crash = async () => {
      throw new Error('killed')
    }
    const killed = { ...network.tickDeps, executions: { start: crash } }
    await expect(tick(killed, { advanceTo: iso(1) })).rejects.toThrow('killed')
    expect(await network.store.state.read()).toMatchObject({ closedThrough: 0, sealedThrough: -1 })
    expect(network.started).toEqual([])
    await tick(network.tickDeps, {})
    await network.run()
    expect((await network.store.seals.read(0))?.income.total).toBe(1_000n)
  })

  it('holds-ignored: what is pending is not available, and no command can spend it', async () => {
    const network = await opened({ payout: { timelock: 'PT2H' }, minimum: '0' })
    const { store } = network
    await network.book([
      fee('f', 1_000n, { kind: 'gas_fee', ...early }),
      metric('ann', 'blocksProduced', 1n, early),
    ])
    await network.advance(iso(1))
    await network.run()
    const spend = command('spend', posting('ann', 'bob', 1n))
    expect(await availableOf(store, ['ann', 'bob'])).toEqual([0n, 0n])
    await expect(post({ store, now: () => 0 }, spend)).rejects.toMatchObject({ code: 'NotEnough' })
    expect(await availableOf(store, ['ann', 'bob'])).toEqual([0n, 0n])
  })

  it("idempotency-key-shared: another account's use of the same key is another command, with an answer of its own", async () => {
    const { store } = await opened()
    const deps = { store, now: () => 0 }
    const of = (account: string, amount: bigint) => ({
      ...command('', deposit(account, amount)),
      id: `cmd#${account}#payouts#the-same-key`,
    })
    const ann = await post(deps, of('ann', 5n))
    const bob = await post(deps, of('bob', 7n))
    expect([ann, bob].map((entry) => postingsOf(entry)[0]?.amount)).toEqual([5n, 7n])
    expect(await post(deps, of('ann', 5n))).toEqual(ann)
    await expect(post(deps, of('ann', 6n))).rejects.toMatchObject({ code: 'JournalConflict' })
    expect(await availableOf(store, ['ann', 'bob'])).toEqual([5n, 7n])
  })
})
