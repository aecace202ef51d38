import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readBalance } from '../../../shared/api/balance.ts'
import { readEntries } from '../../../shared/api/entries.ts'
import { connectReader } from '../../../shared/api/network.ts'
import { readStatement } from '../../../shared/api/statement.ts'
import { sum } from '../../../shared/domain/money.ts'
import type { Move } from '../../../shared/domain/moves.ts'
import { balanceOf } from '../../../shared/domain/page.ts'
import { type Command, post } from '../../../shared/ledger/post.ts'
import magnet from '../../../shared/policies/magnet-hourly.json' with { type: 'json' }
import { tick } from '../../../shared/settlement/tick.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { fee, metric } from '../../support/events.ts'
import { availableOf, command, deposit, posting, postingsOf, stateOf } from '../../support/ledger.ts'
import { type TestNetwork, testNetwork } from '../../support/network.ts'
import { HOUR_MS } from '../../support/policies.ts'

const start = Date.parse(magnet.era.from)
const iso = (hours: number) => new Date(start + hours * 3_600_000).toISOString()
const moving = (id: string, ...moves: Move[]): Command => ({ ...command(id), change: { moves } })
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

  it('holds-ignored: what is pending, held, staked or on its way back is spent by no command', async () => {
    const network = await opened({ payout: { timelock: 'PT2H' }, minimum: '0' })
    const { store } = network
    const deps = { store, now: () => 0 }
    const ann = { account: 'ann', amount: 10n }
    await post(deps, command('in', deposit('ann', 41n)))
    await post(deps, moving('hold', { move: 'hold', id: 'order#1', until: start + 4 * HOUR_MS, ...ann }))
    await post(deps, moving('stake', { move: 'stake', lot: 'a', lockSeconds: 0, ...ann }))
    await post(deps, moving('more', { move: 'stake', lot: 'b', lockSeconds: 0, ...ann }))
    await post(deps, moving('back', { move: 'unstake', lot: 'b', unbondingMs: 5 * HOUR_MS, ...ann }))
    await post(deps, moving('other', { move: 'hold', id: 'order#2', ...ann }))
    await network.book([
      fee('f', 1_000n, { kind: 'gas_fee', ...early }),
      metric('ann', 'blocksProduced', 1n, early),
    ])
    await network.advance(iso(1))
    await network.run()
    const credited = (await stateOf(store, 'ann')).pending[0]?.amount as bigint
    expect(credited > 0n).toBe(true)

    const taking = (amount: bigint): Move[] => [
      { move: 'transfer', from: 'ann', to: 'bob', amount, why: 'transfer' },
      { move: 'transfer', from: 'ann', to: '@external', amount, why: 'payout' },
      { move: 'hold', account: 'ann', id: 'order#3', amount },
      { move: 'stake', account: 'ann', lot: 'c', amount, lockSeconds: 0 },
    ]
    const refuse = async (amount: bigint) => {
      const before = await stateOf(store, 'ann')
      for (const [i, move] of taking(amount).entries()) {
        const spend = post(deps, moving(`${move.move}-${i}-${amount}`, move))
        await expect(spend).rejects.toMatchObject({ code: 'NotEnough' })
      }
      expect(await stateOf(store, 'ann')).toEqual(before)
    }
    await refuse(2n)
    await post(deps, command('one', posting('ann', 'bob', 1n)))
    await refuse(1n)
    // More than a hold keeps is not made up for by what another keeps.
    const capture: Move = { move: 'capture', from: 'ann', hold: 'order#2', to: 'bob', amount: 11n, why: 'x' }
    await expect(post(deps, moving('capture', capture))).rejects.toMatchObject({ code: 'HoldTooSmall' })
    // Each is free when its time has come, and not a millisecond before.
    for (const [hour, free] of [
      [3, credited],
      [4, 10n],
      [5, 10n],
    ] as const) {
      await network.advance(new Date(start + hour * HOUR_MS - 1).toISOString())
      await network.run()
      await refuse(1n)
      await network.advance(iso(hour))
      await network.run()
      await refuse(free + 1n)
      await post(deps, command(`free-${hour}`, posting('ann', 'bob', free)))
    }
    await refuse(1n)
    expect(await availableOf(store, ['bob'])).toEqual([1n + credited + 20n])
    expect(balanceOf(await stateOf(store, 'ann'))).toBe(20n)
  })

  it('balance-without-transaction: every balance is what its statements credited and its entries changed', async () => {
    const network = await opened({ minimum: '0' })
    const { store } = network
    const deps = { store, now: () => 0 }
    const everyone = ['ann', 'bob', 'cyd']
    for (const hour of [0, 1, 2, 3]) {
      for (const [i, account] of everyone.entries()) {
        const other = everyone[(i + 1 + (hour % 2)) % 3] as string
        const id = `${hour}-${account}`
        await post(deps, command(`in-${id}`, deposit(account, BigInt(100 + i))))
        await post(deps, command(`on-${id}`, posting(account, other, BigInt(7 * i + hour + 1))))
        await post(
          deps,
          moving(`stake-${id}`, { move: 'stake', account, lot: id, amount: 9n, lockSeconds: 0 }),
        )
        const slash = { move: 'slash', account, id, lot: id, amount: 2n, to: '@burn' } as const
        if (i === hour) await post(deps, moving(`slash-${id}`, slash))
      }
      const events = { occurredAt: start + hour * HOUR_MS + 60_000 }
      if (hour % 2 === 0)
        await network.book([
          fee(`f-${hour}`, 1_000n, { kind: 'gas_fee', ...events }),
          metric('ann', 'blocksProduced', 1n, { ...events, id: `m-${hour}` }),
          metric('bob', 'blocksProduced', 2n, { ...events, id: `n-${hour}` }),
        ])
      await network.advance(iso(hour + 1))
      await network.run()
    }
    const reader = connectReader(store.reads, () => 0)
    for (const account of everyone) {
      const changes: bigint[] = []
      const walked: bigint[] = []
      let cursor: string | undefined
      do {
        const { rows, next } = await readStatement(reader, { account, cursor, limit: 2 })
        for (const { credited, entries, more } of rows) {
          expect(more).toBe(false)
          changes.push(BigInt(credited.amount))
          changes.push(...entries.flatMap(({ moves }) => moves.map(({ change }) => BigInt(change.amount))))
        }
        cursor = next
      } while (cursor !== undefined)
      do {
        const { entries, next } = await readEntries(reader, { account, cursor, limit: 5 })
        walked.push(...entries.flatMap(({ moves }) => moves.map(({ change }) => BigInt(change.amount))))
        cursor = next
      } while (cursor !== undefined)
      const { total, earned } = await readBalance(reader, { account })
      expect(sum(changes)).toBe(BigInt(total.amount))
      expect(sum(walked)).toBe(BigInt(total.amount) - BigInt(earned.amount))
    }
  })

  it('name-collision: no command pays the network, and a namesake of its pool is somebody else', async () => {
    const { store } = await opened()
    const deps = { store, now: () => 0 }
    const { balances } = await store.system.read()
    await post(deps, command('in', deposit('ann', 5n)))
    for (const to of ['@pool', '@burn', '@charged', '@treasury']) {
      const paying = post(deps, command(`to-${to}`, posting('ann', to, 1n)))
      await expect(paying).rejects.toMatchObject({ code: 'PostingRefused' })
    }
    await post(deps, command('namesake', posting('ann', 'pool', 5n)))
    expect(await availableOf(store, ['ann', 'pool'])).toEqual([0n, 5n])
    expect((await store.system.read()).balances).toEqual(balances)
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
