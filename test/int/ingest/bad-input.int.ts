import type { SQSBatchResponse } from 'aws-lambda'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ingest } from '../../../shared/ingest/ingest.ts'
import type { Message } from '../../../shared/ingest/messages.ts'
import magnetByBlock from '../../../shared/policies/magnet.json' with { type: 'json' }
import magnet from '../../../shared/policies/magnet-hourly.json' with { type: 'json' }
import { fee, message, SOURCE, type TestNetwork, testNetwork } from '../../support/intake.ts'

/** The whole function, over the real database, on a network that goes by the wall clock. */
let network: TestNetwork
let run: (messages: Message[]) => Promise<SQSBatchResponse>
let written: string[]

const now = new Date()
const iso = (offsetMs: number) => new Date(now.getTime() + offsetMs).toISOString()
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const first = new Date(Math.floor(now.getTime() / DAY_MS) * DAY_MS - 30 * DAY_MS)
const eraOf = (ms: number) => Math.floor((ms - first.getTime()) / 3_600_000)

beforeAll(async () => {
  const era = { every: 'PT1H', from: first.toISOString(), clock: 'wall' }
  network = await testNetwork({ ...magnet, era }, { now: now.getTime() })
  const { engine } = network
  Object.assign(process.env, {
    TABLE_NAME: engine.tableName,
    EVENT_SOURCES: JSON.stringify({ FeeCharged: [SOURCE], CostIncurred: [SOURCE], MetricReported: [SOURCE] }),
    AWS_ENDPOINT_URL: engine.endpoint,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    POWERTOOLS_METRICS_NAMESPACE: 'Exchequer',
    POWERTOOLS_SERVICE_NAME: 'ingest/ingest',
  })
  const { metrics } = await import('../../../functions/middleware/observe.ts')
  written = []
  metrics.publishStoredMetrics = () => {
    written.push(JSON.stringify(metrics.serializeMetrics()))
    metrics.clearMetrics()
    return metrics
  }
  const { handler } = await import('../../../functions/ingest/ingest.ts')
  run = async (messages) => {
    const Records = messages.map(({ id, body }) => ({ messageId: id, body }))
    return (await handler({ Records } as never, {} as never)) as SQSBatchResponse
  }
})
afterAll(() => network.engine.stop())

const good = () => message('FeeCharged', fee({ occurredAt: iso(0) }))
const bad = (more: object, name = 'FeeCharged') => message(name, fee({ occurredAt: iso(0), ...more }))
const without = (key: string) => {
  const { [key]: _, ...rest } = fee({ occurredAt: iso(0) })
  return message('FeeCharged', rest)
}

describe('an event that breaks a rule goes to quarantine with the rule and the value, and the rest is booked', () => {
  it.each<[string, () => Message, string, string]>([
    ['amount 1.5', () => bad({ amount: '1.5' }), 'amount', '"1.5"'],
    ['amount -3', () => bad({ amount: '-3' }), 'amount', '"-3"'],
    ['amount 1e9', () => bad({ amount: '1e9' }), 'amount', '"1e9"'],
    ['amount 007', () => bad({ amount: '007' }), 'amount', '"007"'],
    ['amount 10^38', () => bad({ amount: (10n ** 38n).toString() }), 'amount', `"${10n ** 38n}"`],
    ['amount 0', () => bad({ amount: '0' }), 'amount', '"0"'],
    ['amount as a JSON number', () => bad({ amount: 5 }), 'amount', '5'],
    ['no id', () => without('id'), 'id', 'nothing'],
    ['no amount', () => without('amount'), 'amount', 'nothing'],
    ['unknown key', () => bad({ colour: 'red' }), 'data', '{"id'],
    ['unknown kind', () => bad({ kind: 'tips' }), 'kind', '"tips"'],
    ['kind every object has', () => bad({ kind: 'constructor' }), 'kind', '"constructor"'],
    ['unknown event', () => bad({}, 'FeeCharge'), 'detail-type', '"FeeCharge"'],
    ['event every object has', () => bad({}, 'toString'), 'detail-type', '"toString"'],
    [
      'source not allowed',
      () => message('FeeCharged', fee(), { source: 'elsewhere' }),
      'source',
      '"elsewhere"',
    ],
    ['event nobody may send', () => message('SpreadEnded', {}), 'source', `"${SOURCE}"`],
    [
      'too far ahead',
      () => bad({ occurredAt: iso(20 * MINUTE_MS) }),
      'era.ahead',
      iso(20 * MINUTE_MS).slice(0, 16),
    ],
    [
      'older than lateness',
      () => bad({ occurredAt: iso(-8 * DAY_MS) }),
      'era.lateness',
      iso(-8 * DAY_MS).slice(0, 10),
    ],
    [
      'before the first era',
      () => bad({ occurredAt: '2001-01-01T00:00:00Z' }),
      'era.origin',
      '"2001-01-01T00:00:00Z"',
    ],
    ['no moment', () => bad({ occurredAt: 'yesterday' }), 'occurredAt', '"yesterday"'],
    ['details too large', () => bad({ details: 'x'.repeat(8_191) }), 'details', '"xxx'],
    ['id with a control character', () => bad({ id: 'a\nb' }), 'id', '"a\\nb"'],
    ['account with @', () => bad({ payer: '@pool' }), 'payer', '"@pool"'],
    ['spread in blocks', () => bad({ spread: { from: 1, to: 2 } }), 'spread.from', '1'],
    ['spread that ends first', () => bad({ spread: { from: iso(0), to: iso(-1) } }), 'spread', '{"from"'],
    ['metric of the network', () => message('MetricReported', metric('costPaid')), 'metric', '"costPaid"'],
    ['unknown cost', () => bad({ kind: 'lunch' }, 'CostIncurred'), 'kind', '"lunch"'],
    ['no JSON', () => ({ id: 'm', body: '{"detail-type"' }), 'message', '"{\\"detail-type\\""'],
    ['no object', () => ({ id: 'm', body: '[1]' }), 'message', '[1]'],
    ['empty body', () => ({ id: 'm', body: '' }), 'message', '""'],
    ['no detail', () => message('FeeCharged', 0, { detail: undefined }), 'detail', 'nothing'],
    [
      'another version',
      () => message('FeeCharged', 0, { detail: { metadata: { version: 2 } } }),
      'detail.metadata.version',
      '2',
    ],
    ['no data', () => message('FeeCharged', undefined), 'detail.data', 'nothing'],
    ['data as text', () => message('FeeCharged', 'fee'), 'detail.data', '"fee"'],
    ['an empty array', () => message('FeeCharged', []), 'detail.data', '[]'],
    ['deep nesting', deep, 'data', ''],
  ])('%s', async (_name, make, rule, value) => {
    const before = (await network.booked(eraOf(now.getTime()))).length
    const earlier = new Set((await network.waiting()).map(({ id }) => id))
    written.length = 0
    const refused = make()
    expect(await run([good(), refused, good()])).toEqual({ batchItemFailures: [] })
    expect(await network.booked(eraOf(now.getTime()))).toHaveLength(before + 2)
    const added = (await network.waiting()).filter(({ id }) => !earlier.has(id))
    expect(added).toMatchObject([{ rule, messageId: refused.id, status: 'waiting' }])
    expect(added[0]?.value.startsWith(value) || added[0]?.value.startsWith(`"${value}`)).toBe(true)
    expect(added[0]?.message).not.toBe('')
    const [original] = added.map((one) => one.original)
    if (added[0]?.form === 'message') expect(original).toBe(refused.body)
    else expect(refused.body).toContain(original)
    expect(JSON.parse(written[0] ?? '')).toMatchObject({
      EventsCounted: 2,
      EventsQuarantined: 1,
      MessagesFailed: 0,
    })
  })
})

function metric(name: string) {
  return { id: 'm-1', account: 'bob', metric: name, value: '1', occurredAt: iso(0) }
}

/** Deeper than any stack; parsed without recursion, so it gets as far as the contract. */
function deep(): Message {
  const { id, body } = bad({ details: 'HERE' })
  return { id, body: body.replace('"HERE"', `${'['.repeat(50_000)}${']'.repeat(50_000)}`) }
}

describe('an array', () => {
  it('has its good elements booked and each bad one in quarantine with its place', async () => {
    const era = eraOf(now.getTime())
    const before = (await network.booked(era)).length
    const earlier = (await network.waiting()).length
    const at = { occurredAt: iso(0) }
    const sent = message('FeeCharged', [fee(at), fee({ ...at, amount: '007' }), 7, fee(at)])
    expect(await run([sent])).toEqual({ batchItemFailures: [] })
    expect(await network.booked(era)).toHaveLength(before + 2)
    const added = (await network.waiting()).slice(earlier)
    expect(added).toMatchObject([
      {
        rule: 'amount',
        index: 1,
        form: 'event',
        detailType: 'FeeCharged',
        source: SOURCE,
        messageId: sent.id,
      },
      { rule: 'data', index: 2, value: '7', original: '7' },
    ])
  })

  it('has a bad number kept as it was sent', async () => {
    const earlier = (await network.waiting()).length
    const sent = message('FeeCharged', [fee({ amount: 'HERE' })])
    const body = sent.body.replace('"HERE"', '1000000000000000025')
    await run([{ ...sent, body }])
    const [added] = (await network.waiting()).slice(earlier)
    expect(added?.original).toContain('"amount":1000000000000000025')
  })
})

describe('a message larger than an item', () => {
  it('is kept whole', async () => {
    const earlier = (await network.waiting()).length
    const noise = Array.from({ length: 60_000 }, () => Math.random().toString(36)).join('')
    await run([{ id: 'large', body: noise }])
    const [added] = (await network.waiting()).slice(earlier)
    expect(added?.original).toBe(noise)
    const { events } = await network.store.reads.quarantined({ limit: 1 })
    expect(events[0]?.original).toBe(noise)
  })
})

describe('the list of what is in quarantine', () => {
  it('is newest first, page by page', async () => {
    const ids: string[] = []
    let cursor: string | undefined
    do {
      const { events, next } = await network.store.reads.quarantined({ cursor, limit: 10 })
      ids.push(...events.map(({ id }) => id))
      cursor = next
    } while (cursor)
    expect(ids).toEqual((await network.waiting()).map(({ id }) => id).reverse())
    await expect(network.store.reads.quarantined({ cursor: '../x', limit: 1 })).rejects.toMatchObject({
      code: 'InvalidCursor',
    })
  })
})

describe('an event of an era that is closed', () => {
  it('is booked late, in the oldest that is not', async () => {
    const era = eraOf(now.getTime())
    await network.store.state.close(-1, era - 1, 0)
    const id = 'late-1'
    expect(await run([message('FeeCharged', fee({ id, occurredAt: iso(-3 * DAY_MS) }))])).toEqual({
      batchItemFailures: [],
    })
    const booked = (await network.booked(era)).find((event) => event.id === id)
    expect(booked).toMatchObject({ occurredAt: now.getTime() - 3 * DAY_MS })
    expect(written.at(-1)).toContain('"EventsLate":1')
  })
})

describe('a network by block', () => {
  let blocks: TestNetwork
  beforeAll(async () => {
    blocks = await testNetwork(
      { ...magnetByBlock, era: { ...magnetByBlock.era, from: 100 } },
      { now: now.getTime() },
    )
  })
  afterAll(() => blocks.engine.stop())

  it.each<[string, object, string]>([
    ['block before the origin', { block: 99 }, 'era.origin'],
    ['block absurdly ahead', { block: 2_000_000_000 }, 'era.ahead'],
    ['no block', {}, 'block'],
    ['a block that is no whole number', { block: 100.5 }, 'block'],
    [
      'spread in moments',
      { block: 100, spread: { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' } },
      'spread.from',
    ],
    ['spread to a moment', { block: 100, spread: { from: 1, to: '2026-01-02T00:00:00Z' } }, 'spread.to'],
  ])('refuses %s', async (_name, more, rule) => {
    const earlier = (await blocks.waiting()).length
    expect(await ingest(blocks.deps, [message('FeeCharged', fee(more))])).toMatchObject({
      counted: 0,
      quarantined: 1,
    })
    expect((await blocks.waiting())[earlier]).toMatchObject({ rule })
  })

  it('follows the greatest block, and measures lateness by the greatest moment', async () => {
    const at = (block: number, occurredAt: string) => message('FeeCharged', fee({ block, occurredAt }))
    await ingest(blocks.deps, [at(250, '2026-01-10T00:00:00Z'), at(130, '2026-01-10T00:00:01Z')])
    const clock = { watermark: 250, latest: Date.parse('2026-01-10T00:00:01Z') }
    expect(await blocks.store.clock.read()).toMatchObject(clock)
    const old = await ingest(blocks.deps, [at(251, '2026-01-02T00:00:00Z'), at(120, '2026-01-04T00:00:00Z')])
    expect(old).toMatchObject({ counted: 1, quarantined: 1 })
    expect((await blocks.waiting()).at(-1)).toMatchObject({
      rule: 'era.lateness',
      value: '"2026-01-02T00:00:00Z"',
    })
    expect(await blocks.store.clock.read()).toMatchObject(clock)
    expect((await blocks.booked(15)).map(({ block }) => block)).toEqual([250])
  })
})

describe('before the network is open', () => {
  it('every message comes again', async () => {
    const { engine } = network
    const { connectStore } = await import('../../../shared/store/table.ts')
    const store = connectStore({ tableName: engine.tableName, client: engine.client })
    const closed = { ...network.deps, store: { ...store, state: { read: async () => undefined } } }
    const sent = [good(), good()]
    expect(await ingest(closed, sent)).toEqual({
      failed: sent.map(({ id }) => id),
      counted: 0,
      late: 0,
      quarantined: 0,
    })
  })
})
