import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { SHARDS } from '../../shared/domain/settle.ts'
import { openNetwork } from '../../shared/settlement/open.ts'
import { START_MS } from '../support/policies.ts'
import { startService } from '../support/service.ts'
import { counting, openWorld, silently, type World } from './lambda.ts'
import { askFromOutside } from './load.ts'
import { type Figure, quantile, type Size } from './measure.ts'
import { type Population, populate, population, populationPolicy } from './population.ts'
import { closeFirstEra, runSteps, settleFirstEra } from './settle.ts'

/** All reads together, in turns, for so many seconds for each of them. */
const PER_SECOND = 200
const SECONDS_EACH = 5

interface Read {
  route: string
  query?: Record<string, string>
  /** The function that answers. */
  by: string
}

const accounts = 'api/accounts'
const eras = 'api/eras'
const READS: Record<string, Read> = {
  balance: { route: '/accounts/{account}/balance', by: accounts },
  statement: { route: '/accounts/{account}/statement', query: { era: '0' }, by: accounts },
  entries: { route: '/accounts/{account}/entries', by: accounts },
  stakes: { route: '/accounts/{account}/stakes', by: accounts },
  'receipt, the proof of a share': {
    route: '/accounts/{account}/receipt',
    query: { era: '0' },
    by: accounts,
  },
  'era, with its seal': { route: '/eras/{n}', by: eras },
  eras: { route: '/eras', by: eras },
  'current era': { route: '/eras/current', by: eras },
}

/** What is read of a settled network through the whole local host, as much a second whatever the answers do. */
export async function reads({ tiny, accounts }: Size): Promise<Figure[]> {
  const people = population(tiny ? 100 : accounts)
  const took = await askHost(people, tiny ? 5 : PER_SECOND * SECONDS_EACH)
  const units = await unitsOf(people)
  const figure = (what: string, value: number, unit: string, more: Partial<Figure> = {}): Figure => ({
    bench: 'reads',
    what: `${people.accounts.length.toLocaleString('en-US')} accounts: ${what}`,
    value,
    unit,
    ...more,
  })
  return Object.keys(READS).flatMap((name) => [
    figure(`${name}, p50 at ${PER_SECOND}/s`, quantile(took[name] ?? [], 0.5), 'ms'),
    figure(`${name}, p99 at ${PER_SECOND}/s`, quantile(took[name] ?? [], 0.99), 'ms', {
      target: { atMost: 25 },
    }),
    figure(`${name}, read units`, units.get(name) ?? 0, 'units', { target: { atMost: 1 } }),
  ])
}

/** What each took, ms, and `count` of each. */
async function askHost(people: Population, count: number): Promise<Record<string, number[]>> {
  const service = await startService(populationPolicy)
  try {
    await populate(service.store, people, SHARDS)
    await settleFirstEra(service)
    const each = Object.entries(READS)
    const warmUp = Math.ceil(count / 5) * each.length
    const asks = Array.from({ length: warmUp + count * each.length }, (_, n) => {
      const [name, { route, query }] = each[n % each.length] as [string, Read]
      const path = filled(route, paramsOf(anyOf(people.accounts)))
      return { name, path: query ? `${path}?${new URLSearchParams(query)}` : path }
    })
    return await askFromOutside({ url: service.host.url, perSecond: PER_SECOND, asks, warmUp })
  } finally {
    await service.close()
  }
}

function anyOf(accounts: readonly string[]): string {
  return accounts[Math.floor(Math.random() * accounts.length)] as string
}

function paramsOf(account: string): Record<string, string> {
  return { account, n: '0' }
}

function filled(route: string, params: Record<string, string>): string {
  return route.replace(/\{(\w+)\}/g, (_, name: string) => params[name] as string)
}

const COUNTED = 50

/** The mean of some, of a function that is warm: constants of the network are read once. */
async function unitsOf(people: Population): Promise<Map<string, number>> {
  const world = await openWorld()
  try {
    await openNetwork(world.store, populationPolicy, START_MS)
    await populate(world.store, people, SHARDS)
    await closeFirstEra(world.store)
    const { result } = await silently(async () => {
      await runSteps(world)
      const units = new Map<string, number>()
      for (const [name, read] of Object.entries(READS)) units.set(name, await meanUnits(world, people, read))
      return units
    })
    return result
  } finally {
    await world.stop()
  }
}

async function meanUnits(world: World, { accounts }: Population, read: Read): Promise<number> {
  const handler = await world.handler<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>(read.by)
  const ask = async (): Promise<void> => {
    const event = eventOf(read, anyOf(accounts))
    const { statusCode, body } = await handler(event)
    if (statusCode !== 200) throw new Error(`${event.rawPath} was answered ${statusCode}: ${body}`)
  }
  await ask()
  const { read: units } = await counting(async () => {
    for (let n = 0; n < COUNTED; n += 1) await ask()
  })
  return units / COUNTED
}

function eventOf({ route, query }: Read, account: string): APIGatewayProxyEventV2 {
  const params = paramsOf(account)
  const rawPath = filled(route, params)
  const asked = Object.entries(params).filter(([name]) => route.includes(`{${name}}`))
  return {
    version: '2.0',
    routeKey: `GET ${route}`,
    rawPath,
    rawQueryString: '',
    headers: {},
    ...(asked.length > 0 && { pathParameters: Object.fromEntries(asked) }),
    ...(query && { queryStringParameters: query }),
    requestContext: { http: { method: 'GET', path: rawPath } },
    isBase64Encoded: false,
  } as unknown as APIGatewayProxyEventV2
}
