import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newAccount } from '../../../shared/domain/page.ts'
import { ingest } from '../../../shared/ingest/ingest.ts'
import magnet from '../../../shared/policies/magnet-hourly.json' with { type: 'json' }
import { address, fee, message, type TestNetwork, testNetwork } from '../../support/intake.ts'

/** Write units a fee may cost in a full invocation. */
const MOST_UNITS = 0.06
const FEES = 1_000

let network: TestNetwork
const consumed: { name: string; units: number }[] = []

beforeAll(async () => {
  const policy = { ...magnet, era: { every: 'PT1H', from: '2026-01-01T00:00:00Z', clock: 'events' } }
  network = await testNetwork(policy, { now: Date.parse('2026-02-01T00:00:00Z') })
  network.engine.client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const result = await next({
          ...args,
          input: { ...args.input, ReturnConsumedCapacity: 'TOTAL' } as never,
        })
        const { ConsumedCapacity } = result.output as { ConsumedCapacity?: Capacity | Capacity[] }
        const all = [ConsumedCapacity ?? []].flat()
        consumed.push({
          name: commandName,
          units: all.reduce((sum, one) => sum + (one.CapacityUnits ?? 0), 0),
        })
        return result
      },
    { step: 'initialize' },
  )
})
afterAll(() => network.engine.stop())

interface Capacity {
  CapacityUnits?: number
}

describe('a thousand single fees in one invocation', () => {
  const payers = Array.from({ length: 300 }, address)
  it.each([
    ['300 payers', 0, () => payers[Math.floor(Math.random() * payers.length)] as string],
    ['every payer once', 1, address],
  ])('cost at most 0.06 write units each, with %s', async (_payers, hour, payer) => {
    consumed.length = 0
    const outcome = await ingest(
      network.deps,
      Array.from({ length: FEES }, () => single(hour, payer())),
    )
    expect(outcome).toEqual({ failed: [], counted: FEES, late: 0, quarantined: 0 })
    const written = consumed.filter(({ name }) => /Write|Put|Update/.test(name))
    // The segments, the clock and the running totals: everything the invocation wrote.
    expect(written.map(({ name }) => name).sort()).toEqual([
      'BatchWriteItemCommand',
      'UpdateItemCommand',
      'UpdateItemCommand',
    ])
    const units = written.reduce((sum, { units }) => sum + units, 0)
    expect(units).toBeGreaterThan(FEES * 0.03)
    expect(units / FEES).toBeLessThanOrEqual(MOST_UNITS)
  })
})

describe('a balance', () => {
  it('is one item and at most one read unit', async () => {
    const { reads, pages } = network.store
    await pages.replace({
      page: 9,
      version: 1,
      creditedThrough: 0,
      label: 1,
      accounts: Array.from({ length: 60 }, account),
    })
    await reads.page(8)
    consumed.length = 0
    expect((await reads.page(9)).accounts).toHaveLength(60)
    expect(consumed).toHaveLength(1)
    expect(consumed[0]?.name).toBe('GetItemCommand')
    expect(consumed[0]?.units).toBeLessThanOrEqual(1)
  })
})

function account() {
  const amount = () => randomBytes(8).readBigUInt64LE()
  const pending = [{ era: 1, amount: amount(), releaseAt: 1_767_225_600_000 }]
  const books = { available: amount(), pending, owed: amount(), dues: {} }
  const lifetime = { earned: amount(), deposited: amount(), received: 0n, paid: 0n, openings: [] }
  return { ...newAccount(address()), ...books, ...lifetime }
}

function single(hour: number, payer: string) {
  return message(
    'FeeCharged',
    fee({
      kind: Math.random() < 0.5 ? 'gas_fee' : 'bridge_fee',
      amount: (10n ** 17n + (BigInt(`0x${randomBytes(8).toString('hex')}`) % (9n * 10n ** 17n))).toString(),
      payer,
      occurredAt: new Date(1_767_225_600_000 + Math.floor((hour + Math.random()) * 3_600_000)).toISOString(),
    }),
  )
}
