import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { audit } from '../../infra/cli/audit/audit.ts'
import { describeFinding } from '../../infra/cli/audit/finding.ts'
import { scanTable } from '../../infra/cli/audit/scan.ts'
import { policyJson, toGroup } from '../support/policies.ts'
import { startService } from '../support/service.ts'
import { inMb, LEAST_JUDGED_MS, memoryLeak, memoryOf } from './memory.ts'

/**
 * `npm run soak -- --minutes 10 --rate 2000`: the whole host for as long as that, with so many fees a second, accounts
 * that pay each other, an era a minute, and faults all the while: the database stands still, messages come twice, ticks
 * come twice or not at all, clients hang up and ask again. Then it heals, and the audit has to find nothing and every
 * fee counted once. Prints the memory of the host every half minute, and of the database, which keeps all that was ever
 * written; a run of five minutes or more fails where the host's goes on growing.
 */

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, rate: { type: 'string', default: '2000' } },
})
const forMs = Number(values.minutes) * 60_000
const perSecond = Number(values.rate)

const TURN_MS = 100
const FEES_PER_ENTRY = 50
const ACCOUNTS = Array.from({ length: 20 }, (_, i) => `account-${i}`)
const MINUTE_MS = 60_000
const GRACE_MS = 5_000
const SAMPLED_MS = 5_000
/** Samples of memory to a line. */
const PRINTED_EVERY = 6

const from = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS
const era = { every: 'PT1M', from: new Date(from).toISOString(), clock: 'wall', grace: 'PT5S' }
const service = await startService(policyJson({ era, ...toGroup({ metric: 'feesPaid' }) }))
const { host, store } = service
const databasePid = host.enginePid
if (databasePid === undefined)
  throw new Error('the soak stops the database engine: it has to be started by the host')
const client = {
  endpoint: host.url,
  region: 'us-east-1',
  credentials: { accessKeyId: 'soak', secretAccessKey: 'soak' },
}
const bus = new EventBridgeClient(client)
const tokens = new Map<string, string>()
for (const account of ACCOUNTS) tokens.set(account, await host.signToken({ account }, forMs / 1_000 + 600))

const chance = (share: number): boolean => Math.random() < share
const pick = <T>(some: readonly T[]): T => some[Math.floor(Math.random() * some.length)] as T
const sent = {
  fees: 0,
  amount: 0n,
  twice: 0,
  deposits: 0,
  transfers: 0,
  refused: 0,
  stops: 0,
  longStops: 0,
  ticks: 0,
}
/** Of the host, bytes, in turns of {@link SAMPLED_MS}. */
const memory: number[] = []
const endsAt = Date.now() + forMs
const goesOn = (): boolean => Date.now() < endsAt

await Promise.all([sendFees(), pay(), tick(), disturb(databasePid), watch(databasePid)])
await heal()
const wrong = await check()
await service.close()
process.exitCode = wrong.length > 0 ? 1 : 0

async function put(detailType: string, data: object | object[]): Promise<void> {
  const Entries = [
    {
      EventBusName: host.outputs.BusName,
      Source: 'exchequer.sample',
      DetailType: detailType,
      Detail: JSON.stringify({ metadata: { version: 1 }, data }),
    },
  ]
  const { FailedEntryCount } = await bus.send(new PutEventsCommand({ Entries }))
  if (FailedEntryCount) throw new Error('the bus refused an entry')
}

/** In entries of fifty; some come a second time, some of those late. */
async function sendFees(): Promise<void> {
  const began = Date.now()
  const again: Promise<void>[] = []
  while (goesOn()) {
    const due = Math.floor(((Date.now() - began) * perSecond) / 1_000)
    while (sent.fees < due) {
      const fees = Array.from({ length: FEES_PER_ENTRY }, (_, i) => {
        const amount = 1 + Math.floor(Math.random() * 1_000)
        sent.amount += BigInt(amount)
        const occurredAt = new Date().toISOString()
        return {
          id: `fee-${sent.fees + i}`,
          kind: 'fee',
          amount: `${amount}`,
          payer: pick(ACCOUNTS),
          occurredAt,
        }
      })
      sent.fees += FEES_PER_ENTRY
      await put('FeeCharged', fees)
      if (!chance(0.05)) continue
      sent.twice += FEES_PER_ENTRY
      again.push(
        sleep(Math.random() * 2 * MINUTE_MS * (chance(0.5) ? 1 : 0)).then(() => put('FeeCharged', fees)),
      )
    }
    await sleep(TURN_MS)
  }
  await Promise.all(again)
}

/** Accounts pay each other; clients hang up, and ask again with the same key until they are answered. */
async function pay(): Promise<void> {
  for (const [i, account] of ACCOUNTS.entries()) {
    const occurredAt = new Date().toISOString()
    await put('TokensDeposited', { id: `in-${i}`, account, amount: '1000000', occurredAt })
    sent.deposits += 1
  }
  const payers = ACCOUNTS.slice(0, 5).map(async (payer) => {
    for (let n = 0; goesOn(); n += 1) {
      await sleep(500 * Math.random())
      const to = pick(ACCOUNTS.filter((account) => account !== payer))
      const body = JSON.stringify({ to, amount: `${1 + Math.floor(Math.random() * 100)}` })
      await transfer(payer, `${payer}-${n}`, body)
    }
  })
  await Promise.all(payers)
}

async function transfer(payer: string, key: string, body: string): Promise<void> {
  for (;;) {
    try {
      const answer = await fetch(`${host.url}/accounts/${payer}/transfers`, {
        method: 'POST',
        headers: { authorization: `Bearer ${tokens.get(payer)}`, 'idempotency-key': key },
        body,
        signal: AbortSignal.timeout(chance(0.1) ? 5 : 30_000),
      })
      const { type } = (await answer.json()) as { type?: string }
      if (answer.status === 200) sent.transfers += 1
      else if (type?.endsWith(':not-enough')) sent.refused += 1
      else if (answer.status < 500 && answer.status !== 409 && answer.status !== 429)
        throw new Error(`a transfer was answered with ${answer.status} ${type}`)
      else continue
      return
    } catch (error) {
      // Hung up: it may have been done or not, and the same key says which.
      if (!['TimeoutError', 'AbortError'].includes((error as Error).name)) throw error
    }
    await sleep(50)
  }
}

/** Every few seconds, twice at once, or not for a while; an execution that failed is tried again by the next. */
async function tick(): Promise<void> {
  while (goesOn()) {
    await Promise.all(Array.from({ length: chance(0.2) ? 2 : 1 }, tickOnce))
    await sleep(chance(0.1) ? 30_000 : 5_000)
  }
}

async function tickOnce(): Promise<void> {
  sent.ticks += 1
  await host.invoke(host.outputs.TickFunctionName as string, {}).catch(() => undefined)
}

/**
 * The database stands still: most often for up to four seconds, and every fourth time for longer than a request may
 * take (10 s, shared/store/table.ts), so that calls run into their time limits and are made again.
 */
async function disturb(pid: number): Promise<void> {
  while (goesOn()) {
    await sleep(5_000 + Math.random() * 10_000)
    const isLong = sent.stops % 4 === 1
    sent.stops += 1
    if (isLong) sent.longStops += 1
    process.kill(pid, 'SIGSTOP')
    await sleep(isLong ? 10_500 + Math.random() * 4_500 : Math.random() * 4_000)
    process.kill(pid, 'SIGCONT')
  }
}

async function watch(pid: number): Promise<void> {
  const began = Date.now()
  let sealed = -1
  for (let turn = 1; goesOn(); turn += 1) {
    await sleep(Math.min(SAMPLED_MS, Math.max(0, endsAt - Date.now())))
    const { rss, heapUsed } = process.memoryUsage()
    memory.push(rss)
    if (goesOn() && turn % PRINTED_EVERY !== 0) continue
    // The database may stand still: what was last heard of it is said then.
    const state = await Promise.race([store.state.read().catch(() => undefined), sleep(1_000)])
    sealed = state?.sealedThrough ?? sealed
    console.log(
      `${Math.round((Date.now() - began) / 1_000)} s: ${sent.fees} fees, queue ${host.queueDepth()}, sealed through ${sealed}, ` +
        `host ${inMb(rss)} (heap ${inMb(heapUsed)}), database ${inMb(memoryOf(pid))}`,
    )
  }
}

/** Until the era is sealed that was going on when the last message was booked. */
async function heal(): Promise<void> {
  await host.drained()
  const last = Math.floor((Date.now() - from) / MINUTE_MS)
  const until = Date.now() + 10 * MINUTE_MS
  for (;;) {
    await tickOnce()
    const state = await store.state.read()
    if (state && state.sealedThrough >= last) return
    if (Date.now() > until) throw new Error(`era ${last} is not sealed: ${JSON.stringify(state)}`)
    await sleep(GRACE_MS)
  }
}

async function check(): Promise<string[]> {
  const table = host.outputs.TableName as string
  const { findings, count, read } = await audit(scanTable(new DynamoDBClient(client), table, 4))
  const wrong = findings.map(describeFinding)
  if (count > wrong.length) wrong.push(`and ${count - wrong.length} findings more`)
  if (read.counted !== sent.fees) wrong.push(`${sent.fees} fees were sent, ${read.counted} were counted`)
  const commands = sent.transfers + sent.deposits
  if (read.commands !== commands)
    wrong.push(`${commands} commands were done, ${read.commands} are in the journal`)
  const leak = forMs >= LEAST_JUDGED_MS ? memoryLeak(memory) : undefined
  if (leak) wrong.push(leak)
  console.log(JSON.stringify({ ...sent, amount: sent.amount.toString(), read }))
  console.log(wrong.length > 0 ? wrong.join('\n') : 'the audit is clean, and every fee was counted once')
  return wrong
}
