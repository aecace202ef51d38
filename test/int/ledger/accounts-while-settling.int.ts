import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { slash } from '../../../shared/accounts/slash.ts'
import { makeStake } from '../../../shared/accounts/stake.ts'
import { transfer } from '../../../shared/accounts/transfer.ts'
import { unstake } from '../../../shared/accounts/unstake.ts'
import { callerOf } from '../../../shared/api/authority.ts'
import { readBalance } from '../../../shared/api/balance.ts'
import { changeOf } from '../../../shared/api/entries.ts'
import { connectReader } from '../../../shared/api/network.ts'
import type { Request } from '../../../shared/api/request.ts'
import { ExchequerError } from '../../../shared/domain/errors.ts'
import { sum } from '../../../shared/domain/money.ts'
import { entriesByAccount, isShown } from '../../../shared/domain/moves.ts'
import { balanceOf } from '../../../shared/domain/page.ts'
import type { AccountEntry } from '../../../shared/ledger/ports.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { fee } from '../../support/events.ts'
import { stateOf } from '../../support/ledger.ts'
import { type TestNetwork, testNetwork } from '../../support/network.ts'
import { HOUR_MS, type Json, policyJson, START_MS, toGroup } from '../../support/policies.ts'

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine.stop())

const ERAS = 5
const FEE = 10_007n
const ACCOUNTS = Array.from({ length: 12 }, (_, i) => `holder-${i}`)
const GENESIS = 1_000n
const LOCK_SECONDS = 600
/** Of each who acts: a slow machine settles longer, and need not do more. */
const MOST_TRIES = 120
const LOCKED_FACTOR = 1_500_000_000n
const WHOLE = 1_000_000_000n

/** Half of the pool by what accounts had when the era began, half by what they staked in it. */
const json: Json = policyJson({
  ...toGroup({
    hybrid: [
      { share: '50%', weight: { metric: 'balance' } },
      {
        share: '50%',
        weight: {
          stakeSeconds: {
            lockCurve: [
              ['PT0S', '100%'],
              ['PT10M', '150%'],
            ],
          },
        },
      },
    ],
  }),
  genesis: {
    accounts: Object.fromEntries(ACCOUNTS.map((account) => [account, { balance: GENESIS.toString() }])),
  },
  staking: { unbonding: 'PT20M' },
})

const moment = (hours: number) => new Date(START_MS + hours * HOUR_MS).toISOString()

/** Small numbers that look like chance and are the same in every run. */
function chance(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return (state >> 8) % below
  }
}

const REFUSALS = ['NotEnough', 'StakeLocked', 'StakeNotHeld', 'StakeTooSmall', 'TooManyStakes']

/** Pays, stakes, unstakes and slashes until `isOver`; answers with how often each was done. */
async function act({ store }: TestNetwork, seed: number, isOver: () => boolean) {
  const deps = { store, now: Date.now }
  const next = chance(seed)
  const done = { transfer: 0, stake: 0, unstake: 0, slash: 0, refused: 0 }
  const lots: { account: string; lot: string }[] = []
  for (let n = 0; n < MOST_TRIES && !isOver(); n += 1) {
    const [account, to] = [next(ACCOUNTS.length), next(ACCOUNTS.length)].map(
      (i) => ACCOUNTS[i] as string,
    ) as [string, string]
    const request = (caller = account): Request => ({
      caller: callerOf({ account: caller }),
      key: `${seed}-${n}`,
      digest: `${seed}-${n}`,
    })
    const doing = (['transfer', 'transfer', 'stake', 'unstake', 'slash'] as const)[
      next(5)
    ] as keyof typeof done
    const lot = lots[next(lots.length || 1)]
    try {
      if (doing === 'transfer') {
        if (to === account) continue
        await transfer(deps, { account, body: { to, amount: String(1 + next(90)) } }, request())
      } else if (doing === 'stake') {
        // Of those that are slashed none is unstaked, so that what a slash took is always what stood.
        const name = `${next(3) === 0 ? 'firm' : 'free'}-${seed}-${n}`
        const body = { amount: String(10 + next(90)), lot: name, lockSeconds: next(2) * LOCK_SECONDS }
        await makeStake(deps, { account, body }, request())
        lots.push({ account, lot: name })
      } else if (!lot) continue
      else if (lot.lot.startsWith('free')) {
        const body = next(2) === 0 ? {} : { amount: String(1 + next(50)) }
        await unstake(deps, { ...lot, body }, request(lot.account))
      } else {
        const body = { lot: lot.lot, amount: String(1 + next(5)), to: '@burn', reason: 'a test' }
        await slash(deps, { account: lot.account, body }, request('council'))
      }
      done[doing] += 1
    } catch (error) {
      if (!(error instanceof ExchequerError) || !REFUSALS.includes(error.code)) throw error
      done.refused += 1
    }
    await sleep(next(3))
  }
  return done
}

/** Both weights of every account in an era, as they were frozen. */
async function weightsOf({ store }: TestNetwork, era: number): Promise<Map<string, bigint[]>> {
  const weights = new Map<string, bigint[]>()
  for (let partition = 0; partition < 16; partition += 1) {
    const header = await store.weights.read(era, partition)
    if (!header) continue
    for await (const row of store.weights.rows(era, partition, header)) weights.set(row.account, row.weights)
  }
  return weights
}

async function entriesOf({ store }: TestNetwork, account: string): Promise<AccountEntry[]> {
  const all: AccountEntry[] = []
  let cursor: string | undefined
  do {
    const { entries, next } = await store.journal.entries(account, { cursor, limit: 100 })
    all.push(...entries)
    cursor = next
  } while (cursor !== undefined)
  return all
}

/** What entries say an account staked in an era: each stake until the era's end, less what was taken off it on the way. */
function stakeSecondsOf(entries: readonly AccountEntry[], era: number): bigint {
  const [from, to] = [START_MS + era * HOUR_MS, START_MS + (era + 1) * HOUR_MS]
  const until = (at: number) => BigInt(Math.max(0, to - Math.max(at, from)))
  const all = entries.flatMap(({ networkAt, moves }) => moves.map((move) => ({ networkAt, move })))
  const factors = new Map<string, bigint>()
  for (const { move } of all)
    if (move.move === 'stake') factors.set(move.lot, move.lockSeconds > 0 ? LOCKED_FACTOR : WHOLE)
  return sum(
    all.map(({ networkAt, move }) => {
      if (move.move !== 'stake' && move.move !== 'unstake' && move.move !== 'slash') return 0n
      const weighs = (move.amount as bigint) * until(networkAt) * (factors.get(move.lot) as bigint)
      return move.move === 'stake' ? weighs : -weighs
    }),
  )
}

function changedBefore(entries: readonly AccountEntry[], account: string, era: number): bigint {
  const moves = entries.filter((entry) => entry.era < era).flatMap((entry) => entry.moves)
  const own = entriesByAccount(moves).get(account) ?? []
  return sum(own.map((move) => (isShown(move) ? changeOf(move, account) : 0n)))
}

describe('while eras are settled', () => {
  it('accounts pay, stake, unstake and are slashed: every era weighs one cut, and nothing is lost', async () => {
    const network = testNetwork(await engine.another(), json)
    const { store } = network
    await network.advance(moment(0))
    await network.book(
      Array.from({ length: ERAS }, (_, era) =>
        fee(`fee-${era}`, FEE, { occurredAt: START_MS + era * HOUR_MS }),
      ),
    )
    let isOver = false
    const acting = [1, 2, 3, 4].map((seed) => act(network, seed, () => isOver))
    // The clock stands inside an era, leaps over ends, over two at once, and stands on one.
    for (const hours of [0.25, 0.5, 1.2, 1.9, 2, 2.6, 4.75, 5.5]) {
      await sleep(80)
      await network.advance(moment(hours))
      await network.run()
    }
    isOver = true
    const done = await Promise.all(acting)
    await network.advance(moment(6))
    await network.run()
    const total = (what: keyof (typeof done)[number]) => done.reduce((count, one) => count + one[what], 0)
    for (const what of ['transfer', 'stake', 'unstake', 'slash'] as const)
      expect(total(what)).toBeGreaterThan(0)

    const reader = connectReader(store.reads, () => 0)
    const weights = await Promise.all(Array.from({ length: ERAS }, (_, era) => weightsOf(network, era)))
    for (const account of ACCOUNTS) {
      const entries = await entriesOf(network, account)
      const credited: bigint[] = []
      for (let era = 0; era < ERAS; era += 1) {
        const before = sum(credited.slice(0, Math.max(0, era - 1)))
        const opening = GENESIS + changedBefore(entries, account, era) + before
        const seconds = stakeSecondsOf(entries, era)
        expect([era, account, weights[era]?.get(account)]).toEqual([era, account, [opening, seconds]])
        credited.push((await store.reads.statement(era, account))?.row.credited ?? 0n)
      }
      const state = await stateOf(store, account)
      const changes = changedBefore(entries, account, Number.POSITIVE_INFINITY)
      expect(balanceOf(state)).toBe(GENESIS + changes + sum(credited))
      expect(state.outbox).toEqual([])
      const balance = await readBalance(reader, { account })
      expect(BigInt(balance.total.amount)).toBe(balanceOf(state))
    }

    const states = await Promise.all(ACCOUNTS.map((account) => stateOf(store, account)))
    const { balances } = await store.system.read()
    expect(balances['@burn']).toBe(
      sum(
        (await Promise.all(ACCOUNTS.map((account) => entriesOf(network, account))))
          .flat()
          .flatMap(({ moves }) => moves.map((move) => (move.move === 'slash' ? move.amount : 0n))),
      ),
    )
    expect(sum(states.map(balanceOf)) + sum(Object.values(balances))).toBe(
      BigInt(ACCOUNTS.length) * GENESIS + BigInt(ERAS) * FEE,
    )
  }, 120_000)

  it.each([
    ['at the end of the era', 1, [1, 0]],
    ['a millisecond before it', 1 - 1 / HOUR_MS, [1 - 1 / HOUR_MS, 0]],
    ['a millisecond after it', 1 + 1 / HOUR_MS, [1, 1 / HOUR_MS]],
    ['at its beginning', 0, [0, 0]],
  ] as const)(
    'a stake of the first hour that is unstaked %s weighs that much of each era',
    async (_, hours, weighs) => {
      const network = testNetwork(await engine.another(), json)
      const deps = { store: network.store, now: Date.now }
      const request = (key: string): Request => ({
        caller: callerOf({ account: 'holder-0' }),
        key,
        digest: key,
      })
      await network.advance(moment(0))
      const [account, lot] = ['holder-0', 'a']
      await makeStake(deps, { account, body: { amount: '7', lot, lockSeconds: 0 } }, request('in'))
      if (hours > 0) await network.advance(moment(hours))
      await unstake(deps, { account, lot, body: {} }, request('out'))
      await network.book(
        [0, 1].map((era) => fee(`fee-${era}`, FEE, { occurredAt: START_MS + era * HOUR_MS })),
      )
      await network.advance(moment(2))
      await network.run()
      for (const [era, part] of weighs.entries()) {
        const weight = (await weightsOf(network, era)).get(account)?.[1]
        expect([era, weight]).toEqual([era, 7n * BigInt(Math.round(part * HOUR_MS)) * WHOLE])
      }
      const balance = await readBalance(
        connectReader(network.store.reads, () => 0),
        { account },
      )
      expect(balance).toMatchObject({ staked: { amount: '0' }, returning: [] })
    },
  )
})
