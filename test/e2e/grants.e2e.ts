import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { synthesize } from '../../infra/cli/synth.ts'
import type { HostEvent } from '../../infra/local/host-event.ts'
import { operations, type RouteKey } from '../../shared/api/operations.ts'
import { POLICY } from '../fuzz/world.ts'
import { functionsOf, resourcesOf, type Template, targetOf } from '../support/deployment.ts'
import {
  BUYER,
  COMPUTE,
  DISK,
  everyTokenRequest,
  GPU,
  SELLER,
  STORAGE,
  STRANGER,
  type TokenRequest,
  type TokenRoute,
  WANTED,
} from '../support/every-route.ts'
import { HOUR_MS, START_MS } from '../support/policies.ts'
import { type SentEvent, type Service, startService } from '../support/service.ts'

/** Everything the service does, once: what its roles are granted is enough for it, and all of it is for something. */

const at = (hours: number) => new Date(START_MS + hours * HOUR_MS).toISOString()
const sent = (name: string, data: object): SentEvent => ({
  'detail-type': name,
  detail: { metadata: { version: 1 }, data: { occurredAt: at(0), ...data } },
})

const denied: HostEvent[] = []
let service: Service
let template: Template
beforeAll(async () => {
  const outdir = await synthesize({ stage: 'local' })
  const [file = ''] = readdirSync(outdir).filter((name) => name.endsWith('.template.json'))
  template = JSON.parse(readFileSync(join(outdir, file), 'utf8'))
  service = await startService(POLICY, {
    onEvent: (event) => {
      if (event.type === 'denied') denied.push(event)
    },
  })
}, 120_000)
afterAll(() => service?.close())

let keys = 0
async function call(key: RouteKey, request: Partial<TokenRequest> & { query?: string }, claims?: object) {
  const [method = '', pattern = ''] = key.split(' ')
  keys += 1
  const path = pattern.replace(/\{(\w+)\}/g, (_, name: string) => request.path?.[name] ?? '')
  const response = await fetch(`${service.host.url}${path}${request.query ?? ''}`, {
    method,
    headers: {
      ...(claims && { authorization: `Bearer ${await service.host.signToken({ ...claims })}` }),
      'content-type': 'application/json',
      'idempotency-key': `key-${keys}`,
    },
    ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
  })
  // biome-ignore lint/suspicious/noExplicitAny: an answer is JSON, and a wrong path makes the test fail.
  return { status: response.status, body: (await response.json()) as any }
}

async function payOut(): Promise<void> {
  const { host } = service
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const client = new SFNClient({ endpoint: host.url, region: 'eu-central-1', credentials })
  const stateMachineArn = host.outputs.PayOutMachineArn
  await client.send(new StartExecutionCommand({ stateMachineArn, input: '{}' }))
  await expect
    .poll(() => host.executions().find(({ machineArn }) => machineArn === stateMachineArn)?.status, {
      timeout: 30_000,
    })
    .toBe('SUCCEEDED')
}

const made = async (key: TokenRoute, account: string, request: Partial<TokenRequest>): Promise<string> => {
  const { status, body } = await call(key, request, { account, scope: 'payouts:operate' })
  expect([key, status, status === 200 ? '' : body]).toEqual([key, 200, ''])
  return body.id
}

/** What lists and single things are asked by, where no token is needed and account or id is not all. */
const OPEN: Partial<Record<RouteKey, { path?: Record<string, string>; query?: string }[]>> = {
  'GET /accounts/{account}/receipt': [{ query: '?era=0' }],
  'GET /eras/{n}': [{ path: { n: '0' } }],
  'GET /purchases': [{ query: `?buyer=${BUYER}` }],
  'GET /purchases/{id}': [{ path: { id: 'bought' } }],
  'GET /policy/versions/{n}': [{ path: { n: '1' } }],
  'GET /inventories/{asset}': [{ path: { asset: 'USDC' } }],
  'GET /offers': [{ query: '?resource=storage&cluster=eu' }, { query: `?provider=${SELLER}` }],
  'GET /bookings': [{ query: `?buyer=${BUYER}` }],
  'GET /orders': [{ query: `?buyer=${BUYER}` }, { query: `?seller=${SELLER}` }],
}

async function begin(): Promise<void> {
  await service.send([
    ...[BUYER, SELLER, STRANGER].map((account) =>
      sent('TokensDeposited', { id: account, account, amount: '900000' }),
    ),
    sent('RatePublished', { id: 'rate', asset: 'USDC', numerator: '1', denominator: '2' }),
    // Above the bounds of an era: it is held, and waits for a decision.
    sent('FeeCharged', { id: 'great', kind: 'fee', amount: '2000000000000' }),
    sent('CostIncurred', { id: 'bought', kind: 'cost', amount: '7', payer: BUYER, details: { n: 1 } }),
    sent('StakeReported', { id: 's', account: SELLER, amount: '5' }),
    sent('FeeCharged', { id: 'early', kind: 'later', amount: '1', occurredAt: at(901 * 24) }),
  ])
  await service.host.drained()
}

async function everyRoute(): Promise<void> {
  await made('PUT /offers/{id}', SELLER, { path: { id: GPU }, body: COMPUTE })
  await made('PUT /offers/{id}', SELLER, { path: { id: DISK }, body: STORAGE })
  const stake = { path: { account: BUYER }, body: { amount: '9', lot: 'mine' } }
  await made('POST /accounts/{account}/stakes', BUYER, stake)
  const booked = await made('POST /quotes', BUYER, { body: WANTED })
  const payout = await made('POST /accounts/{account}/payouts', BUYER, {
    path: { account: BUYER },
    body: { amount: '9' },
  })
  const ids = {
    order: await made('POST /orders', BUYER, { body: { offer: GPU, quantity: '2' } }),
    quote: await made('POST /quotes', BUYER, { body: WANTED }),
    booking: await made('POST /quotes/{id}/accept', BUYER, { path: { id: booked } }),
    payout,
  }
  const policy = { ...POLICY, version: 2, income: { ...(POLICY.income as object), later: {} } }
  for (const [key, request] of Object.entries(everyTokenRequest(ids, policy))) {
    const { rightful, scope, ...asked } = request
    const [account] = rightful === 'oneself' ? [BUYER] : rightful
    const claims = { account: account ?? 'operator', ...(scope && { scope }) }
    const { status, body } = await call(key as RouteKey, asked, claims)
    expect([200, 404, 409, 422], `${key} ${JSON.stringify(body)}`).toContain(status)
  }
  // It expires, and its units are given up when the offer shrinks.
  await made('POST /quotes', BUYER, { body: { ...WANTED, quantity: '3' } })
  const inUsdc = { path: { account: BUYER }, body: { amount: '8', asset: 'USDC' } }
  const { body } = await call('POST /accounts/{account}/payouts', inUsdc, { account: BUYER })
  expect(body.type).toMatch(/:no-rate$/)
  await everyReading({ order: ids.order, booking: ids.booking })
}

async function everyReading({ order, booking }: { order: string; booking: string }): Promise<void> {
  for (const [key, operation] of Object.entries(operations)) {
    if ('token' in operation || 'scope' in operation) continue
    const id = key.includes('offers') ? DISK : key.includes('orders') ? order : booking
    for (const asked of OPEN[key as RouteKey] ?? [{}]) {
      const { status, body } = await call(key as RouteKey, { path: { account: BUYER, id }, ...asked })
      expect([200, 404], `${key} ${JSON.stringify(body)}`).toContain(status)
    }
  }
}

/** What AWS itself does under a role, and no code of ours calls: it keeps logs and traces. */
const BY_AWS = /^(logs|xray):/

/** Granted, and used by nothing that happens here, for a reason. A function stands by its entry. */
const LARGE = 'what is larger than an item is kept in parts, which only a large network has'
const TIMER = 'a schedule that cannot reach what it starts says so in a queue; here no schedule runs'
const AGAIN = 'an execution is looked at where its name is taken: where it was started before'
const EXPLAINED: Record<string, string> = {
  'api/accounts dynamodb:BatchGetItem': LARGE,
  'api/decisions dynamodb:BatchGetItem': LARGE,
  'api/eras dynamodb:BatchGetItem': LARGE,
  'api/quarantine dynamodb:BatchGetItem': LARGE,
  'ingest/replay dynamodb:BatchGetItem': LARGE,
  'settlement/credit dynamodb:BatchWriteItem': LARGE,
  'settlement/decide dynamodb:BatchGetItem': LARGE,
  'settlement/decide dynamodb:BatchWriteItem': LARGE,
  'settlement/publish dynamodb:BatchGetItem': LARGE,
  'settlement/seal dynamodb:BatchGetItem': LARGE,
  'settlement/seal dynamodb:BatchWriteItem': LARGE,
  'settlement/publish states:DescribeExecution': AGAIN,
  'settlement/tick states:DescribeExecution': AGAIN,
  'settlement/tick dynamodb:PutItem': 'the first tick opens the network; this test has opened its own',
  'settlement/tick sqs:SendMessage': 'Lambda sets a tick aside that fails for good',
  'ingest/ingest sqs:ChangeMessageVisibility':
    'of the mapping that Lambda keeps: the CDK grants it with the rest',
  'ingest/ingest sqs:GetQueueUrl': 'of the mapping that Lambda keeps: the CDK grants it with the rest',
  'ingest/replay dynamodb:ConditionCheckItem': 'a deposit that was refused is posted: none is here',
  'ingest/replay dynamodb:PutItem': 'a deposit that was refused is posted: none is here',
  'PayoutsClock sqs:SendMessage': TIMER,
  'PayoutsClock sqs:GetQueueAttributes': TIMER,
  'PayoutsClock sqs:GetQueueUrl': TIMER,
  'SettlementClock sqs:SendMessage': TIMER,
  'SettlementClock sqs:GetQueueAttributes': TIMER,
  'SettlementClock sqs:GetQueueUrl': TIMER,
}

describe('what the roles of the service are granted', () => {
  it('is enough for everything it does', { timeout: 300_000 }, async () => {
    await begin()
    await service.advance(at(25))
    await everyRoute()
    await service.host.invoke(service.host.outputs.ReplayFunctionName as string, {})
    await payOut()
    // Days at once, of which one begins a week of payouts: eras follow each other, and quotes have expired.
    await service.advance(at(5 * 24))
    await payOut()
    await everyReading({ order: 'none', booking: 'none' })
    await made('PUT /offers/{id}', SELLER, { path: { id: DISK }, body: { ...STORAGE, quantity: '1' } })
    expect((await call('GET /not/a/route' as RouteKey, {})).status).toBe(404)
    expect(denied).toEqual([])
  })

  it('is all for something', () => {
    const used = new Set(
      service.host.uses().map(({ roleArn, action, resource }) => {
        const role =
          roleArn
            .split('/')
            .at(-1)
            ?.slice(service.host.stackName.length + 1) ?? ''
        return `${role} ${action} ${/\/index\/(\w+)$/.exec(resource)?.[1] ?? ''}`.trim()
      }),
    )
    const entries = new Map(
      [...functionsOf(template)].map(([entry, { resource }]) => [targetOf(resource.Properties.Role), entry]),
    )
    const idle = resourcesOf(template, 'AWS::IAM::Policy').flatMap(([, { Properties }]) =>
      Properties.PolicyDocument.Statement.flatMap(
        ({ Action, Resource }: { Action: string | string[]; Resource: unknown }) =>
          [Resource].flat().flatMap((resource) => {
            const index = /\/index\/(\w+)"/.exec(JSON.stringify(resource))?.[1] ?? ''
            const role = targetOf(Properties.Roles[0]) ?? ''
            return [Action]
              .flat()
              .filter((action) => !BY_AWS.test(action) && !used.has(`${role} ${action} ${index}`.trim()))
              .map((action) =>
                `${entries.get(role) ?? role.replace(/Role\w{8}$/, '')} ${action} ${index}`.trim(),
              )
          }),
      ),
    )
    expect([...new Set(idle)].sort()).toEqual(Object.keys(EXPLAINED).sort())
  })
})
