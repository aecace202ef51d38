import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Seal } from '../../../shared/domain/seal.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { fee } from '../../support/events.ts'
import { stateOf } from '../../support/ledger.ts'
import { type TestNetwork, testNetwork } from '../../support/network.ts'
import { HOUR_MS, type Json, policyJson, START_MS, toGroup } from '../../support/policies.ts'
import { settle } from '../../support/settled.ts'

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine.stop())

const moment = (hours: number) => new Date(START_MS + hours * HOUR_MS).toISOString()
const feeOf = (era: number, amount: bigint) =>
  fee(`fee-${era}`, amount, { occurredAt: START_MS + era * HOUR_MS })

/** 1,000 for the founder over ten hours, none of it before the cliff at half past three; the holder has 100 at once. */
const VESTING = {
  genesis: {
    accounts: {
      founder: { vesting: [{ amount: '1000', from: moment(0), cliff: moment(3.5), to: moment(10) }] },
      holder: { balance: '100' },
    },
  },
}

async function run(json: Json, fees: ReturnType<typeof feeOf>[], hours: number): Promise<TestNetwork> {
  const network = testNetwork(await engine.another(), json)
  await network.advance(moment(0))
  await network.book(fees)
  await network.advance(moment(hours))
  await network.run()
  return network
}

async function sealsOf({ store }: TestNetwork): Promise<Seal[]> {
  return (await store.reads.seals({ limit: 100 })).seals.reverse()
}

async function creditsOf({ store }: TestNetwork, account: string, eras: number): Promise<bigint[]> {
  const rows = Array.from({ length: eras }, (_, era) => store.reads.statement(era, account))
  return (await Promise.all(rows)).map((statement) => statement?.row.credited ?? 0n)
}

describe('a genesis with vesting, over a real table', () => {
  it('vests era after era from the cliff on, with nothing else going on, and only then lets eras be quiet', async () => {
    const network = await run(policyJson(VESTING), [], 14)
    // Era 3 ends after the cliff, and has what the hours before it had.
    expect(await creditsOf(network, 'founder', 11)).toEqual([
      0n,
      0n,
      0n,
      400n,
      100n,
      100n,
      100n,
      100n,
      100n,
      100n,
      0n,
    ])
    const seals = await sealsOf(network)
    expect(seals.map(({ era, through }) => [era, through])).toEqual([
      ...Array.from({ length: 10 }, (_, era) => [era, era]),
      [10, 13],
    ])
    expect(seals.map(({ system }) => system['@vesting'] ?? 0n)).toEqual([
      1_000n,
      1_000n,
      1_000n,
      600n,
      500n,
      400n,
      300n,
      200n,
      100n,
      0n,
      0n,
    ])
    expect(await stateOf(network.store, 'founder')).toMatchObject({ earned: 1_000n, deposited: 0n })
  })

  it('weighs by what has vested two eras before, and by none of what has not', async () => {
    const json = policyJson({ ...toGroup({ metric: 'balance' }), ...VESTING })
    const fees = Array.from({ length: 8 }, (_, era) => feeOf(era, 1_000n))
    const network = await run(json, fees, 8)
    const vested = [0n, 0n, 0n, 400n, 100n, 100n, 100n, 100n]
    const founder = await creditsOf(network, 'founder', 8)
    // What vests in era 3 is worked out while era 4 runs: it is in the opening of era 5.
    expect(founder.slice(0, 5)).toEqual(vested.slice(0, 5))
    expect((founder[5] as bigint) > (vested[5] as bigint)).toBe(true)
    const holder = await creditsOf(network, 'holder', 8)
    expect(holder.slice(0, 5)).toEqual([1_000n, 1_000n, 1_000n, 1_000n, 1_000n])
    // Era 5 opened with 100 and the credits of eras 0 to 3, 4,000 and 400 of them.
    expect(holder[5]).toBe(1_000n - ((founder[5] as bigint) - 100n))
    expect([911n, 912n]).toContain(holder[5])
  })

  it('says of every era what settling in memory says', async () => {
    const json = policyJson({ ...toGroup({ metric: 'balance' }), ...VESTING })
    const fees = [0, 2, 3, 6, 7, 9].map((era) => feeOf(era, BigInt(777 + era)))
    const network = await run(json, fees, 10)
    const { eras } = await settle(json, fees, 10)
    expect(await sealsOf(network)).toEqual(eras.map(({ seal }) => seal))
  })
})
