import { afterAll, beforeAll, expect, it } from 'vitest'
import magnet from '../../shared/policies/magnet-hourly.json' with { type: 'json' }
import { type SentEvent, type Service, startService } from '../support/service.ts'

const sent = (name: string, data: object): SentEvent => ({
  'detail-type': name,
  detail: { metadata: { version: 1 }, data },
})
const at = (hour: number) => ({ occurredAt: `2026-01-01T0${hour}:30:00Z` })

let service: Service
beforeAll(async () => {
  service = await startService({ ...magnet, minimum: '1', bounds: { income: ['0', '999'] } })
}, 60_000)
afterAll(() => service?.close())

async function decide(decision: string, scope: string) {
  const token = await service.host.signToken({ account: 'council', scope })
  const response = await fetch(`${service.host.url}/eras/0/decision`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ decision }),
  })
  return { status: response.status, body: await response.json() }
}

it('a held era waits, and is paid once somebody with the scope says so', { timeout: 120_000 }, async () => {
  await service.send([
    sent('FeeCharged', { id: 'f', kind: 'gas_fee', amount: '1000', ...at(0) }),
    sent('MetricReported', { id: 'm', account: 'ann', metric: 'blocksProduced', value: '3', ...at(0) }),
  ])
  await service.advance('2026-01-01T01:00:00Z')
  const { body: held } = await service.get('/eras/0')
  expect(held).toMatchObject({ state: 'HELD', held: { amount: { amount: '1000' } } })
  expect((await service.get('/accounts/ann/balance')).body.total.amount).toBe('0')

  expect((await decide('pay', 'policy:write')).status).toBe(403)
  expect(await decide('pay', 'network:operate')).toMatchObject({
    status: 200,
    body: { doneIn: 1, by: 'council' },
  })
  await service.advance('2026-01-01T02:00:00Z')
  const { body: next } = await service.get('/eras/1')
  expect(next.decided).toMatchObject([{ era: 0, decision: 'pay' }])
  expect((await service.get('/accounts/ann/balance')).body.total.amount).toBe('220')
  const { body: receipt } = await service.get('/accounts/ann/receipt?era=1')
  expect(receipt.shares).toMatchObject([
    {
      why: { words: 'line "collators" of stage "profit" of era 0, which was held' },
      numbers: { T: '220', W: '3', C: '3', w: '3' },
    },
  ])
})
