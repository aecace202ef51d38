import { BatchWriteItemCommand, type WriteRequest } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventKey } from '../../../shared/domain/event.ts'
import { shardOf } from '../../../shared/domain/settle.ts'
import { type IngestDeps, ingest } from '../../../shared/ingest/ingest.ts'
import type { Message } from '../../../shared/ingest/messages.ts'
import type { LogWriter } from '../../../shared/ingest/ports.ts'
import magnet from '../../../shared/policies/magnet-hourly.json' with { type: 'json' }
import { fee, message, type TestNetwork, testNetwork } from '../../support/intake.ts'

let network: TestNetwork
beforeAll(async () => {
  network = await testNetwork(magnet)
})
afterAll(() => network.engine.stop())

const atEra = (era: number) => new Date(Date.parse(magnet.era.from) + era * 3_600_000 + 1_000).toISOString()
const feeOf = (era: number, id: string) => fee({ id, occurredAt: atEra(era) })
const single = (era: number, id: string) => message('FeeCharged', feeOf(era, id))

/** Closes the eras up to `era` and answers with what a fold would find in each. */
async function close(era: number): Promise<void> {
  const { state } = network.store
  for (;;) {
    const closedThrough = (await state.read())?.closedThrough ?? -1
    if (closedThrough >= era || (await state.close(closedThrough, era, 0))) return
  }
}

/** The same network, with something happening around the write to the log. */
function around(hooks: { before?: () => Promise<void>; after?: () => Promise<void> }): IngestDeps {
  const { store } = network
  const log: LogWriter = {
    async append(segments) {
      await hooks.before?.()
      const errors = await store.log.append(segments)
      await hooks.after?.()
      return errors
    },
  }
  return { ...network.deps, store: { ...store, log } }
}

describe('an era that closes between the write and the second look', () => {
  it('sends its messages again, and their events are not lost', async () => {
    const mixed = message('FeeCharged', [feeOf(0, 'mixed-0'), feeOf(5, 'mixed-5')])
    const refused = message('FeeCharged', [feeOf(0, 'beside'), { ...feeOf(0, 'x'), amount: '007' }])
    const messages = [single(0, 'fenced'), single(5, 'free'), mixed, refused]
    const closing = around({ after: () => close(0) })
    const outcome = await ingest(closing, messages)
    const [fenced, , both, withBad] = messages.map(({ id }) => id)
    expect(outcome).toEqual({ failed: [fenced, both, withBad], counted: 1, late: 0, quarantined: 0 })
    expect(await network.waiting()).toEqual([])

    // What the fold of era 0 did not see comes again, and is booked in the next era.
    const again = await ingest(
      network.deps,
      messages.filter(({ id }) => outcome.failed.includes(id)),
    )
    expect(again).toEqual({ failed: [], counted: 4, late: 3, quarantined: 1 })
    const ids = async (era: number) => (await network.booked(era)).map(({ id }) => id).sort()
    expect(await ids(0)).toEqual(['beside', 'fenced', 'mixed-0'])
    expect(await ids(1)).toEqual(['beside', 'fenced', 'mixed-0'])
    expect(await ids(5)).toEqual(['free', 'mixed-5', 'mixed-5'])
    expect((await network.booked(1)).every(({ occurredAt }) => occurredAt < Date.parse(atEra(1)))).toBe(true)
    expect(await network.waiting()).toHaveLength(1)
  })
})

describe('an era that closes between the first look and the write', () => {
  it('sends its messages again', async () => {
    const late = single(2, 'overtaken')
    expect(await ingest(around({ before: () => close(2) }), [late])).toMatchObject({
      failed: [late.id],
      counted: 0,
    })
    expect(await ingest(network.deps, [late])).toMatchObject({ failed: [], counted: 1, late: 1 })
  })
})

describe('closing at any moment', () => {
  it('leaves every event in the log of some era before that era is folded', async () => {
    const folded = new Map<string, number[]>()
    const fold = async (era: number) => {
      for (const event of await network.booked(era)) {
        folded.set(eventKey(event), [...(folded.get(eventKey(event)) ?? []), era])
      }
    }
    const closeAndFold = async (era: number) => {
      await close(era)
      await fold(era)
    }
    const expected: string[] = []
    for (let era = 10; era < 40; era++) {
      const messages = Array.from({ length: 4 }, (_, i) => single(era, `${era}-${i}`))
      expected.push(...messages.map((_, i) => `FeeCharged\0${era}-${i}`))
      const moment = era % 4
      let todo: Message[] = messages
      const hooks =
        [{ before: () => closeAndFold(era) }, { after: () => closeAndFold(era) }, {}, {}][moment] ?? {}
      const racing = moment === 2 ? closeAndFold(era) : Promise.resolve()
      const first = await ingest(around(hooks), todo)
      await racing
      if (moment === 3) await closeAndFold(era)
      todo = todo.filter(({ id }) => first.failed.includes(id))
      if (moment < 2) expect(todo).toHaveLength(4)
      if (moment === 3) expect(todo).toEqual([])
      if (todo.length > 0) expect((await ingest(network.deps, todo)).failed).toEqual([])
    }
    await closeAndFold(40)
    expect([...folded.keys()].sort()).toEqual([...expected].sort())
  })
})

describe('a segment that cannot be written', () => {
  it('sends exactly the messages with events in it again', async () => {
    const era = 50
    const { client } = network.engine
    client.middlewareStack.add(
      (next) => async (args) => {
        const requests = Object.entries(
          (args.input as { RequestItems?: Record<string, WriteRequest[]> }).RequestItems ?? {},
        )
        const [table, writes] = requests[0] ?? ['', []]
        const isShard0 = ({ PutRequest }: WriteRequest) => PutRequest?.Item?.pk?.S === `LOG#${era}#0`
        if (!writes.some((write) => isShard0(write))) return next(args)
        const rest = writes.filter((write) => !isShard0(write))
        const done =
          rest.length > 0
            ? await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: rest } }))
            : {}
        const UnprocessedItems = { [table]: writes.filter(isShard0) }
        return { output: { $metadata: {}, ...done, UnprocessedItems }, response: {} } as never
      },
      { step: 'initialize', name: 'shard0' },
    )
    try {
      const messages = Array.from({ length: 40 }, (_, i) => single(era, `partial-${i}`))
      const shards = messages.map(({ body }) =>
        shardOf({ name: 'FeeCharged', id: JSON.parse(body).detail.data.id } as never, 4),
      )
      const inShard0 = messages.filter((_, i) => shards[i] === 0).map(({ id }) => id)
      expect(inShard0.length).toBeGreaterThan(0)
      const outcome = await ingest(network.deps, messages)
      expect(outcome.failed).toEqual(inShard0)
      expect(outcome.counted).toBe(40 - inShard0.length)
      expect(await network.booked(era)).toHaveLength(outcome.counted)
      expect(network.warnings.at(-1)).toContain('was not written')
      const running = await network.store.reads.running(era)
      expect(running.income.gas_fee?.count).toBe(outcome.counted)
    } finally {
      client.middlewareStack.remove('shard0')
    }
  })
})

describe('running totals that cannot be written', () => {
  it('fail nothing but themselves', async () => {
    const running = { add: () => Promise.reject(new Error('no totals today')) }
    const deps = { ...network.deps, store: { ...network.store, running } }
    expect(await ingest(deps, [single(60, 'untotalled')])).toMatchObject({ failed: [], counted: 1 })
    expect(network.warnings.at(-1)).toContain('running totals')
  })
})

describe('quarantine that cannot be written', () => {
  it('sends the message again', async () => {
    const quarantine = {
      ...network.store.quarantine,
      put: async (items: unknown[]) => items.map((_, i) => (i === 0 ? new Error('no room') : undefined)),
    }
    const deps = { ...network.deps, store: { ...network.store, quarantine } }
    const bad = [message('FeeCharged', {}), message('FeeCharged', {}), single(60, 'good')]
    expect(await ingest(deps, bad)).toEqual({ failed: [bad[0]?.id], counted: 1, late: 0, quarantined: 1 })
  })
})
