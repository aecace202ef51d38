import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Move } from '../../../shared/domain/moves.ts'
import { balanceOf } from '../../../shared/domain/page.ts'
import { post } from '../../../shared/ledger/post.ts'
import { closeEra } from '../../../shared/settlement/close.ts'
import { simulatePolicy } from '../../../shared/settlement/simulation/simulate-policy.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { fee } from '../../support/events.ts'
import { stateOf } from '../../support/ledger.ts'
import { charging, deposit, ends, owing, stakes } from '../../support/moves.ts'
import { type TestNetwork, testNetwork } from '../../support/network.ts'
import { blockPolicyJson, HOUR_MS, type Json, policyJson, START_MS, toGroup } from '../../support/policies.ts'

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine.stop())

const hour = (hours: number) => new Date(START_MS + hours * HOUR_MS).toISOString()

async function opened(json: Json, at: string | number = hour(0)): Promise<TestNetwork> {
  const network = testNetwork(await engine.another(), json)
  await network.advance(at)
  return network
}

let commands = 0
async function command({ store }: TestNetwork, ...moves: Move[]): Promise<void> {
  commands += 1
  await post({ store, now: () => 0 }, { id: `cmd#test#${commands}`, digest: '', change: { moves } })
}

const sealsOf = async ({ store }: TestNetwork) =>
  (await store.reads.seals({ limit: 100 })).seals
    .reverse()
    .map(({ era, through, income }) => [era, through, income.total])

describe('an era without events', () => {
  it('is settled in full where a command told it something, and no range of quiet eras goes over it', async () => {
    const network = await opened(policyJson())
    await command(network, deposit('ann', 100n), ...charging('ann', 'c0', 5n))
    await network.advance(hour(4))
    await command(network, ...charging('ann', 'c4', 7n))
    await network.advance(hour(8))
    await network.run()
    expect(await sealsOf(network)).toEqual([
      [0, 0, 5n],
      [1, 3, 0n],
      [4, 4, 7n],
      [5, 7, 0n],
    ])
    expect(balanceOf(await stateOf(network.store, 'ann'))).toBe(88n)
  })

  it('is not quiet for a due or an end alone either, and is for what only moves what accounts have', async () => {
    const network = await opened(policyJson())
    const isEmpty = async (era: number) =>
      (await closeEra({ store: network.store, now: () => 0, fenceSeconds: 0 }, { era })).empty
    const told: [number, Move[], boolean][] = [
      [0, [deposit('ann', 100n), stakes('ann', 'a', 10n)], true],
      [
        1,
        [owing('bob', 'd', 5n, { spread: { from: START_MS + 90 * HOUR_MS, to: START_MS + 91 * HOUR_MS } })],
        false,
      ],
      [2, [ends('bob', 'Due', 'd', START_MS)], false],
      [3, [{ move: 'slash', account: 'ann', id: 's', lot: 'a', amount: 1n, to: '@insurance' }], false],
      [4, [{ move: 'unstake', account: 'ann', lot: 'a', unbondingMs: 0 }], true],
    ]
    for (const [era, moves, expected] of told) {
      await command(network, ...moves)
      await network.advance(hour(era + 1))
      expect([era, await isEmpty(era)]).toEqual([era, expected])
      await network.run()
    }
    expect((await network.store.system.read()).balances).toEqual({ '@insurance': 1n })
  })
})

describe('stakes held here', () => {
  it('weigh together with reported ones, from the position at which they are made', async () => {
    const json = policyJson(toGroup({ stakeSeconds: { lockCurve: [['PT0S', '100%']] } }))
    const network = await opened(json)
    await command(network, deposit('ann', 100n), deposit('bob', 100n), stakes('ann', 'a', 30n))
    await network.advance(hour(0.5))
    await command(network, stakes('bob', 'a', 60n))
    const report = { account: 'cay', lot: 'x', amount: 30n, lockSeconds: 0, occurredAt: START_MS }
    await network.book([fee('f', 900n), { name: 'StakeReported', id: 's', ...report }])
    await network.advance(hour(1))
    await command(network, { move: 'unstake', account: 'ann', lot: 'a', unbondingMs: 0 })
    await network.book([fee('g', 900n, { occurredAt: START_MS + HOUR_MS })])
    await network.advance(hour(2))
    await network.run()
    const earned = async (account: string) => (await stateOf(network.store, account)).earned
    // 300 each of the first hour, 60 to 30 of the second.
    expect([await earned('ann'), await earned('bob'), await earned('cay')]).toEqual([300n, 900n, 600n])
  })

  it('count as staked at the end of an era of blocks, from and until a block', async () => {
    const network = await opened(blockPolicyJson(toGroup({ metric: 'staked' })), 0)
    await command(network, deposit('ann', 100n), deposit('bob', 100n), stakes('ann', 'a', 30n))
    await network.advance(9)
    await command(network, stakes('bob', 'a', 60n))
    await network.book([fee('f', 900n, { block: 3 })])
    await network.advance(10)
    await command(network, { move: 'unstake', account: 'ann', lot: 'a', unbondingMs: 0 })
    await network.book([fee('g', 900n, { block: 15 })])
    await network.advance(20)
    await network.run()
    const earned = async (account: string) => (await stateOf(network.store, account)).earned
    expect([await earned('ann'), await earned('bob')]).toEqual([300n, 1_500n])
  })
})

describe('a simulation of an era that commands told something', () => {
  it('says that it leaves that out, and is reproduced where there was nothing', async () => {
    const json = policyJson({ income: { fee: { recognise: 'ratable' } } })
    const network = await opened(json)
    await command(network, deposit('ann', 100n))
    await network.book([fee('f', 10n)])
    await network.advance(hour(1))
    await network.run()
    const plain = await simulatePolicy(network.store, json)
    expect(plain.isReproduced).toBe(true)
    expect(plain.approximations.join(' ')).not.toContain('commands')

    const spread = { from: START_MS + HOUR_MS, to: START_MS + 3 * HOUR_MS }
    await command(network, ...charging('ann', 'c', 40n, { spread }))
    await network.book([fee('g', 10n, { occurredAt: START_MS + HOUR_MS })])
    await network.advance(hour(2))
    await network.run()
    const told = await simulatePolicy(network.store, json)
    expect(told.isReproduced).toBe(false)
    expect(told.approximations).toContainEqual(expect.stringContaining('What commands told the era'))

    // What an earlier era began goes on in this one, and is known.
    await network.book([fee('h', 10n, { occurredAt: START_MS + 2 * HOUR_MS })])
    await network.advance(hour(3))
    await network.run()
    const after = await simulatePolicy(network.store, json)
    expect(after).toMatchObject({ isReproduced: true, seal: { era: 2, income: { total: 30n } } })
  })

  it('opens with what accounts had, held and staked included', async () => {
    const json = policyJson(toGroup({ metric: 'balance' }))
    const network = await opened(json)
    await command(network, deposit('ann', 100n), deposit('bob', 50n), stakes('ann', 'a', 60n))
    await command(network, { move: 'hold', account: 'bob', id: 'h', amount: 50n })
    await network.advance(hour(1))
    await network.book([fee('f', 30n, { occurredAt: START_MS + HOUR_MS })])
    await network.advance(hour(2))
    await network.run()
    expect(await simulatePolicy(network.store, json)).toMatchObject({ isReproduced: true, seal: { era: 1 } })
    expect((await stateOf(network.store, 'bob')).earned).toBe(10n)
  })
})
