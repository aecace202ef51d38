import { describe, expect, it } from 'vitest'
import type { Entry } from '../../../../infra/cli/sending/pack.ts'
import { type EntryFailure, type PutEntries, sendRequests } from '../../../../infra/cli/sending/put.ts'

const entry = (name: string, events = 1): Entry => ({
  source: 's',
  detailType: name,
  detail: '{}',
  events,
  bytes: 100,
})
const failure: EntryFailure = { code: 'ThrottlingException', message: 'slower' }

async function* requestsOf(...requests: Entry[][]): AsyncGenerator<Entry[]> {
  yield* requests
}

/** A bus that fails each entry as often as its name says: "a2" twice. */
function failing(taken: string[]): PutEntries {
  const tries = new Map<Entry, number>()
  return async (entries) =>
    entries.map((one) => {
      const tried = (tries.get(one) ?? 0) + 1
      tries.set(one, tried)
      if (tried <= Number(one.detailType.slice(1))) return failure
      taken.push(one.detailType)
      return undefined
    })
}

describe('sending of requests', () => {
  it('sends again only the entries that failed', async () => {
    const taken: string[] = []
    const sent = await sendRequests(
      requestsOf([entry('a0', 5), entry('b2', 7)], [entry('c0')]),
      failing(taken),
      { backoffMs: 0, inFlight: 1 },
    )
    expect(sent).toEqual({ events: 13, entries: 3, requests: 4, failed: 0 })
    expect(taken).toEqual(['a0', 'b2', 'c0'])
  })

  it('counts what failed every time, and goes on', async () => {
    const taken: string[] = []
    const sent = await sendRequests(requestsOf([entry('a9', 5)], [entry('b0')]), failing(taken), {
      attempts: 3,
      backoffMs: 0,
    })
    expect(sent).toEqual({
      events: 1,
      entries: 1,
      requests: 4,
      failed: 5,
      reason: 'ThrottlingException: slower',
    })
    expect(taken).toEqual(['b0'])
  })

  it('has no more requests under way than it may, and reads no further ahead', async () => {
    let underWay = 0
    let most = 0
    let made = 0
    async function* many(): AsyncGenerator<Entry[]> {
      for (; made < 20; made += 1) yield [entry('a0')]
    }
    let answered = 0
    const put: PutEntries = async (entries) => {
      underWay += 1
      most = Math.max(most, underWay)
      expect(made - answered).toBeLessThanOrEqual(4)
      await new Promise((resolve) => setImmediate(resolve))
      underWay -= 1
      answered += 1
      return entries.map(() => undefined)
    }
    expect((await sendRequests(many(), put, { inFlight: 3 })).events).toBe(20)
    expect(most).toBe(3)
  })

  it('throws what stops everything, once what is under way has ended', async () => {
    let ended = 0
    const put: PutEntries = async (entries) => {
      await new Promise((resolve) => setImmediate(resolve))
      ended += 1
      if (entries[0]?.detailType === 'b0') throw new Error('connection refused')
      return entries.map(() => undefined)
    }
    await expect(
      sendRequests(requestsOf([entry('a0')], [entry('b0')], [entry('c0')]), put, { inFlight: 3 }),
    ).rejects.toThrow('connection refused')
    expect(ended).toBe(3)
  })
})
