import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { monotonicFactory } from 'ulid'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Move } from '../../../shared/domain/moves.ts'
import { parsePolicy, policyHash } from '../../../shared/domain/policy/policy.ts'
import { ingest } from '../../../shared/ingest/ingest.ts'
import { replay } from '../../../shared/ingest/replay.ts'
import { post } from '../../../shared/ledger/post.ts'
import { payoutsOf } from '../../../shared/payouts/records.ts'
import { unansweredMs } from '../../../shared/payouts/unanswered.ts'
import { creditPartition } from '../../../shared/settlement/credit.ts'
import { decideHeld } from '../../../shared/settlement/held.ts'
import type { Store } from '../../../shared/store/table.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { fee, message, SOURCE } from '../../support/intake.ts'
import { charging, stakes, transfer } from '../../support/moves.ts'
import { type PayingNetwork, payingNetwork } from '../../support/payouts.ts'
import { HOUR_MS, type Json, policyJson, START_MS, split } from '../../support/policies.ts'
import { type Market, openMarket } from '../market/market.ts'

/**
 * Everything but the read API's own store (`shared/store/reads.ts`, which nothing here asks) is exact only where a read
 * sees all that was written before it: the fence's second look at what is closed, the fold's log, the mark of an era
 * that commands left facts in. The engine answers every read like that, whatever is asked for; DynamoDB does not. So
 * whole workflows run, and what they asked for is looked at.
 */

/** Reads that may be behind, and why that does no harm. There are no others. */
const MAY_BE_BEHIND: Record<string, string> = {
  'Query byOwner': 'an index has no other reads; what an account is shown of its own',
  'Query byPlace':
    'an index has no other reads; each record that it names is read again before it is changed',
  'Query ENTRIES': 'journal.entries: what an account is shown of its commands',
}

/** What the workflows below read. A kind that is new is added here, once a workflow reads it. */
const READ_AS_IT_IS = [
  'BatchGetItem FACTS',
  'BatchGetItem OFFER',
  'BatchGetItem PAGES',
  'BatchGetItem PART',
  'BatchGetItem QUOTE',
  'BatchGetItem WEIGHTS',
  'GetItem BOOKING',
  'GetItem CLOCK',
  'GetItem ERA',
  'GetItem INVENTORY',
  'GetItem JOURNAL',
  'GetItem OFFER',
  'GetItem PAGES',
  'GetItem PAYOUT',
  'GetItem POLICY',
  'GetItem PREFERENCE',
  'GetItem QUARANTINE',
  'GetItem QUOTE',
  'GetItem RATE',
  'GetItem STATE',
  'GetItem STATEMENTS',
  'GetItem SYSTEM',
  'Query CARRIED',
  'Query DECISIONS',
  'Query LOG',
  'Query OUTBOX',
  'Query PAGES',
  'Query QUARANTINE',
  'Query SEALS',
  'Query SEEN',
]

interface ReadInput {
  IndexName?: string
  Key?: { pk: { S: string } }
  ExpressionAttributeValues?: { ':pk'?: { S: string } }
  RequestItems?: Record<string, { Keys: { pk: { S: string } }[]; ConsistentRead?: boolean }>
  ConsistentRead?: boolean
}

let engine: Engine
/** Each kind of read with whether all of them asked for what was written before. */
const asked = new Map<string, boolean>()
/** Every command that is neither a read that is looked at nor a write. */
const unknown = new Set<string>()

beforeAll(async () => {
  engine = await startEngine()
  engine.client.middlewareStack.add(
    (next, { commandName = '' }) =>
      (args) => {
        note(commandName.replace(/Command$/, ''), args.input as ReadInput)
        return next(args)
      },
    { step: 'initialize' },
  )
})
afterAll(() => engine.stop())

const WRITES = ['BatchWriteItem', 'CreateTable', 'PutItem', 'TransactWriteItems', 'UpdateItem']

function note(command: string, input: ReadInput): void {
  const see = (what: string | undefined, consistent: boolean | undefined): void => {
    const kind = `${command} ${what}`
    asked.set(kind, (asked.get(kind) ?? true) && consistent === true)
  }
  const kindOf = (pk: string | undefined): string | undefined => pk?.split('#')[0]
  if (command === 'GetItem') see(kindOf(input.Key?.pk.S), input.ConsistentRead)
  else if (command === 'Query')
    see(input.IndexName ?? kindOf(input.ExpressionAttributeValues?.[':pk']?.S), input.ConsistentRead)
  else if (command === 'BatchGetItem')
    for (const { Keys, ConsistentRead } of Object.values(input.RequestItems ?? {}))
      for (const { pk } of Keys) see(kindOf(pk.S), ConsistentRead)
  else if (!WRITES.includes(command)) unknown.add(command)
}

const POLICY: Json = {
  stages: [split({ members: 'group:members 50%', savers: 'group:savers 50%' })],
  groups: {
    members: { weight: { metric: 'feesPaid' }, ifEmpty: '@nobody' },
    savers: { weight: { metric: 'balance' }, ifEmpty: '@nobody' },
  },
  bounds: { income: ['0', '2000'] },
}

const iso = (hours: number) => new Date(START_MS + hours * HOUR_MS).toISOString()
const charged = (id: string, hours: number, more: Json = {}) =>
  message(
    'FeeCharged',
    fee({ id, kind: 'fee', amount: '100', payer: 'ann', occurredAt: iso(hours), ...more }),
  )

/** Fees, costs, copies, what is refused and let in again; four eras, of which one is held and one has only commands. */
async function settleEras(net: PayingNetwork): Promise<void> {
  const sources = { FeeCharged: [SOURCE], CostIncurred: [SOURCE], TokensDeposited: [SOURCE] }
  const deps = { ...net.ingestDeps, sources, newId: monotonicFactory() }
  const { store } = net
  const next = async (hours: number): Promise<void> => {
    await net.passTo(hours)
    await net.network.run()
  }
  const cost = fee({ id: 'c', kind: 'cost', amount: '5', payer: 'bob', occurredAt: iso(0.5) })
  const deposit = { id: 'd', account: 'ann', amount: '1000', occurredAt: iso(0.1) }
  // Too large for one item, so that it is kept in parts.
  const refused = charged('bad', 0.5, { kind: 'nothing', pad: randomBytes(300_000).toString('base64') })
  const others = [message('CostIncurred', cost), message('TokensDeposited', deposit)]
  await ingest(deps, [charged('f', 0.5), ...others, refused])
  await act(net, 'in-0', [transfer('ann', 'bob', 10n), stakes('ann', 'lot', 10n)])
  await next(1)
  await creditAgain(store, 0)
  await ingest(deps, [charged('f', 1.5), charged('late', 0.6), charged('g', 1.5, { payer: 'bob' })])
  const [waiting] = await net.refusals()
  await replay(deps, { admitLate: true })
  await replay(deps, { ids: [(waiting as unknown as { id: string }).id] })
  await next(2)
  await act(net, 'in-2', charging('ann', 'c2', 5n))
  await next(3)
  await ingest(deps, [charged('much', 3.5, { amount: '5000' })])
  await next(4)
  await decideHeld({ store, now: () => START_MS }, { era: 3, decision: 'pay', by: 'ops' })
  await next(5)
  expect((await store.state.read())?.sealedThrough).toBe(4)
  const json = policyJson({ ...POLICY, version: 2 })
  const policy = parsePolicy(json)
  await store.policies.add({ version: 2, effectiveFrom: 9, hash: policyHash(json), json, policy })
}

/** As a credit that was cut off just before its end is called again: it reads the statements that stand. */
async function creditAgain(store: Store, era: number): Promise<void> {
  const statements = { ...store.statements, readCredit: async () => undefined }
  const deps = { store: { ...store, statements }, remainingMs: () => 60_000 }
  for (let partition = 0; partition < 16; partition += 1) await creditPartition(deps, { era, partition })
}

async function act({ deps }: PayingNetwork, id: string, moves: Move[]): Promise<void> {
  await post(deps, { id: `cmd#test#${id}`, digest: id, change: { moves } })
}

/** Asked for, by an account and by its schedule; released, confirmed. */
async function payOut(net: PayingNetwork): Promise<void> {
  await net.stock(100n)
  await net.rate('r', 5.5, '1', '2')
  const { id } = await net.ask('ann', '10', { asset: 'USDC' })
  await net.prefer({ account: 'bob', schedule: 'weekly', dueAt: START_MS })
  await net.clock(7)
  expect(await net.run()).toMatchObject({ failed: 0 })
  expect(await unansweredMs(net.deps)).toBe(0)
  await net.send('PayoutConfirmed', { id: 'ok', payoutId: id })
  expect(await net.payout(id)).toMatchObject({ state: 'CONFIRMED' })
}

/** Quoted, accepted, ended; a quote that nobody takes gives its units back. */
async function trade(market: Market): Promise<void> {
  await market.put('a', { quantity: 20n })
  await market.pay('buyer', 1_000_000n)
  const { id } = await market.accept((await market.quote('q1')).id)
  await market.quote('q2')
  market.at += HOUR_MS
  await market.quote('q3')
  await market.end(id)
}

it('what settles, posts and pays out reads the table as it is', async () => {
  const net = await payingNetwork(engine, POLICY)
  await settleEras(net)
  await payOut(net)
  await trade(await openMarket(await engine.another()))
  await net.store.records.list('byOwner', { kind: 'PAYOUT', list: payoutsOf('ann'), limit: 10 })
  await net.store.journal.entries('ann', { limit: 10 })
  const kinds = [...asked.keys()].sort()
  const behind = kinds.filter((kind) => !asked.get(kind))
  expect(behind).toEqual(Object.keys(MAY_BE_BEHIND).sort())
  expect(kinds.filter((kind) => asked.get(kind))).toEqual(READ_AS_IT_IS)
  expect([...unknown]).toEqual([])
})

it('nothing else asks for less either, on any way that no workflow takes', () => {
  const folder = join(import.meta.dirname, '../../../shared')
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const times = readFileSync(join(folder, file), 'utf8').split('eventual: true').length - 1
      return times > 0 ? [`${file} ${times}`] : []
    })
  expect(found.sort()).toEqual(['store/journal.ts 1', 'store/reads.ts 1'])
})
