import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { ingest } from '../../../shared/ingest/ingest.ts'
import { replay } from '../../../shared/ingest/replay.ts'
import magnet from '../../../shared/policies/magnet-hourly.json' with { type: 'json' }
import { fee, message, SOURCE, type TestNetwork, testNetwork } from '../../support/intake.ts'

let network: TestNetwork | undefined
afterAll(() => network?.engine.stop())
beforeEach(async () => {
  await network?.engine.stop()
  network = await testNetwork(magnet)
})

const start = Date.parse(magnet.era.from)
const HOUR_MS = 3_600_000
const at = (hours: number) => ({ occurredAt: new Date(start + hours * HOUR_MS).toISOString() })

function given(): TestNetwork {
  if (!network) throw new Error('no network')
  return network
}

describe('replay', () => {
  it('books what a fix lets in, once, and leaves the rest with its reason', async () => {
    const { deps, booked, store, waiting } = given()
    const noSources = { ...deps, sources: {} }
    const good = message('FeeCharged', [fee({ id: 'a' }), fee({ id: 'b', amount: '1.5' }), fee({ id: 'c' })])
    await ingest(noSources, [good, { id: 'broken', body: '{' }])
    expect(await waiting()).toMatchObject([
      { rule: 'source', form: 'message' },
      { rule: 'message', form: 'message' },
    ])
    expect(await replay(noSources, {})).toMatchObject({
      replayed: 0,
      stillRejected: [{ rule: 'source' }, {}],
    })

    const report = await replay(deps, {})
    expect(report).toMatchObject({ replayed: 1, failed: [] })
    expect(report.stillRejected.map(({ rule }) => rule)).toEqual(['amount', 'message'])
    expect((await booked(0)).map(({ id }) => id).sort()).toEqual(['a', 'c'])
    const left = await waiting()
    expect(left).toMatchObject([
      { rule: 'message', messageId: 'broken' },
      { rule: 'amount', form: 'event', index: 1, messageId: good.id },
    ])
    expect(report.stillRejected.map(({ id }) => id).sort()).toEqual(left.map(({ id }) => id).sort())

    expect(await replay(deps, {})).toMatchObject({ replayed: 0 })
    expect(await booked(0)).toHaveLength(2)
    const { events } = await store.reads.quarantined({ limit: 10 })
    expect(events.map(({ status }) => status).sort()).toEqual(['replayed', 'waiting', 'waiting'])
  })

  it('lets in what is older than lateness only when told to', async () => {
    const { deps, booked, store, waiting } = given()
    await store.clock.advance(start + 300 * HOUR_MS)
    await store.state.close(-1, 299, 0)
    await ingest(deps, [
      message('FeeCharged', fee({ id: 'old', ...at(1) })),
      message('FeeCharged', fee({ id: 'bad', kind: 'x', ...at(1) })),
    ])
    expect((await waiting()).map(({ rule }) => rule)).toEqual(['era.lateness', 'kind'])
    expect(await replay(deps, {})).toMatchObject({
      replayed: 0,
      stillRejected: [{ rule: 'era.lateness' }, { rule: 'kind' }],
    })
    expect(await replay(deps, { admitLate: true })).toMatchObject({
      replayed: 1,
      stillRejected: [{ rule: 'kind' }],
    })
    expect(await booked(300)).toMatchObject([{ id: 'old', occurredAt: start + HOUR_MS }])
  })

  it('takes the ids it is given, once each, and says which it cannot take', async () => {
    const { deps, booked, waiting } = given()
    await ingest({ ...deps, sources: {} }, [
      message('FeeCharged', fee({ id: 'a' })),
      message('FeeCharged', fee({ id: 'b' })),
    ])
    const [first] = await waiting()
    const id = first?.id ?? ''
    expect(await replay(deps, { ids: [id, id, 'none'] })).toEqual({
      replayed: 1,
      stillRejected: [{ id: 'none', rule: 'id', message: 'nothing in quarantine has this id' }],
      failed: [],
    })
    expect(await replay(deps, { ids: [id] })).toMatchObject({
      replayed: 0,
      stillRejected: [{ id, rule: 'status' }],
    })
    expect(await booked(0)).toMatchObject([{ id: 'a' }])
    expect(await waiting()).toHaveLength(1)
  })

  it('leaves in quarantine what was fenced', async () => {
    const { deps, store, waiting } = given()
    await ingest({ ...deps, sources: {} }, [message('FeeCharged', fee({ id: 'a' }))])
    const append: typeof store.log.append = async (segments) => {
      const errors = await store.log.append(segments)
      await store.state.close(-1, 0, 0)
      return errors
    }
    const [{ id } = { id: '' }] = await waiting()
    const fenced = { ...deps, store: { ...store, log: { append } } }
    expect(await replay(fenced, {})).toEqual({ replayed: 0, stillRejected: [], failed: [id] })
    expect(await replay(deps, { ids: [id] })).toMatchObject({ replayed: 1 })
  })

  it('keeps the number that was sent', async () => {
    const { deps, waiting } = given()
    const { id, body } = message('FeeCharged', [fee({ id: 'n', amount: 'HERE' })])
    await ingest(deps, [{ id, body: body.replace('"HERE"', '1000000000000000025') }])
    await replay(deps, {})
    expect((await waiting())[0]?.original).toContain('1000000000000000025')
  })

  it('is a function that an operator invokes', async () => {
    const { deps, booked, engine } = given()
    await ingest({ ...deps, sources: {} }, [message('FeeCharged', fee({ id: 'a' }))])
    Object.assign(process.env, {
      TABLE_NAME: engine.tableName,
      EVENT_SOURCES: JSON.stringify({ FeeCharged: [SOURCE] }),
      AWS_ENDPOINT_URL: engine.endpoint,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    })
    const { handler } = await import('../../../functions/ingest/replay.ts')
    await expect(handler({ all: true }, {} as never)).rejects.toMatchObject({ code: 'InvalidInput' })
    expect(await handler({}, {} as never)).toEqual({ replayed: 1, stillRejected: [], failed: [] })
    expect(await booked(0)).toMatchObject([{ id: 'a' }])
  })
})
