import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type SentEvent, type Service, startService } from '../support/service.ts'

const ROOT = join(import.meta.dirname, '../..')

interface Vector {
  name: string
  policy: string | Record<string, unknown>
  overrides?: Record<string, unknown>
  genesis?: unknown
  events: SentEvent[]
  until: string | number
  expected: {
    era: number
    owed?: Record<string, string>
    credits: Record<string, string>
    lines: Record<string, Record<string, string>>
    system: Record<string, string>
    [key: string]: unknown
  }[]
}

const vectors = globSync('test/vectors/*.json', { cwd: ROOT })
  .sort()
  .map((path) => JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as Vector)

const services: Service[] = []
afterAll(() => Promise.all(services.map((service) => service.close())))

/** An era as the API tells it, in the form of a vector: what each account got is asked account by account. */
async function eraFromApi(service: Service, era: number, accounts: readonly string[]) {
  const { body } = await service.get(`/eras/${era}`)
  const credits: Record<string, string> = {}
  for (const account of accounts) {
    const { body: statement, status } = await service.get(`/accounts/${account}/statement?era=${era}`)
    const credited = status === 200 ? statement.rows[0]?.credited.amount : undefined
    if (credited !== undefined && credited !== '0') credits[account] = credited
  }
  const plain = (amounts: Record<string, { amount: string }>) =>
    Object.fromEntries(Object.entries(amounts).map(([name, { amount }]) => [name, amount]))
  return {
    era,
    state: body.state,
    income: body.income.total.amount,
    cost: body.cost.total.amount,
    net: body.net.amount,
    draw: body.draw?.amount,
    owed: body.owed?.amount,
    lines: Object.fromEntries(
      Object.entries(body.lines as Record<string, Record<string, { amount: string }>>).map(
        ([stage, lines]) => [stage, plain(lines)],
      ),
    ),
    credits,
    system: plain(body.system),
  }
}

describe('worked examples through the running service', () => {
  it.concurrent.each(vectors)('$name: PutEvents in, the API out', { timeout: 120_000 }, async (vector) => {
    const preset =
      typeof vector.policy === 'string'
        ? JSON.parse(readFileSync(join(ROOT, `shared/policies/${vector.policy}.json`), 'utf8'))
        : vector.policy
    const merged = {
      ...preset,
      ...vector.overrides,
      ...(vector.genesis === undefined ? {} : { genesis: vector.genesis }),
    }
    const service = await startService({ ...merged, era: { ...merged.era, clock: 'manual' } })
    services.push(service)
    await service.send(vector.events)
    await service.advance(vector.until)

    const accounts = [...new Set(vector.expected.flatMap(({ credits }) => Object.keys(credits)))]
    for (const expected of vector.expected) {
      const owed =
        expected.owed && Object.values(expected.owed).reduce((sum, amount) => sum + BigInt(amount), 0n)
      expect(await eraFromApi(service, expected.era, accounts)).toEqual({
        ...expected,
        owed: owed?.toString(),
      })
    }
    // What is owed is told account by account, as it stands after the last era.
    for (const account of accounts) {
      const { body } = await service.get(`/accounts/${account}/balance`)
      expect(body.owed.amount).toBe(vector.expected.at(-1)?.owed?.[account] ?? '0')
    }
  })
})
