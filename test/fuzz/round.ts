import { audit } from '../../infra/cli/audit/audit.ts'
import { describeFinding } from '../../infra/cli/audit/finding.ts'
import { scanTable } from '../../infra/cli/audit/scan.ts'
import type { Item } from '../../shared/store/attributes.ts'
import { seeded } from '../differential/random.ts'
import type { Engine } from '../support/engine.ts'
import { type Document, type Operation, readDocument } from './document.ts'
import { faultOf } from './judge.ts'
import { drawMessage, type Sent } from './messages.ts'
import { type Asked, drawRequest, eventOf } from './requests.ts'
import { SCOPES, World } from './world.ts'

/** One network, and so many requests and messages at it. */

export interface Round {
  /** How often each route, and each kind of event, was tried. */
  tried: Record<string, number>
  /** How often each route was answered with 200. */
  done: Record<string, number>
  /** How many answers each problem had. */
  problems: Record<string, number>
  /** Longest that one case took of the processor, ms. */
  slowestMs: number
}

/** What went wrong, with what was sent. */
export class Fault extends Error {
  constructor(what: string, sent: unknown) {
    super(`${what}\n${show(sent)}`)
  }
}

/** The most processor time that one case may take, ms. */
const MAX_CASE_MS = 1_000
const MAX_SHOWN = 4_000
const BATCH = 5
/** As often as the queue hands a message over before it is set aside. */
const MAX_RECEIVES = 8

function show(sent: unknown): string {
  const text = JSON.stringify(sent)
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}... (${text.length} characters)`
}

/** Tries so many cases on a network of its own. Throws {@link Fault} at the first that goes wrong. */
export async function runRound(engine: Engine, seed: number, cases: number): Promise<Round> {
  const random = seeded(seed)
  const world = await World.open(engine)
  const document = await documentOf(world)
  const round: Round = { tried: {}, done: {}, problems: {}, slowestMs: 0 }
  const operations = document.operations.flatMap((one) => Array.from({ length: weightOf(one) }, () => one))
  await begin(world)
  const queue: Sent[] = []
  const sent: Sent[] = []
  const timed = async (of: unknown, run: () => Promise<void>): Promise<void> => {
    const before = process.threadCpuUsage()
    await run()
    const { user, system } = process.threadCpuUsage(before)
    const ms = (user + system) / 1_000
    round.slowestMs = Math.max(round.slowestMs, ms)
    if (ms > MAX_CASE_MS) throw new Fault(`it took ${Math.round(ms)} ms of the processor`, of)
  }
  const flush = async (): Promise<void> => {
    const batch = queue.splice(0)
    await timed(batch, async () => {
      let left = batch
      // On a machine that is too busy to post in time some come again, as the queue brings them; none does for ever.
      for (let received = 0; left.length > 0; received += 1) {
        if (received === MAX_RECEIVES) throw new Fault('messages must come again and again', left)
        const failed = await world.take(left)
        left = left.filter(({ id }) => failed.includes(id))
      }
    })
    await world.refresh()
  }
  for (let n = 0; n < cases; n += 1) {
    if (random.chance(0.003)) await world.pass(random)
    if (random.chance(0.2)) {
      const { name, ...message } = drawMessage(world, random)
      count(round.tried, name)
      queue.push(message)
      sent.push(message)
      if (queue.length >= BATCH) await flush()
    } else {
      const operation = random.pick(operations)
      const asked = drawRequest(operation, document, world, random)
      count(round.tried, operation.key)
      await timed(asked, () => tryRequest({ asked, operation, document, world, round }))
    }
  }
  await flush()
  const items: Item[] = []
  for await (const item of scanTable(engine.client, engine.tableName, 2)) items.push(item)
  await checkNothingLost(world, items, sent)
  await checkBooks(items)
  return round
}

const BEGINNINGS: readonly string[] = ['PUT /offers/{id}', 'POST /orders', 'POST /orders/{id}/fulfil']

/** What begins something is tried most, for the rest needs it; what only reads is tried least. */
function weightOf({ key }: Operation): number {
  if (key.startsWith('GET')) return 1
  return BEGINNINGS.includes(key) ? 4 : 2
}

async function documentOf(world: World): Promise<Document> {
  const asked = { key: 'GET /openapi.json', path: {}, query: {}, headers: {}, isSound: true }
  return readDocument((await world.ask(asked.key, eventOf(asked))).body ?? '')
}

interface Case {
  asked: Asked
  operation: Operation
  document: Document
  world: World
  round: Round
}

async function tryRequest({ asked, operation, document, world, round }: Case): Promise<void> {
  const answer = await world
    .ask(asked.key, eventOf(asked))
    .catch((error: Error) => Promise.reject(new Fault(`the handler threw ${error.stack}`, asked)))
  const fault = faultOf(answer, operation, document)
  if (fault !== undefined)
    throw new Fault(`${fault}\n${answer.statusCode} ${answer.body?.slice(0, MAX_SHOWN)}`, asked)
  if (answer.statusCode !== 200) {
    const { type = '304' } = JSON.parse(answer.body || '{}') as { type?: string }
    count(round.problems, type)
    return
  }
  count(round.done, operation.key)
  learn(world, asked, JSON.parse(answer.body ?? ''))
  if (operation.key.startsWith('GET')) return
  if (operation.security.length === 0) throw new Fault('something was changed without a token', asked)
  const poorer = await world.refresh()
  const { account, scope, scp } = asked.claims ?? {}
  const mayActForOthers = [scope, scp].some((scopes) =>
    SCOPES.split(' ').some((one) => scopes?.includes(one)),
  )
  if (!mayActForOthers && poorer.some((one) => one !== account))
    throw new Fault(`${JSON.stringify(account)} made ${poorer.join(', ')} poorer`, asked)
}

/** Orders in the states that chance seldom comes to: one that waits, one that is used, one that is objected to. */
async function begin(world: World): Promise<void> {
  const [buyer, seller] = ['ann', 'bob']
  let keys = 0
  const act = async (account: string, key: string, id: string, body?: object): Promise<string> => {
    keys += 1
    const asked: Asked = {
      key,
      path: id === '' ? {} : { id },
      query: {},
      headers: { 'idempotency-key': `begin-${keys}` },
      ...(body && { body: JSON.stringify(body) }),
      claims: { account },
      isSound: true,
    }
    const { statusCode, body: text = '' } = await world.ask(key, eventOf(asked))
    if (statusCode !== 200) throw new Fault(`${statusCode} ${text}`, asked)
    const answer = JSON.parse(text)
    learn(world, asked, answer)
    return answer.id
  }
  const order = (offer: string, more: object) =>
    act(buyer, 'POST /orders', '', { offer, quantity: '9', fulfilWithinSeconds: 9_000_000, ...more })
  const offered = { cluster: 'eu', quantity: '900', price: '7' }
  await act(seller, 'PUT /offers/{id}', 'compute', { ...offered, resource: 'gpu-hour' })
  await act(seller, 'PUT /offers/{id}', 'model', { ...offered, resource: 'model' })
  await order('compute', {})
  await act(seller, 'POST /orders/{id}/fulfil', await order('model', { seconds: 9_000_000 }))
  const reason = { reason: 'not as ordered' }
  await act(buyer, 'POST /orders/{id}/dispute', await order('compute', {}), reason)
  await world.refresh()
}

/** Remembers what later requests may be about. */
function learn(world: World, { key, path }: Asked, body: Record<string, unknown>): void {
  const { known, owners, cursors } = world
  const { id, next, lot } = body as Record<string, string | undefined>
  const kind = /^\w+ \/(?:accounts\/\{account\}\/)?(offer|quote|booking|order|payout)s/.exec(key)?.[1] as
    | keyof typeof known
    | undefined
  const of = key.endsWith('/accept') ? 'booking' : kind
  if (of && id !== undefined && !known[of].includes(id)) known[of].push(id)
  if (of === 'offer' && id !== undefined && body.resource !== 'storage') {
    world.lasts.set(id, ['model', 'stream'].includes(String(body.resource)))
    if (!known.orderable.includes(id)) known.orderable.push(id)
  }
  const parties = [body.buyer, body.seller, body.account, body.provider].filter((one) => one !== undefined)
  if (id !== undefined && parties.length > 0) owners.set(id, parties as string[])
  if (lot !== undefined && !known.lot.includes(lot)) known.lot.push(lot)
  if (lot !== undefined) owners.set(lot, [path.account as string])
  if (next !== undefined) cursors.set(key, [...(cursors.get(key) ?? []).slice(-20), next])
  if (key === 'PUT /policy') world.policyVersion = Math.max(world.policyVersion, Number(body.version))
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1
}

/** Every event that was sent is in the log, in the journal or in quarantine. */
async function checkNothingLost(
  { network: { store } }: World,
  items: readonly Item[],
  sent: readonly Sent[],
): Promise<void> {
  const logs = new Map(
    items
      .map(({ pk }) => /^LOG#(\d+)#(\d+)$/.exec(pk?.S ?? ''))
      .filter((match) => match !== null)
      .map(([key, era, shard]) => [key, [Number(era), Number(shard)] as const]),
  ).values()
  const quarantined = Map.groupBy(
    await store.quarantine.waiting({ limit: 1_000_000 }),
    ({ messageId }) => messageId,
  )
  const booked = new Set<string>()
  for (const [era, shard] of logs)
    for await (const { events } of store.log.segments(era, shard))
      for (const { name, id } of events()) booked.add(`${name} ${id}`)
  for (const message of sent) {
    const refused = quarantined.get(message.id) ?? []
    if (refused.some(({ form }) => form === 'message')) continue
    const { 'detail-type': name, detail } = JSON.parse(message.body)
    const data: ({ id?: unknown } | null)[] = [detail.data].flat()
    let found = 0
    for (const one of data) {
      const id = one?.id
      if (typeof id !== 'string' || !/^[\x20-\x7e]{1,128}$/.test(id)) continue
      if (booked.has(`${name} ${id}`) || (await store.journal.read(`evt#${name}#${id}`))) found += 1
    }
    if (found + refused.length < data.length) throw new Fault('an event is nowhere', message)
  }
}

async function checkBooks(items: readonly Item[]): Promise<void> {
  const { findings, count } = await audit(from(items))
  if (count > 0)
    throw new Error(`the books do not add up: ${findings.slice(0, 5).map(describeFinding).join('\n')}`)
}

async function* from(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items
}
