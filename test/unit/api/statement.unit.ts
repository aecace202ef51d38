import { describe, expect, it } from 'vitest'
import { receiptResponse, statementResponse } from '../../../shared/api/contracts/accounts.ts'
import { readReceipt } from '../../../shared/api/receipt.ts'
import { readStatement } from '../../../shared/api/statement.ts'
import { cost, fee, HOUR, ORIGIN, settled } from './settled-network.ts'

type Network = Awaited<ReturnType<typeof settled>>

async function statementOf(
  { reader }: Network,
  query: Omit<Parameters<typeof readStatement>[1], 'limit'> & { limit?: number },
) {
  const answer = await readStatement(reader, { limit: 20, ...query })
  expect(statementResponse.parse(answer)).toEqual(answer)
  return answer
}

async function receiptOf({ reader }: Network, account: string, era: number) {
  const answer = await readReceipt(reader, { account, era })
  expect(receiptResponse.parse(answer)).toEqual(answer)
  return answer
}

describe('a statement', () => {
  it('has the eras that did something to the account, newest first', async () => {
    const { rows, next } = await statementOf(await settled(), { account: 'ann' })
    expect(rows.map(({ era }) => era)).toEqual([1, 0])
    expect(next).toBeUndefined()
    for (const row of rows) {
      expect(row.lines.map(({ why }) => why.code)).toEqual(['costs.current', 'stages.profit.collators'])
      const lines = row.lines.reduce((total, { amount }) => total + BigInt(amount.amount), 0n)
      expect(BigInt(row.credited.amount)).toBe(lines)
    }
  })

  it('of an era reads two things, once the seal was read; the page only where there is nothing', async () => {
    const network = await settled()
    const ofEra = async (era: number, account = 'ann') => {
      network.reads.length = 0
      const { rows } = await statementOf(network, { account, era })
      return { rows: rows.length, reads: network.reads.toSorted() }
    }
    await ofEra(0)
    expect(await ofEra(0)).toEqual({ rows: 1, reads: ['entries', 'statement'] })
    expect(await ofEra(0, 'late-comer')).toEqual({ rows: 0, reads: ['entries', 'page', 'statement'] })
    expect((await ofEra(1)).reads).toContain('seal')
  })

  it('says of each era whether its credit can be spent', async () => {
    const network = await settled()
    network.clock.advancedTo = ORIGIN + 3 * HOUR
    const { rows } = await statementOf(network, { account: 'ann' })
    expect(rows.map(({ state }) => state)).toEqual(['pending', 'available'])
  })

  it('looks at no more than `limit` eras an answer, and goes on where it stopped', async () => {
    const network = await settled()
    const eras: number[] = []
    let cursor: string | undefined
    let answers = 0
    do {
      network.reads.length = 0
      const answer = await statementOf(network, { account: 'late-comer', cursor, limit: 1 })
      expect(network.reads.filter((read) => read === 'statement').length).toBeLessThanOrEqual(1)
      eras.push(...answer.rows.map(({ era }) => era))
      cursor = answer.next
      answers += 1
    } while (cursor !== undefined)
    expect(eras).toEqual([1])
    expect(answers).toBe(3)
  })

  it('reads nothing for a range of eras in which nothing moved', async () => {
    const network = await settled()
    const quiet = network.seals[2]
    if (quiet) quiet.through = 9
    network.reads.length = 0
    await statementOf(network, { account: 'ann' })
    expect(network.reads.filter((read) => read === 'statement')).toHaveLength(2)
  })

  it('of one era', async () => {
    const network = await settled()
    expect((await statementOf(network, { account: 'ann', era: 0 })).rows.map(({ era }) => era)).toEqual([0])
    expect((await statementOf(network, { account: 'ann', era: 2 })).rows).toEqual([])
    await expect(statementOf(network, { account: 'ann', era: 3 })).rejects.toMatchObject({
      code: 'UnknownEra',
      message: expect.stringContaining('the last sealed era is 2'),
    })
  })

  it('does not go on with the cursor of another account', async () => {
    const network = await settled()
    const { next } = await statementOf(network, { account: 'ann', limit: 1 })
    await expect(statementOf(network, { account: 'bob', cursor: next, limit: 1 })).rejects.toMatchObject({
      code: 'InvalidCursor',
    })
  })
})

describe('a receipt', () => {
  it('proves each share from its four numbers', async () => {
    const network = await settled()
    for (const account of ['ann', 'bob']) {
      const { shares, direct, credited } = await receiptOf(network, account, 0)
      let total = direct.reduce((sum, { amount }) => sum + BigInt(amount.amount), 0n)
      for (const { numbers, amount } of shares) {
        const [T, W, C, w] = [numbers.T, numbers.W, numbers.C, numbers.w].map(BigInt) as [
          bigint,
          bigint,
          bigint,
          bigint,
        ]
        expect((T * C) / W - (T * (C - w)) / W).toBe(BigInt(amount.amount))
        total += BigInt(amount.amount)
      }
      expect(total).toBe(BigInt(credited.amount))
    }
  })

  it('shows what the weights measure, the line, and what it hangs on', async () => {
    const network = await settled()
    const { shares, policy, seal } = await receiptOf(network, 'ann', 0)
    expect(shares.map(({ by }) => by)).toEqual([
      'costs of this era that the account paid',
      'weight {"metric":"costPaid"} of group "collators"',
    ])
    expect(shares[1]).toMatchObject({ line: { amount: '485' }, numbers: { T: '485', W: '30', w: '10' } })
    expect(policy).toEqual({ version: 1, hash: network.seals[0]?.policyHash })
    expect(seal.hash).toBe(network.seals[0]?.hash)
  })

  it('of an era that did nothing to the account is a problem', async () => {
    const network = await settled()
    await expect(receiptOf(network, 'late-comer', 0)).rejects.toMatchObject({ code: 'NoStatement' })
    await expect(receiptOf(network, 'ann', 3)).rejects.toMatchObject({ code: 'UnknownEra' })
    await expect(receiptOf(network, 'nobody', 0)).rejects.toMatchObject({ code: 'UnknownAccount' })
  })

  it('whose numbers do not prove its amount is never shown', async () => {
    const network = await settled()
    const found = await network.store.statement(0, 'ann')
    if (found?.row.lines[1]) found.row.lines[1].amount += 1n
    await expect(receiptOf(network, 'ann', 0)).rejects.toMatchObject({ code: 'InvariantBroken' })
  })

  it('of a hybrid weight has a share for each part', async () => {
    const weight = {
      hybrid: [
        { share: '60%', weight: { metric: 'costPaid' } },
        { share: '40%', weight: { metric: 'uptime' } },
      ],
    }
    const { policyJson } = await import('./settled-network.ts')
    const json = { ...policyJson, groups: { collators: { weight, ifEmpty: '@system-reserve' } } }
    const report = {
      name: 'MetricReported',
      id: 'm1',
      account: 'ann',
      metric: 'uptime',
      value: 5n,
      occurredAt: ORIGIN,
    } as const
    const network = await settled({
      json,
      events: [fee('f1', 0, 1_000n), cost('c1', 0, 'ann', 10n), report],
      eras: 1,
    })
    const { shares } = await receiptOf(network, 'ann', 0)
    const parts = shares.filter(({ why }) => why.code === 'stages.profit.collators')
    expect(parts.map(({ by, numbers }) => [by, numbers.T])).toEqual([
      ['weight {"metric":"costPaid"} of group "collators"', '297'],
      ['weight {"metric":"uptime"} of group "collators"', '198'],
    ])
  })
})
