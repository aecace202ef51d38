import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Random } from '../../infra/sample/random.ts'
import { type SampleEvent, sampleNetwork } from '../../infra/sample/sample.ts'
import { parsePolicy } from '../../shared/domain/policy/policy.ts'
import type { RawPolicy } from '../differential/naive/language.ts'
import { evaluate } from '../differential/naive.ts'
import { type SentEvent, type Service, startService } from '../support/service.ts'

const POLICY = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../shared/policies/magnet-hourly.json'), 'utf8'),
)

const sample = sampleNetwork(parsePolicy(POLICY), 7, { eras: 3, feesPerEra: 1_500, participants: 60 })
const sound = sample.events.filter(({ flaw }) => flaw === undefined)
const until = '2026-01-01T03:00:00Z'

const sent = ({ name, data }: SampleEvent): SentEvent => ({
  'detail-type': name,
  detail: { metadata: { version: 1 }, data },
})

/** Events of one name together, as many as make a full message. */
function inArrays(events: readonly SampleEvent[], size: number): SentEvent[] {
  return [...Map.groupBy(events, ({ name }) => name)].flatMap(([name, some]) =>
    Array.from({ length: Math.ceil(some.length / size) }, (_, run) => ({
      'detail-type': name,
      detail: {
        metadata: { version: 1 },
        data: some.slice(run * size, (run + 1) * size).map(({ data }) => data),
      },
    })),
  )
}

function shuffled<T>(list: readonly T[], seed: number): T[] {
  const random = new Random(seed)
  return list
    .map((value) => ({ value, at: random.hex(16) }))
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .map(({ value }) => value)
}

/** What everybody must have, by the second reading of the policy language, which shares nothing with the engine. */
const expected = evaluate(POLICY as RawPolicy, sound.map(sent), until)
const earned = new Map<string, bigint>()
for (const { credits } of expected) {
  for (const [account, amount] of Object.entries(credits))
    earned.set(account, (earned.get(account) ?? 0n) + BigInt(amount))
}

let service: Service

beforeAll(async () => {
  service = await startService(POLICY)
}, 60_000)
afterAll(() => service?.close())

describe('a network on the local host', () => {
  it('pays everybody to the unit when every event comes twice, shuffled, alone and in arrays', {
    timeout: 120_000,
  }, async () => {
    expect(earned.size).toBeGreaterThan(50)
    await service.send(shuffled(inArrays(shuffled(sound, 1), 40), 2))
    await service.send(shuffled(sound, 3).slice(0, 1_000).map(sent))
    await service.send(inArrays(shuffled(sound, 4), 100))
    await service.advance(until)

    for (const era of expected) {
      const { body } = await service.get(`/eras/${era.era}`)
      expect([body.state, body.income.total.amount, body.cost.total.amount, body.net.amount]).toEqual([
        era.state,
        era.income,
        era.cost,
        era.net,
      ])
      expect(body.duplicates).toBeGreaterThan(1_000)
    }
    for (const [account, amount] of earned) {
      const { body } = await service.get(`/accounts/${account}/balance`)
      expect([account, body.total.amount, body.earned.amount]).toEqual([
        account,
        amount.toString(),
        amount.toString(),
      ])
    }
  })

  it('proves every share with four numbers', async () => {
    let proved = 0
    for (const account of [...earned.keys()].slice(0, 20)) {
      const { body } = await service.get(`/accounts/${account}/receipt?era=0`)
      for (const { numbers, amount } of body.shares) {
        const [t, weights, running, weight] = [numbers.T, numbers.W, numbers.C, numbers.w].map(BigInt) as [
          bigint,
          bigint,
          bigint,
          bigint,
        ]
        const share = (t * running) / weights - (t * (running - weight)) / weights
        expect(share.toString()).toBe(amount.amount)
        proved += 1
      }
    }
    expect(proved).toBeGreaterThan(20)
  })

  it('puts what it cannot book into quarantine and books what came with it', async () => {
    const good = { id: 'after-1', kind: 'gas_fee', amount: '41', occurredAt: '2026-01-01T03:30:00Z' }
    const bad = { ...good, id: 'after-2', amount: '1.5' }
    await service.send([
      { 'detail-type': 'FeeCharged', detail: { metadata: { version: 1 }, data: [bad, good] } },
    ])
    await service.send([sent({ name: 'FeeCharged', data: { ...good, id: 'after-3' } })], 'somebody.else')
    await service.send([sent({ name: 'LotteryWon', data: good })])
    await service.host.drained()
    const token = await service.host.signToken({ account: 'operator', scope: 'quarantine:read' })
    const { body } = await service.get('/quarantine', { authorization: `Bearer ${token}` })
    expect(body.events.map((event: { reason: { rule: string } }) => event.reason.rule).sort()).toEqual([
      'amount',
      'detail-type',
      'source',
    ])
    const { body: current } = await service.get('/eras/current')
    expect(current.income.kinds.gas_fee.amount.amount).toBe('41')
    await service.advance('2026-01-01T04:00:00Z')
    const { body: era } = await service.get('/eras/3')
    expect(era.income.total.amount).toBe('41')
  })

  it('answers what it will not do as a problem', async () => {
    const ask = async (path: string, headers?: Record<string, string>) => {
      const { status, type } = await service.get(path, headers)
      return [status, type?.split(';')[0]]
    }
    const account = [...earned.keys()][0]
    expect(await ask('/accounts/nobody/balance')).toEqual([404, 'application/problem+json'])
    expect(await ask(`/accounts/${account}/statement?cursor=nonsense`)).toEqual([
      400,
      'application/problem+json',
    ])
    expect(await ask('/eras/999')).toEqual([404, 'application/problem+json'])
    expect(await ask('/nowhere')).toEqual([404, 'application/problem+json'])
    // A token that is missing or no good is refused by the gateway, in words of its own, as on AWS.
    expect((await ask('/quarantine'))[0]).toBe(401)
    expect((await ask('/quarantine', { authorization: 'Bearer nonsense' }))[0]).toBe(401)
    const token = await service.host.signToken({ account: 'operator', scope: 'something:else' })
    expect(await ask('/quarantine', { authorization: `Bearer ${token}` })).toEqual([
      403,
      'application/problem+json',
    ])
  })
})
