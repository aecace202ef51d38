import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sum } from '../../../shared/domain/money.ts'
import { balanceOf } from '../../../shared/domain/page.ts'
import type { Posting } from '../../../shared/domain/plan.ts'
import { parsePolicy } from '../../../shared/domain/policy/policy.ts'
import type { JournalEntry } from '../../../shared/ledger/ports.ts'
import { post } from '../../../shared/ledger/post.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { fee } from '../../support/events.ts'
import { command, deposit, posting, postingsOf, stateOf } from '../../support/ledger.ts'
import { type TestNetwork, testNetwork } from '../../support/network.ts'
import { HOUR_MS, type Json, policyJson, START_MS, toGroup } from '../../support/policies.ts'

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine.stop())

const ERAS = 5
/** Most of it is waiting for the engine, which others may be using too. */
const SLOW = { timeout: 120_000 }
const ACCOUNTS = Array.from({ length: 24 }, (_, i) => `holder-${i}`)
const GENESIS = 1_000n

/** All of the pool to who holds the token, by what they held when the era began. */
const reflections = (changes: Json = {}): Json =>
  policyJson({
    ...toGroup({ metric: 'balance' }),
    genesis: {
      accounts: Object.fromEntries(ACCOUNTS.map((account) => [account, { balance: GENESIS.toString() }])),
    },
    ...changes,
  })

const hour = (era: number) => new Date(START_MS + era * HOUR_MS).toISOString()
const feeOf = (era: number) => fee(`fee-${era}`, 10_007n, { occurredAt: START_MS + era * HOUR_MS })

async function opened(json: Json): Promise<TestNetwork> {
  const network = testNetwork(await engine.another(), json)
  await network.advance(hour(0))
  await network.book(Array.from({ length: ERAS }, (_, era) => feeOf(era)))
  return network
}

/** Small numbers that look like chance and are the same in every run. */
function chance(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return (state >> 8) % below
  }
}

/** Moves money about until `isOver`, and notes all that was done. */
async function act(
  { store }: TestNetwork,
  seed: number,
  done: JournalEntry[],
  isOver: () => boolean,
): Promise<void> {
  const next = chance(seed)
  for (let n = 0; !isOver(); n += 1) {
    const [from, to] = [next(ACCOUNTS.length), next(ACCOUNTS.length)].map((i) => ACCOUNTS[i] as string)
    const moves: Posting[] =
      from === to
        ? [deposit(from as string, 3n)]
        : [posting(from as string, to as string, BigInt(1 + next(9)))]
    done.push(await post({ store, now: () => n }, command(`${seed}-${n}`, ...moves)))
    await sleep(next(4))
  }
}

const PARTITIONS = Array.from({ length: 16 }, (_, partition) => partition)

/** The first weight of every account of an era, as it was frozen. */
async function weightsOf({ store }: TestNetwork, era: number): Promise<Map<string, bigint>> {
  const weights = new Map<string, bigint>()
  for (const partition of PARTITIONS) {
    const header = await store.weights.read(era, partition)
    if (!header) continue
    for await (const row of store.weights.rows(era, partition, header))
      weights.set(row.account, row.weights[0] as bigint)
  }
  return weights
}

async function creditsOf({ store }: TestNetwork, era: number, account: string): Promise<bigint> {
  return (await store.reads.statement(era, account))?.row.credited ?? 0n
}

function movedBefore(entries: readonly JournalEntry[], account: string, era: number): bigint {
  const postings = entries.filter((entry) => entry.era < era).flatMap(postingsOf)
  return sum(
    postings.map(({ from, to, amount }) => (from === account ? -amount : to === account ? amount : 0n)),
  )
}

describe('while eras are settled', () => {
  it('commands go on, and every era weighs what accounts had at its opening', SLOW, async () => {
    const network = await opened(reflections())
    const entries: JournalEntry[] = []
    let isOver = false
    const acting = [1, 2, 3].map((seed) => act(network, seed, entries, () => isOver))
    // One era, then two that close at once, then two more: settled behind commands that are eras ahead.
    for (const era of [1, 3, 5]) {
      const enough = entries.length + 12
      while (entries.length < enough) await sleep(1)
      await network.advance(hour(era))
      await network.run()
    }
    isOver = true
    await Promise.all(acting)
    expect([...new Set(entries.map(({ era }) => era))]).toEqual(expect.arrayContaining([0, 1, 3]))

    for (let era = 0; era < ERAS; era += 1) {
      const weights = await weightsOf(network, era)
      for (const account of ACCOUNTS) {
        const before = Array.from({ length: Math.max(0, era - 1) }, (_, n) => creditsOf(network, n, account))
        const credited = sum(await Promise.all(before))
        const opening = GENESIS + movedBefore(entries, account, era) + credited
        expect([era, account, weights.get(account)]).toEqual([era, account, opening])
      }
    }

    const states = await Promise.all(ACCOUNTS.map((account) => stateOf(network.store, account)))
    const deposits = sum(states.map(({ deposited }) => deposited))
    const system = sum(Object.values((await network.store.system.read()).balances))
    expect(sum(states.map(balanceOf)) + system).toBe(deposits + BigInt(ERAS) * 10_007n)
    for (const state of states) {
      expect(balanceOf(state)).toBe(state.earned + state.deposited + state.received - state.paid)
      expect(state.openings.filter(({ through }) => through < ERAS)).toEqual([])
    }
  })

  it('deposits meet credits on the same pages: both are there, once', async () => {
    const network = await opened(reflections())
    await network.advance(hour(1))
    const { store } = network
    const deposits = ACCOUNTS.map((account, i) => command(`meets-${i}`, deposit(account, 5n)))
    const again = async () => {
      for (const one of deposits) await post({ store, now: () => 0 }, one)
    }
    await Promise.all([network.run(), again(), again()])
    const credited = await Promise.all(ACCOUNTS.map((account) => creditsOf(network, 0, account)))
    expect(sum(credited)).toBe(10_007n)
    for (const [i, account] of ACCOUNTS.entries()) {
      const state = await stateOf(store, account)
      expect(state).toMatchObject({ earned: credited[i], deposited: GENESIS + 5n })
      expect(balanceOf(state)).toBe(GENESIS + 5n + (credited[i] as bigint))
    }
    for (const partition of PARTITIONS)
      for await (const page of store.pages.list(partition)) expect(page.creditedThrough).toBe(0)
  })

  it('keeps no openings where the policy does not weigh by balance', async () => {
    const json = policyJson({ ...toGroup({ metric: 'work' }), genesis: reflections().genesis })
    const network = await opened(json)
    await post({ store: network.store, now: () => 0 }, command('plain', deposit('holder-0', 1n)))
    await network.advance(hour(2))
    await network.run()
    expect((await stateOf(network.store, 'holder-0')).openings).toEqual([])
  })

  it.each([
    ['that comes', { metric: 'work' }, { metric: 'balance' }, [2, 3]],
    ['that goes', { metric: 'balance' }, { metric: 'work' }, [0, 1]],
  ])(
    'openings are there for a version %s and weighs by balance, also where its eras are settled late',
    async (_, first, next, eras) => {
      const network = await opened({ ...reflections(), ...toGroup(first) })
      const { store } = network
      const { genesis: __, ...json }: Json = { ...reflections(), ...toGroup(next), version: 2 }
      const policy = parsePolicy(json)
      expect(await store.policies.add({ version: 2, effectiveFrom: 2, hash: 'x', json, policy })).toBe(true)
      const entries: JournalEntry[] = []
      for (let era = 0; era <= 4; era += 1) {
        await network.advance(hour(era))
        const one = command(`version-${era}`, deposit('holder-0', BigInt(10 ** era)))
        entries.push(await post({ store, now: () => 0 }, one))
      }
      await network.run()
      for (const era of eras) {
        const before = Array.from({ length: Math.max(0, era - 1) }, (_, n) =>
          creditsOf(network, n, 'holder-0'),
        )
        const opening = GENESIS + movedBefore(entries, 'holder-0', era) + sum(await Promise.all(before))
        expect([era, (await weightsOf(network, era)).get('holder-0')]).toEqual([era, opening])
      }
    },
  )
})
