import { setTimeout as sleep } from 'node:timers/promises'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { SHARDS } from '../../shared/domain/settle.ts'
import { openNetwork } from '../../shared/settlement/open.ts'
import { START_MS } from '../support/policies.ts'
import { startService } from '../support/service.ts'
import { counting, openWorld, silently, type World } from './lambda.ts'
import { type Figure, quantile, type Size } from './measure.ts'
import { type Population, populate, population, populationPolicy } from './population.ts'
import { closeFirstEra, runSteps, settleFirstEra } from './settle.ts'

const PER_SECOND = 200
const SECONDS = 10

const PATHS = ['balance', 'statement'] as const
type Path = (typeof PATHS)[number]

/** Balances and statements of a settled network through the whole local host, as many a second whatever the answers do. */
export async function reads({ tiny, accounts }: Size): Promise<Figure[]> {
  const people = population(tiny ? 100 : accounts)
  const name = `${people.accounts.length.toLocaleString('en-US')} accounts`
  const took = await askHost(people, tiny ? 10 : PER_SECOND * SECONDS)
  const units = await unitsOf(people)
  return PATHS.flatMap((path): Figure[] => [
    {
      bench: 'reads',
      what: `${name}: ${path}, p50 at ${PER_SECOND}/s`,
      value: quantile(took[path], 0.5),
      unit: 'ms',
    },
    {
      bench: 'reads',
      what: `${name}: ${path}, p99 at ${PER_SECOND}/s`,
      value: quantile(took[path], 0.99),
      unit: 'ms',
      target: { atMost: 25 },
    },
    {
      bench: 'reads',
      what: `${name}: ${path}, read units`,
      value: units[path],
      unit: 'units',
      target: { atMost: 1 },
    },
  ])
}

/** What each took, ms, from when it was due: one that has to wait for others has waited. */
async function askHost(people: Population, count: number): Promise<Record<Path, number[]>> {
  const service = await startService(populationPolicy)
  const took: Record<Path, number[]> = { balance: [], statement: [] }
  try {
    await populate(service.store, people, SHARDS)
    await settleFirstEra(service)
    const ask = async (path: Path, dueMs: number, isMeasured: boolean): Promise<void> => {
      const { status } = await service.get(urlOf(path, anyOf(people.accounts)))
      if (status !== 200) throw new Error(`a ${path} was answered ${status}`)
      if (isMeasured) took[path].push(performance.now() - dueMs)
    }
    const askAll = async (requests: number, isMeasured: boolean): Promise<void> => {
      const start = performance.now()
      const asked: Promise<void>[] = []
      for (let n = 0; n < requests; n += 1) {
        const dueMs = start + (n * 1_000) / PER_SECOND
        const early = dueMs - performance.now()
        if (early > 0) await sleep(early)
        asked.push(ask(PATHS[n % PATHS.length] as Path, Math.min(dueMs, performance.now()), isMeasured))
      }
      await Promise.all(asked)
    }
    // Functions start cold: what the first requests take is another bench's.
    await askAll(Math.ceil(count / 5), false)
    await askAll(count, true)
    return took
  } finally {
    await service.close()
  }
}

function urlOf(path: Path, account: string): string {
  return `/accounts/${account}/${path}${path === 'statement' ? '?era=0' : ''}`
}

function anyOf(accounts: readonly string[]): string {
  return accounts[Math.floor(Math.random() * accounts.length)] as string
}

const COUNTED = 50

/** The mean of some, of a function that is warm: constants of the network are read once. */
async function unitsOf(people: Population): Promise<Record<Path, number>> {
  const world = await openWorld()
  try {
    await openNetwork(world.store, populationPolicy, START_MS)
    await populate(world.store, people, SHARDS)
    await closeFirstEra(world.store)
    const { result } = await silently(async () => {
      await runSteps(world)
      return {
        balance: await meanUnits(world, people, 'balance'),
        statement: await meanUnits(world, people, 'statement'),
      }
    })
    return result
  } finally {
    await world.stop()
  }
}

async function meanUnits(world: World, { accounts }: Population, path: Path): Promise<number> {
  const handler = await world.handler<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>(
    'api/accounts',
  )
  const ask = async (): Promise<void> => {
    const { statusCode, body } = await handler(eventOf(path, anyOf(accounts)))
    if (statusCode !== 200) throw new Error(`a ${path} was answered ${statusCode}: ${body}`)
  }
  await ask()
  const { read } = await counting(async () => {
    for (let n = 0; n < COUNTED; n += 1) await ask()
  })
  return read / COUNTED
}

function eventOf(path: Path, account: string): APIGatewayProxyEventV2 {
  const rawPath = `/accounts/${account}/${path}`
  return {
    version: '2.0',
    routeKey: `GET /accounts/{account}/${path}`,
    rawPath,
    rawQueryString: '',
    headers: {},
    pathParameters: { account },
    ...(path === 'statement' && { queryStringParameters: { era: '0' } }),
    requestContext: { http: { method: 'GET', path: rawPath } },
    isBase64Encoded: false,
  } as unknown as APIGatewayProxyEventV2
}
