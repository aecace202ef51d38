import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sum } from '../../shared/domain/money.ts'
import { policyJson } from '../support/policies.ts'
import { type Service, startService } from '../support/service.ts'

const ACCOUNTS = Array.from({ length: 10 }, (_, i) => `account-${i}`)
const CLIENTS = 100
const TRANSFERS = 3
const DEPOSIT = 1_000n
/** Some answers come sooner than that, some later. */
const PATIENCE_MS = 400
const MAX_TRIES = 200

let service: Service
const tokens = new Map<string, string>()
beforeAll(async () => {
  service = await startService(policyJson())
  for (const account of ACCOUNTS) tokens.set(account, await service.host.signToken({ account }))
}, 120_000)
afterAll(() => service.close())

interface Transfer {
  from: string
  to: string
  amount: bigint
  key: string
}

/** What client number `client` wants: every third of its requests is one that its neighbour makes too, with the same key. */
function transfersOf(client: number): Transfer[] {
  return Array.from({ length: TRANSFERS }, (_, n) => {
    const number = (n % 3 === 2 ? client - (client % 2) : client) * TRANSFERS + n
    const from = ACCOUNTS[number % 10] as string
    const to = ACCOUNTS[(number * 7 + 3 + (number % 2)) % 10] as string
    return { from, to, amount: BigInt((number % 40) + 1), key: `transfer-${number}` }
  }).filter(({ from, to }) => from !== to)
}

/** Asks until there is an answer: a request that was broken off may have been done or not. */
async function insist({ from, to, amount, key }: Transfer): Promise<{ status: number; body: unknown }> {
  for (let tried = 0; tried < MAX_TRIES; tried += 1) {
    const signal = AbortSignal.timeout(5 + Math.floor(Math.random() * PATIENCE_MS) * (tried > 3 ? 20 : 1))
    try {
      const response = await fetch(`${service.host.url}/accounts/${from}/transfers`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${tokens.get(from)}`,
          'content-type': 'application/json',
          'idempotency-key': key,
        },
        body: JSON.stringify({ to, amount: amount.toString() }),
        signal,
      })
      const body = await response.json()
      const isAnswer = response.status === 200 || (body as { type?: string }).type?.endsWith(':not-enough')
      if (isAnswer) return { status: response.status, body }
      expect([409, 429, 503], JSON.stringify(body)).toContain(response.status)
    } catch (error) {
      if ((error as Error).name !== 'TimeoutError' && (error as Error).name !== 'AbortError') throw error
    }
    await sleep(Math.random() * 50)
  }
  throw new Error(`${key} had no answer after ${MAX_TRIES} tries`)
}

it('a hundred impatient clients on ten accounts: the sum is right, and each key took effect once', async () => {
  const deposits = ACCOUNTS.map((account) => ({
    id: `deposit-${account}`,
    account,
    amount: DEPOSIT.toString(),
    occurredAt: '2026-01-01T00:00:00Z',
  }))
  await service.send([
    { 'detail-type': 'TokensDeposited', detail: { metadata: { version: 1 }, data: deposits } },
  ])
  await service.host.drained()

  const answers = new Map<string, { transfer: Transfer; done: boolean; bodies: Set<string> }>()
  const client = async (_: unknown, number: number): Promise<void> => {
    for (const transfer of transfersOf(number)) {
      const { status, body } = await insist(transfer)
      const { key } = transfer
      const known = answers.get(key) ?? { transfer, done: false, bodies: new Set<string>() }
      known.done ||= status === 200
      if (status === 200) known.bodies.add(JSON.stringify(body))
      answers.set(key, known)
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))

  const done = [...answers.values()].filter((answer) => answer.done)
  expect(done.length).toBeGreaterThan(CLIENTS / 2)
  for (const { bodies } of done) expect([...bodies]).toHaveLength(1)
  const expected = new Map(ACCOUNTS.map((account) => [account, DEPOSIT]))
  for (const { transfer } of done) {
    expected.set(transfer.from, (expected.get(transfer.from) as bigint) - transfer.amount)
    expected.set(transfer.to, (expected.get(transfer.to) as bigint) + transfer.amount)
  }
  const balances = await Promise.all(
    ACCOUNTS.map(
      async (account) => (await service.get(`/accounts/${account}/balance`)).body.available.amount,
    ),
  )
  expect(balances.map(BigInt)).toEqual([...expected.values()])
  expect(sum(balances.map(BigInt))).toBe(DEPOSIT * BigInt(ACCOUNTS.length))

  const commands: string[] = []
  for (const account of ACCOUNTS) {
    for (let next: string | undefined = ''; next !== undefined; ) {
      const cursor = next === '' ? '' : `&cursor=${next}`
      const { body } = await service.get(`/accounts/${account}/entries?limit=100${cursor}`)
      for (const { command } of body.entries) commands.push(command)
      next = body.next
    }
  }
  const transfers = commands.filter((command) => /^[0-9a-f]{26}$/.test(command))
  // Each is in the list of who paid and of who was paid.
  expect(transfers.length).toBe(2 * done.length)
  expect(new Set(transfers).size).toBe(done.length)
}, 240_000)
