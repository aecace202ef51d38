import { describe, expect, it } from 'vitest'
import { currentEraResponse, eraResponse, erasResponse } from '../../../shared/api/contracts/eras.ts'
import { keepCurrentEra, readCurrentEra } from '../../../shared/api/current.ts'
import { listEras, readEra } from '../../../shared/api/eras.ts'
import { fee, sampleEvents, settled } from './settled-network.ts'

type Network = Awaited<ReturnType<typeof settled>>

async function eraOf({ reader }: Network, n: number) {
  const answer = await readEra(reader, { n })
  expect(eraResponse.parse(answer)).toEqual(answer)
  return answer
}

async function currentOf({ reader }: Network) {
  const answer = await readCurrentEra(reader)
  expect(currentEraResponse.parse(answer)).toEqual(answer)
  return answer
}

describe('eras', () => {
  it('are listed newest first, in as many answers as it takes', async () => {
    const { reader } = await settled()
    const seen: number[] = []
    let cursor: string | undefined
    do {
      const answer = await listEras(reader, { cursor, limit: 2 })
      expect(erasResponse.parse(answer)).toEqual(answer)
      seen.push(...answer.eras.map(({ era }) => era))
      cursor = answer.next
    } while (cursor !== undefined)
    expect(seen).toEqual([2, 1, 0])
  })

  it('answer with their whole record', async () => {
    const network = await settled()
    const era = await eraOf(network, 0)
    expect(era).toMatchObject({
      from: '2026-01-01T00:00:00Z',
      to: '2026-01-01T01:00:00Z',
      state: 'DISTRIBUTED',
      income: { total: { amount: '1000' }, kinds: { gas_fee: { count: 1, charged: { amount: '1000' } } } },
      cost: { total: { amount: '30' }, kinds: { coretime_bulk: { count: 2 } } },
      net: { amount: '970' },
      lines: { profit: { 'system-reserve': { amount: '485' }, collators: { amount: '485' } } },
      credits: { total: { amount: '515' }, accounts: 2 },
      counted: { FeeCharged: 1, CostIncurred: 2 },
      releaseAt: '2026-01-01T03:00:00Z',
      seal: { era: 0, through: 0, hash: network.seals[0]?.hash, previousHash: '' },
    })
  })

  it('inside a sealed range answer as themselves', async () => {
    const network = await settled()
    const quiet = network.seals[2]
    if (quiet) quiet.through = 7
    network.state.sealedThrough = 7
    expect(await eraOf(network, 5)).toMatchObject({
      era: 5,
      from: '2026-01-01T05:00:00Z',
      to: '2026-01-01T06:00:00Z',
      state: network.seals[2]?.state,
      seal: { era: 2, through: 7 },
    })
    await expect(eraOf(network, 8)).rejects.toMatchObject({
      code: 'UnknownEra',
      message: expect.stringContaining('era is 7'),
    })
  })

  it('say so when none is sealed yet', async () => {
    const network = await settled({ events: [], eras: 0 })
    await expect(eraOf(network, 0)).rejects.toMatchObject({
      message: expect.stringContaining('none is sealed yet'),
    })
    expect((await listEras(network.reader, { limit: 20 })).eras).toEqual([])
  })

  it('do not go on with the cursor of a statement', async () => {
    const { reader } = await settled()
    await expect(listEras(reader, { cursor: 'MS4wMTIzNDU2Nzg5YWJjZGVmLjI', limit: 2 })).rejects.toMatchObject(
      { code: 'InvalidCursor' },
    )
  })
})

describe('the current era', () => {
  it('is provisional, with running totals by kind', async () => {
    const network = await settled({ events: [...sampleEvents, fee('f3', 3, 77n)] })
    expect(await currentOf(network)).toMatchObject({
      era: 3,
      from: '2026-01-01T03:00:00Z',
      provisional: true,
      income: {
        count: 1,
        charged: { amount: '77' },
        kinds: { gas_fee: { count: 1, amount: { amount: '77' } } },
      },
      cost: { count: 0, total: { amount: '0' }, kinds: {} },
      unsealed: [],
      sealedThrough: 2,
    })
  })

  it.each([
    ['closed, settlement not begun', 1, false, [{ era: 2, through: 2, phase: 'CLOSED' }]],
    ['being settled', 1, true, [{ era: 2, through: 2, phase: 'SETTLING' }]],
    [
      'one being settled, one waiting',
      0,
      true,
      [
        { era: 1, through: 1, phase: 'SETTLING' },
        { era: 2, through: 2, phase: 'CLOSED' },
      ],
    ],
    ['all waiting', -1, false, [{ era: 0, through: 2, phase: 'CLOSED' }]],
  ])(
    'names the eras before it that are not sealed: %s',
    async (_name, sealedThrough, isSettling, unsealed) => {
      const network = await settled()
      network.state.sealedThrough = sealedThrough
      network.store.isSettling = async () => isSettling
      expect((await currentOf(network)).unsealed).toEqual(unsealed)
    },
  )

  it('is kept for three seconds', async () => {
    const network = await settled()
    const read = keepCurrentEra()
    await read(network.reader)
    network.reads.length = 0
    network.wall.now += 2_999
    await read(network.reader)
    expect(network.reads).toEqual([])
    network.wall.now += 1
    await read(network.reader)
    expect(network.reads).toContain('running')
  })
})
