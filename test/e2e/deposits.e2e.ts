import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readSent } from '../support/events.ts'
import { HOUR_MS, policyJson, START_MS, toGroup } from '../support/policies.ts'
import { type SentEvent, type Service, startService } from '../support/service.ts'
import { settle } from '../support/settled.ts'

/** All of every era's fees to who holds the token, by what they held when it began. */
const POLICY = policyJson({
  ...toGroup({ metric: 'balance' }),
  genesis: { accounts: { ann: { balance: '100' } } },
})
const ERAS = 5

const at = (hours: number) => new Date(START_MS + hours * HOUR_MS).toISOString()
const sent = (name: string, data: object): SentEvent => ({
  'detail-type': name,
  detail: { metadata: { version: 1 }, data },
})
const fee = (era: number) =>
  sent('FeeCharged', { id: `fee-${era}`, kind: 'fee', amount: '1000', occurredAt: at(era + 0.5) })
const deposit = (id: string, account: string, amount: string, hours: number) =>
  sent('TokensDeposited', { id, account, amount, occurredAt: at(hours) })

const EVENTS = [
  deposit('d3', 'bob', '7', 2.5),
  ...Array.from({ length: ERAS }, (_, era) => fee(era)),
  deposit('d1', 'bob', '300', 0.25),
  deposit('d2', 'ann', '100', 1.75),
  deposit('d1', 'bob', '300', 0.25),
  deposit('d0', 'cyd', '50', -1),
]

let service: Service
beforeAll(async () => {
  service = await startService(POLICY)
}, 120_000)
afterAll(() => service.close())

describe('deposits sent before the clock moves', () => {
  it('are there at once, and weigh from the era after their own, as in the simulation', async () => {
    await service.send(EVENTS)
    await service.host.drained()
    const { body } = await service.get('/accounts/bob/balance')
    expect(body).toMatchObject({
      available: { amount: '307' },
      deposited: { amount: '307' },
      earned: { amount: '0' },
      total: { amount: '307' },
    })
    await service.advance(at(ERAS))
    const { results } = await settle(POLICY, EVENTS.flatMap(readSent), ERAS)
    expect(results.map(({ credits }) => credits.bob ?? '0').slice(0, 2)).toEqual(['0', '666'])
    for (const { era, credits } of results) {
      for (const account of ['ann', 'bob', 'cyd']) {
        const { rows } = (await service.get(`/accounts/${account}/statement?era=${era}`)).body
        expect([era, account, rows[0]?.credited.amount ?? '0']).toEqual([
          era,
          account,
          credits[account] ?? '0',
        ])
      }
    }
  })

  it('with the id of another are in quarantine with the reason', async () => {
    await service.send([deposit('d1', 'bob', '301', 0.25)])
    await service.host.drained()
    expect(await service.store.reads.quarantined({ limit: 10 })).toMatchObject({
      events: [{ rule: 'id', detailType: 'TokensDeposited', value: '"d1"' }],
    })
    expect((await service.get('/accounts/bob/balance')).body.deposited.amount).toBe('307')
  })
})
