import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb'
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scanTable } from '../../infra/cli/audit/scan.ts'
import { pageOf, partitionOfPage } from '../../shared/domain/account.ts'
import type { Page } from '../../shared/domain/page.ts'
import { bytesOf, bytesValue, type Item, keyItem, textOf } from '../../shared/store/attributes.ts'
import { decode, encode } from '../../shared/store/codec.ts'
import { pageSk, pagesOf } from '../../shared/store/keys.ts'
import { collect } from '../support/collect.ts'
import { message } from '../support/intake.ts'
import { HOUR_MS, policyJson, START_MS } from '../support/policies.ts'
import { type SentEvent, type Service, startService } from '../support/service.ts'

/** The runbook of the README, section by section, as whoever is called does it. The tests build on one another. */

const ROOT = join(import.meta.dirname, '../..')
const SOURCE = 'exchequer.sample'
const FAILED_WITHIN_MS = 60_000
const STUCK_WITHIN_MS = 150_000
const TEST = { timeout: 120_000 }
const LONG = { timeout: 240_000 }

const hour = (hours: number): string => new Date(START_MS + hours * HOUR_MS).toISOString()
const charged = (id: string, at: number, amount = '100') => ({
  id,
  kind: 'fee',
  amount,
  occurredAt: hour(at),
})
const event = (name: string, data: object): SentEvent => ({
  'detail-type': name,
  detail: { metadata: { version: 1 }, data },
})

let service: Service
let clients: { sqs: SQSClient; states: SFNClient; table: DynamoDBClient }
beforeAll(async () => {
  const era = { every: 'PT1H', from: hour(0), clock: 'manual', lateness: 'PT1H' }
  service = await startService(policyJson({ era, bounds: { income: ['0', '1000'] } }))
  const client = {
    endpoint: service.host.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'operator', secretAccessKey: 'operator' },
  }
  clients = { sqs: new SQSClient(client), states: new SFNClient(client), table: new DynamoDBClient(client) }
}, 120_000)
afterAll(() => service?.close())

const output = (name: string): string => service.host.outputs[name] as string

/** A command of the product, as it is typed: its exit code and what it printed. */
function run(name: string, ...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const file = join(ROOT, 'infra/cli', `${name}.ts`)
  const child = spawn(process.execPath, [file, '--endpoint-url', service.host.url, ...args])
  const printed = { out: '', err: '' }
  child.stdout.on('data', (text) => (printed.out += text))
  child.stderr.on('data', (text) => (printed.err += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, ...printed }))
  })
}

/** Lays a message where the intake's failed ones go. */
async function layAside(queue: 'IntakeDlqUrl' | 'UndeliveredDlqUrl', data: object): Promise<void> {
  const { body } = message('FeeCharged', data, { source: SOURCE })
  await clients.sqs.send(new SendMessageCommand({ QueueUrl: output(queue), MessageBody: body }))
}

async function start(machine: 'StateMachineArn' | 'PayOutMachineArn', input: string): Promise<void> {
  await clients.states.send(new StartExecutionCommand({ stateMachineArn: output(machine), input }))
}

/** As `curl -H ... -d BODY` has it. */
async function post(path: string, claims: { account?: string; scope?: string }, body: object) {
  const token = await service.host.signToken(claims)
  const headers = {
    authorization: `Bearer ${token}`,
    'idempotency-key': path,
    'content-type': 'application/x-www-form-urlencoded',
  }
  const request = { method: 'POST', headers, body: JSON.stringify(body) }
  return (await fetch(`${service.host.url}${path}`, request)).json() as Promise<Record<string, unknown>>
}

async function sealOf(era: number) {
  const { body } = await service.get(`/eras/${era}`)
  return body
}

describe('fees that were not booked', () => {
  it('are sent again from both dead-letter queues, and count once', TEST, async () => {
    await service.send([event('FeeCharged', charged('booked', 0.1))])
    await service.host.drained()
    await layAside('IntakeDlqUrl', charged('booked', 0.1))
    await layAside('IntakeDlqUrl', charged('unreadable', 0.2))
    await layAside('UndeliveredDlqUrl', charged('undelivered', 0.3))
    expect(await run('redrive')).toMatchObject({
      code: 0,
      out: '3 messages sent to the intake again\n',
      err: '',
    })
    expect(await run('redrive')).toMatchObject({ code: 0, out: '0 messages sent to the intake again\n' })
    await service.advance(hour(1))
    expect(await sealOf(0)).toMatchObject({ counted: { FeeCharged: 3 } })
  })
})

describe('events in quarantine', () => {
  it('are listed with the rule they broke, and booked once somebody lets them in', TEST, async () => {
    await service.advance(hour(3))
    await service.send([event('FeeCharged', charged('too-late', 0.5))])
    await service.host.drained()
    const token = await service.host.signToken({ scope: 'quarantine:read' })
    const { body } = await service.get('/quarantine', { authorization: `Bearer ${token}` })
    expect(JSON.stringify(body)).toContain('lateness')
    const refused = await run('replay', '--all')
    expect(refused.out).toMatch(
      /^still refused: \w+ \S*lateness: .*\n0 messages replayed, 1 event still refused\n$/,
    )
    const replayed = await run('replay', '--all', '--admit-late')
    expect(replayed).toMatchObject({ code: 0, out: '1 message replayed, 0 events still refused\n' })
    await service.advance(hour(4))
    expect(await sealOf(3)).toMatchObject({ counted: { FeeCharged: 1 }, late: 1 })
  })
})

describe('an era that is not settled', () => {
  /** Something in the log of an era that no version of the product writes. */
  const damaged = (era: number): Item => ({
    ...keyItem({ pk: `LOG#${era}#0`, sk: 'zzz' }),
    n: { N: '1' },
  })
  const mend = (era: number) =>
    clients.table.send(
      new DeleteItemCommand({
        TableName: output('TableName'),
        Key: keyItem({ pk: `LOG#${era}#0`, sk: 'zzz' }),
      }),
    )

  async function fails(era: number): Promise<void> {
    await service.send([event('FeeCharged', charged(`f${era}`, era + 0.5))])
    await service.host.drained()
    await clients.table.send(new PutItemCommand({ TableName: output('TableName'), Item: damaged(era) }))
    const advanced = await run('advance', '--to', hour(era + 1))
    expect(advanced).toMatchObject({ code: 0, err: '' })
    const until = Date.now() + FAILED_WITHIN_MS
    const failed = () => service.host.executions().find(({ name }) => name === `era-${era}-1`)
    while (failed()?.status !== 'FAILED' && Date.now() < until) await sleep(100)
    expect(failed()).toMatchObject({ status: 'FAILED', error: 'InvariantBroken' })
  }

  it('is settled by the next attempt, once the cause is mended', TEST, async () => {
    await fails(4)
    await mend(4)
    const advanced = await run('advance', '--to', hour(5), '--wait')
    expect(advanced).toMatchObject({ code: 0, err: '' })
    expect(advanced.out).toMatch(/eras are sealed through 4\n$/)
    expect(service.host.executions().map(({ name }) => name)).toContain('era-4-2')
    expect(await sealOf(4)).toMatchObject({ counted: { FeeCharged: 1 } })
  })

  /** Ticks until no attempt is left; answers with what the tick says then. */
  async function stuck(): Promise<string> {
    const until = Date.now() + STUCK_WITHIN_MS
    while (Date.now() < until) {
      const said = await service.host.invoke(output('TickFunctionName'), {}).catch((error: Error) => error)
      if (said instanceof Error) return said.message
      await sleep(20)
    }
    return 'it is not stuck'
  }

  it('or by an execution that a person starts, once ten attempts have failed', LONG, async () => {
    await fails(5)
    expect(await stuck()).toContain('SettlementStuck: era 5 was not sealed by 10 attempts')
    await mend(5)
    await start('StateMachineArn', '{"era": 5}')
    const until = Date.now() + FAILED_WITHIN_MS
    while ((await service.store.state.read())?.sealedThrough !== 5 && Date.now() < until) await sleep(100)
    expect(await sealOf(5)).toMatchObject({ counted: { FeeCharged: 1 } })
  })
})

describe('an era that is held', () => {
  it('says which bound was broken, and is paid once somebody with the scope says so', TEST, async () => {
    await service.send([event('FeeCharged', charged('much', 6.5, '5000'))])
    await service.host.drained()
    await run('advance', '--to', hour(7), '--wait')
    expect(await sealOf(6)).toMatchObject({
      state: 'HELD',
      held: { because: [{ rule: 'bounds.income', value: { amount: '5000' }, most: { amount: '1000' } }] },
    })
    const decided = await post('/eras/6/decision', { scope: 'network:operate' }, { decision: 'pay' })
    expect(decided).toMatchObject({ decision: 'pay', doneIn: 7 })
    await run('advance', '--to', hour(8), '--wait')
    expect(await sealOf(7)).toMatchObject({ decided: [{ era: 6, decision: 'pay' }] })
  })
})

describe('payouts that do not leave', () => {
  it('are tried at once where somebody starts the machine, and end by what is answered', TEST, async () => {
    await service.send([
      event('TokensDeposited', { id: 'b', account: 'bob', amount: '50', occurredAt: hour(8) }),
    ])
    await service.host.drained()
    const { id } = await post('/accounts/bob/payouts', { account: 'bob' }, { amount: '50' })
    const authorization = `Bearer ${await service.host.signToken({ account: 'bob' })}`
    const reached = async (state: string): Promise<unknown> => {
      const until = Date.now() + FAILED_WITHIN_MS
      for (;;) {
        const { body } = await service.get(`/payouts/${id}`, { authorization })
        if (body.state === state || Date.now() > until) return body.state
        await sleep(50)
      }
    }
    expect(await reached('REQUESTED')).toBe('REQUESTED')
    await start('PayOutMachineArn', '{}')
    expect(await reached('RELEASED')).toBe('RELEASED')
    await service.send([event('PayoutConfirmed', { id: 'c', payoutId: id, occurredAt: hour(8) })])
    expect(await reached('CONFIRMED')).toBe('CONFIRMED')
  })
})

describe('books that are doubted', () => {
  const RESTORED = 'restored'

  /** What a restore to a point in time makes: a table of the same shape, with the items of that moment. */
  async function restore(): Promise<void> {
    const { Table } = await clients.table.send(new DescribeTableCommand({ TableName: output('TableName') }))
    await clients.table.send(
      new CreateTableCommand({
        TableName: RESTORED,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: Table?.AttributeDefinitions,
        KeySchema: Table?.KeySchema,
        GlobalSecondaryIndexes: Table?.GlobalSecondaryIndexes?.map(
          ({ IndexName, KeySchema, Projection }) => ({
            IndexName,
            KeySchema,
            Projection,
          }),
        ),
      }),
    )
    const items = await collect(scanTable(clients.table, output('TableName'), 1))
    for (let from = 0; from < items.length; from += 25) {
      const puts = items.slice(from, from + 25).map((Item) => ({ PutRequest: { Item } }))
      await clients.table.send(new BatchWriteItemCommand({ RequestItems: { [RESTORED]: puts } }))
    }
  }

  it('are audited as they are, and as a restored table has them', TEST, async () => {
    await service.send([
      event('TokensDeposited', { id: 'd', account: 'ann', amount: '70', occurredAt: hour(8) }),
    ])
    await service.host.drained()
    await restore()
    for (const table of [[], ['--table', RESTORED]]) {
      const audited = await run('audit', ...table)
      expect(audited).toMatchObject({ code: 0, err: '' })
      expect(audited.out).toMatch(/^✓ clean: .*\n\d+ items: eras sealed through 7, 7 events counted/)
    }
  })

  it('say in words what is wrong with them, and the command fails', TEST, async () => {
    const page = pageOf('ann')
    const key = { pk: pagesOf(partitionOfPage(page, 16)), sk: pageSk(page) }
    const items = await collect(scanTable(clients.table, RESTORED, 1))
    const item = items.find((one) => textOf(one, 'pk') === key.pk && textOf(one, 'sk') === key.sk) as Item
    const value = decode<Page>(bytesOf(item, 'd'))
    for (const state of value.accounts) state.available += 1n
    const spoilt = { ...item, d: bytesValue(encode(value)) }
    await clients.table.send(new PutItemCommand({ TableName: RESTORED, Item: spoilt }))
    const audited = await run('audit', '--table', RESTORED)
    expect(audited.code).toBe(1)
    expect(audited.out).toContain(
      'accounts: ann: what it has available, its balance less what waits: 70 expected, 71 found\n',
    )
    expect(audited.err).toBe('error the books of restored are wrong: 2 findings\n')
    expect((await run('audit')).code).toBe(0)
  })
})
