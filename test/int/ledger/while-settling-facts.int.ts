import { hash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ExchequerError } from '../../../shared/domain/errors.ts'
import { sum } from '../../../shared/domain/money.ts'
import type { Move } from '../../../shared/domain/moves.ts'
import { balanceOf } from '../../../shared/domain/page.ts'
import { type EraResult, eraResult } from '../../../shared/domain/simulate.ts'
import type { Statement } from '../../../shared/domain/statement.ts'
import type { JournalEntry } from '../../../shared/ledger/ports.ts'
import { post } from '../../../shared/ledger/post.ts'
import { creditPartition } from '../../../shared/settlement/credit.ts'
import { decideEra } from '../../../shared/settlement/decide.ts'
import { foldShard } from '../../../shared/settlement/fold.ts'
import { sealEra } from '../../../shared/settlement/seal.ts'
import { weighPartition } from '../../../shared/settlement/weigh.ts'
import type { Store } from '../../../shared/store/table.ts'
import { evaluate, type RawPolicy } from '../../differential/naive.ts'
import { seeded } from '../../differential/random.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { stateOf } from '../../support/ledger.ts'
import { charging, ends, owing, stakes, transfer } from '../../support/moves.ts'
import { settle, type TestNetwork, testNetwork } from '../../support/network.ts'
import { HOUR_MS, START_MS } from '../../support/policies.ts'
import { busyPolicy } from '../../support/random-commands.ts'
import { PENALTY, saidAsEvents } from '../../support/said-as-events.ts'

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine.stop())

const ERAS = 4
/** Most of it is waiting for the engine, which others may be using too. */
const SLOW = { timeout: 120_000 }
const ACCOUNTS = ['ann', 'bob', 'cay', 'dee', 'eve', 'zoe']
const GENESIS = 1_000_000n
const { income, ...busy } = busyPolicy()
const JSON_POLICY = {
  ...busy,
  income: { ...(income as object), ...PENALTY },
  genesis: {
    accounts: Object.fromEntries(ACCOUNTS.map((account) => [account, { balance: GENESIS.toString() }])),
  },
}

const moment = (hours: number) => new Date(START_MS + hours * HOUR_MS).toISOString()
const digestOf = (moves: readonly Move[]) => hash('sha256', moves.map(({ move }) => move).join(' '))
const range = (count: number) => Array.from({ length: count }, (_, n) => n)

async function opened(): Promise<TestNetwork> {
  const network = testNetwork(await engine.another(), JSON_POLICY)
  await network.advance(moment(0))
  return network
}

async function command(store: Store, id: string, moves: readonly Move[]): Promise<JournalEntry> {
  return post({ store, now: () => 0 }, { id: `cmd#test#${id}`, digest: digestOf(moves), change: { moves } })
}

/** What may be answered to somebody who acts at random. */
const REFUSALS = ['NotEnough', 'StakeExists', 'StakeNotHeld', 'StakeLocked', 'StakeTooSmall', 'TooManyStakes']

/** Books, ends, tips, stakes, unstakes, slashes and transfers until `isOver`, and notes all that was done. */
async function act(
  { store }: TestNetwork,
  seed: number,
  done: JournalEntry[],
  isOver: () => boolean,
): Promise<void> {
  const random = seeded(seed)
  const bookings: { id: string; buyer: string; provider: string }[] = []
  const one = () => random.pick(ACCOUNTS)
  const movesOf = (n: number, position: number): Move[] => {
    const amount = BigInt(random.int(1, 5_000))
    const [buyer, provider, id] = [one(), one(), `b${seed}-${n}`]
    // Lots of one actor only, so that what becomes of each is known in its order.
    const lot = `l${seed}-${random.int(0, 2)}`
    switch (random.int(0, 8)) {
      case 0:
      case 1:
      case 2: {
        const from = position + random.int(-1, 1) * HOUR_MS
        const spread = { from, to: from + random.int(1, 240) * 60_000 }
        bookings.push({ id, buyer, provider })
        return [
          ...charging(buyer, id, amount, { spread, refundTo: buyer }),
          owing(provider, id, (amount * 4n) / 5n + 1n, { spread }),
        ]
      }
      case 3: {
        const booking = bookings.splice(random.int(0, Math.max(0, bookings.length - 1)), 1)[0]
        if (!booking) return [...charging(buyer, id, amount)]
        return [
          ends(booking.buyer, 'Charge', booking.id, position),
          ends(booking.provider, 'Due', booking.id, position),
        ]
      }
      case 4:
        return charging(buyer, id, amount, { kind: 'tip' })
      case 5:
        return [stakes(ACCOUNTS[seed] as string, lot, amount, lot.endsWith('0') ? 3_600 : 0)]
      case 6:
        return [
          {
            move: 'unstake',
            account: ACCOUNTS[seed] as string,
            lot,
            unbondingMs: random.int(0, 2) * 1_800_000,
          },
        ]
      case 7:
        return [
          {
            move: 'slash',
            account: ACCOUNTS[seed] as string,
            id,
            lot,
            amount: amount / 9n + 1n,
            to: '@insurance',
          },
        ]
      default:
        return buyer === provider ? [owing(provider, id, 7n)] : [transfer(buyer, provider, amount)]
    }
  }
  for (let n = 0; !isOver(); n += 1) {
    let moves: Move[] | undefined
    const change = async ({ position }: { position: number }) => {
      moves ??= movesOf(n, position)
      return { moves: moves.map((move) => (move.move === 'end' ? { ...move, at: position } : move)) }
    }
    try {
      done.push(await post({ store, now: () => n }, { id: `cmd#test#${seed}-${n}`, digest: `${n}`, change }))
    } catch (error) {
      if (!(error instanceof ExchequerError && REFUSALS.includes(error.code))) throw error
    }
    await sleep(random.int(0, 5))
  }
}

/** An era as its frozen records tell it. */
async function resultOf({ store }: TestNetwork, era: number): Promise<EraResult> {
  const [plan, seal] = [await store.plans.read(era), await store.seals.read(era)]
  if (!plan || !seal) throw new Error(`era ${era} is not sealed`)
  const statements: Statement[] = []
  for (const partition of range(16))
    for await (const statement of store.statements.list(era, partition)) statements.push(statement)
  return eraResult({ plan, seal, statements })
}

describe('what commands tell the eras', () => {
  it(
    'while others are settled: every era comes to what a naive evaluator makes of the journal',
    SLOW,
    async () => {
      const network = await opened()
      const entries: JournalEntry[] = []
      let isOver = false
      const acting = [0, 1, 2].map((seed) => act(network, seed, entries, () => isOver))
      let settling = Promise.resolve()
      for (const quarter of range(ERAS * 4)) {
        const enough = entries.length + 6
        while (entries.length < enough) await sleep(1)
        if (quarter === ERAS * 4 - 1) break
        await network.advance(moment((quarter + 1) / 4))
        // The clock goes on while what is closed is settled, and sometimes is an era ahead of that.
        if (quarter % 6 === 3) settling = settling.then(() => network.run())
      }
      isOver = true
      await Promise.all(acting)
      await settling
      await network.advance(moment(ERAS))
      await network.run()

      const until = moment(ERAS)
      const expected = evaluate(
        JSON_POLICY as unknown as RawPolicy,
        saidAsEvents(network.policy, entries),
        until,
      )
      expect(expected).toHaveLength(ERAS)
      for (const era of range(ERAS)) expect(await resultOf(network, era)).toEqual(expected[era])

      const plans = await Promise.all(range(ERAS).map((era) => network.store.plans.read(era)))
      expect(plans.every((plan) => (plan?.facts ?? 0) > 0)).toBe(true)
      const states = await Promise.all(ACCOUNTS.map((account) => stateOf(network.store, account)))
      expect(states.flatMap(({ outbox }) => outbox)).toEqual([])
      const system = sum(Object.values((await network.store.system.read()).balances))
      expect(sum(states.map(balanceOf)) + system).toBe(GENESIS * BigInt(ACCOUNTS.length))
      for (const state of states)
        expect(balanceOf(state)).toBe(state.earned + state.deposited + state.received - state.paid)
    },
  )

  it('between any two steps of a settlement is taken by the next era, and by no step twice', async () => {
    const network = await opened()
    const { store } = network
    let n = 0
    /** A charge of ann and a due of bob, between two steps. */
    const tell = () => {
      n += 1
      return command(store, `step-${n}`, [
        ...charging('ann', `c${n}`, 1_000n, { kind: 'tip' }),
        owing('bob', `d${n}`, 10n),
      ])
    }
    const told = [await tell(), await tell()]
    await network.advance(moment(1))
    const steps = [
      () => Promise.all(range(4).map((shard) => foldShard({ store }, { era: 0, shard }))),
      () => Promise.all(range(16).map((partition) => weighPartition({ store }, { era: 0, partition }))),
      () => decideEra({ store }, { era: 0 }),
      () =>
        Promise.all(
          range(16).map((partition) =>
            creditPartition(
              { store: meeting(store, tell), remainingMs: () => 60_000 },
              { era: 0, partition },
            ),
          ),
        ),
      () => sealEra({ store }, { era: 0 }),
    ]
    for (const step of steps) {
      told.push(await tell())
      await step()
      await step()
    }
    const later = n - 2
    expect(later).toBeGreaterThan(steps.length)
    expect(told.map(({ era }) => era)).toEqual([0, 0, ...steps.map(() => 1)])
    expect((await store.plans.read(0))?.income.kinds.tip).toMatchObject({ count: 2, charged: 2_000n })
    expect((await stateOf(store, 'ann')).outbox.map((fact) => [fact.era, fact.of])).toEqual(
      range(later).map(() => [1, 'Charge']),
    )
    expect((await stateOf(store, 'bob')).outbox).toHaveLength(later)
    await network.advance(moment(2))
    await settle({ store, era: 1, wallNow: () => 0 })
    expect((await store.plans.read(1))?.income.kinds.tip).toMatchObject({
      count: later,
      charged: 1_000n * BigInt(later),
    })
    expect((await stateOf(store, 'ann')).outbox).toEqual([])
    expect((await stateOf(store, 'bob')).outbox).toEqual([])
  })
})

/** A store in which a command changes the first page that credit writes between its reading and its writing. */
function meeting(store: Store, tell: () => Promise<unknown>): Store {
  let isMet = false
  return {
    ...store,
    pages: {
      ...store.pages,
      async replace(next) {
        if (!isMet) {
          isMet = true
          await tell()
        }
        return store.pages.replace(next)
      },
    },
  }
}
