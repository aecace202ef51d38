import { TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { EXTERNAL } from '../../../shared/domain/account.ts'
import type { Move } from '../../../shared/domain/moves.ts'
import type { RecordWrite } from '../../../shared/ledger/ports.ts'
import { type Change, type PostDeps, post } from '../../../shared/ledger/post.ts'
import { openNetwork } from '../../../shared/settlement/open.ts'
import { connectStore, type Store } from '../../../shared/store/table.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { stateOf } from '../../support/ledger.ts'
import { HOUR_MS, policyJson, START_MS } from '../../support/policies.ts'

let engine: Engine
let store: Store
let deps: PostDeps
/** Happens once, before the next transaction is sent. */
let meanwhile: (() => Promise<unknown>) | undefined

beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine.stop())

beforeEach(async () => {
  const { client, tableName } = await engine.another()
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        const first = commandName === TransactWriteItemsCommand.name ? meanwhile : undefined
        if (first) meanwhile = undefined
        await first?.()
        return next(args)
      },
    { step: 'initialize' },
  )
  store = connectStore({ tableName, client, pause: async () => undefined })
  deps = { store, now: () => 1_000 }
  await openNetwork(store, policyJson(), 0)
})

const deposit = (to: string, amount: bigint): Move => ({
  move: 'transfer',
  from: EXTERNAL,
  to,
  amount,
  why: 'deposit',
})
const offer = (id: string, version: number, value: unknown, place = '1'): RecordWrite => ({
  kind: 'OFFER',
  id,
  version,
  value,
  owner: { list: 'offers of ann', place: id },
  place: { list: 'offers', place },
})
const done = (id: string, change: Change | ((moment: { at: number }) => Promise<Change>)) =>
  post(deps, { id: `cmd#ann#test#${id}`, digest: id, change })

describe('a command', () => {
  it('writes its records with its moves, or none of them', async () => {
    await done('both', { moves: [deposit('ann', 5n)], records: [offer('o', 0, { price: 7n })] })
    expect(await store.records.read('OFFER', 'o')).toEqual({ id: 'o', version: 1, value: { price: 7n } })
    const moves: Move[] = [{ move: 'transfer', from: 'ann', to: 'bob', amount: 6n, why: 'test' }]
    await expect(done('none', { moves, records: [offer('p', 0, {})] })).rejects.toMatchObject({
      code: 'NotEnough',
    })
    expect(await store.records.read('OFFER', 'p')).toBeUndefined()
  })

  it('reads again what another has changed, and answers what it did in the end', async () => {
    await done('new', { moves: [], records: [offer('o', 0, 1n)] })
    const add = (id: string, more: bigint) =>
      done(id, async () => {
        const found = await store.records.read<bigint>('OFFER', 'o')
        const [version, value] = [found?.version ?? 0, (found?.value ?? 0n) + more]
        return { moves: [], records: [offer('o', version, value)], answer: { value } }
      })
    meanwhile = () => add('between', 10n)
    expect((await add('late', 100n)).answer).toEqual({ value: 111n })
    expect(await store.records.read('OFFER', 'o')).toMatchObject({ version: 3, value: 111n })
    expect((await add('late', 100n)).answer).toEqual({ value: 111n })
  })

  it('is written once: what comes second with its id writes nothing, also where it changes no page', async () => {
    const entry = { id: 'evt#RatePublished#r', digest: '', moves: [], era: 0, at: 0, networkAt: 0 }
    const write = (answer: bigint) =>
      store.journal.commit({ ...entry, answer }, 0, [], [offer(`o-${answer}`, 0, answer)])
    expect(await write(1n)).toBe(true)
    expect(await write(2n)).toBe(false)
    expect(await store.journal.read(entry.id)).toMatchObject({ answer: 1n })
    expect(await store.records.read('OFFER', 'o-2')).toBeUndefined()
  })

  it('of many at once on one record, each counts', async () => {
    await done('zero', { moves: [], records: [offer('o', 0, 0n)] })
    const increments = Array.from({ length: 12 }, (_, i) =>
      done(`one-${i}`, async () => {
        const found = await store.records.read<bigint>('OFFER', 'o')
        return { moves: [], records: [offer('o', found?.version ?? 0, (found?.value ?? 0n) + 1n)] }
      }),
    )
    await Promise.all(increments)
    expect((await store.records.read('OFFER', 'o'))?.value).toBe(12n)
  })
})

describe('the era of a command', () => {
  it('is the one that was open when it was written, not when it was read', async () => {
    meanwhile = () => store.state.close(-1, 2, 0)
    const entry = await done('across', { moves: [deposit('ann', 5n)] })
    expect(entry.era).toBe(3)
    expect(await stateOf(store, 'ann')).toMatchObject({ available: 5n })
  })

  it('is the one that is open, also once the clock has passed its end', async () => {
    await store.clock.advance(START_MS + 2.5 * HOUR_MS)
    expect(await done('in grace', { moves: [deposit('ann', 5n)] })).toMatchObject({
      era: 0,
      networkAt: START_MS + 2.5 * HOUR_MS,
    })
  })

  it('is known to have facts for its settlement as soon as it has', async () => {
    expect(await store.journal.hasFacts(0)).toBe(false)
    await done('in', { moves: [deposit('ann', 5n)] })
    expect(await store.journal.hasFacts(0)).toBe(false)
    await done('due', {
      moves: [{ move: 'due', account: 'ann', id: 'd', obligation: 'utilisation', amount: 3n }],
    })
    expect(await store.journal.hasFacts(0)).toBe(true)
    expect(await store.journal.hasFacts(1)).toBe(false)
  })
})

describe('lists', () => {
  it('are in the order of places, whole by cursors, between bounds', async () => {
    for (const [i, place] of ['b', 'a', 'd', 'c'].entries())
      await done(`list-${i}`, { moves: [], records: [offer(`o${i}`, 0, place, place)] })
    const read = async (query: object) => {
      const values: unknown[] = []
      let cursor: string | undefined
      do {
        const asked = { kind: 'OFFER' as const, list: 'offers', limit: 2, cursor, ...query }
        const answer = await store.records.list('byPlace', asked)
        values.push(...answer.records.map(({ value }) => value))
        cursor = answer.next
      } while (cursor !== undefined)
      return values
    }
    expect(await read({})).toEqual(['a', 'b', 'c', 'd'])
    expect(await read({ descending: true, limit: 1 })).toEqual(['d', 'c', 'b', 'a'])
    expect(await read({ from: 'b', through: 'c' })).toEqual(['b', 'c'])
    expect(await read({ list: 'others' })).toEqual([])
    const foreign = { kind: 'OFFER' as const, list: 'offers', limit: 2, cursor: 'x' }
    await expect(store.records.list('byPlace', foreign)).rejects.toMatchObject({ code: 'InvalidCursor' })
  })

  it('leave a record that has lost its place', async () => {
    await done('there', { moves: [], records: [offer('o', 0, 1n)] })
    await done('gone', { moves: [], records: [{ kind: 'OFFER', id: 'o', version: 1, value: 2n }] })
    const { records } = await store.records.list('byPlace', { kind: 'OFFER', list: 'offers', limit: 9 })
    expect(records).toEqual([])
  })
})

describe('what commands did to an account', () => {
  it('is listed newest first, of all or of one era, without what moved nothing of its own', async () => {
    await done('in', { moves: [deposit('ann', 9n)] })
    await done('due', { moves: [{ move: 'due', account: 'ann', id: 'd', obligation: 'u', amount: 3n }] })
    await store.state.close(-1, 0, 0)
    await done('on', { moves: [{ move: 'transfer', from: 'ann', to: 'bob', amount: 4n, why: 'rent' }] })
    const { entries, next } = await store.journal.entries('ann', { limit: 1 })
    expect(entries).toMatchObject([{ id: 'cmd#ann#test#on', era: 1, moves: [{ why: 'rent' }] }])
    const rest = await store.journal.entries('ann', { limit: 5, cursor: next })
    expect(rest).toMatchObject({ entries: [{ id: 'cmd#ann#test#in', era: 0 }] })
    expect(rest.next).toBeUndefined()
    expect((await store.journal.entries('bob', { limit: 5 })).entries).toHaveLength(1)
    expect((await store.journal.entries('ann', { from: 0, through: 0, limit: 5 })).entries).toMatchObject([
      { era: 0 },
    ])
    expect((await store.journal.entries('ann', { from: 1, through: 1, limit: 5 })).entries).toMatchObject([
      { era: 1 },
    ])
  })
})
