import {
  ProvisionedThroughputExceededException,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { pageOf } from '../../../shared/domain/account.ts'
import { sum } from '../../../shared/domain/money.ts'
import { type PostDeps, post } from '../../../shared/ledger/post.ts'
import { openNetwork } from '../../../shared/settlement/open.ts'
import { connectStore, type Store } from '../../../shared/store/table.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { availableOf, command, deposit, posting, postingsOf, stateOf } from '../../support/ledger.ts'
import { policyJson } from '../../support/policies.ts'

let engine: Engine
let store: Store
let deps: PostDeps
/** What becomes of a transaction on its way to the engine and back. */
let onTransaction: (send: () => Promise<unknown>) => Promise<unknown>
let transactions: number

beforeAll(async () => {
  engine = await startEngine()
  engine.client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        if (commandName !== TransactWriteItemsCommand.name) return next(args)
        transactions += 1
        const output = await onTransaction(async () => (await next(args)).output)
        return { output, response: {} } as never
      },
    { step: 'initialize' },
  )
  store = connectStore({ tableName: engine.tableName, client: engine.client, pause: async () => undefined })
  deps = { store, now: () => 1_000 }
  await openNetwork(store, policyJson(), 0)
})
afterAll(() => engine.stop())
beforeEach(() => {
  transactions = 0
  onTransaction = (send) => send()
})

let made = 0
/** Accounts nobody has used before, each on a page of its own. */
function accounts(count: number): string[] {
  const found = new Map<number, string>()
  while (found.size < count) {
    made += 1
    found.set(pageOf(`account-${made}`), `account-${made}`)
  }
  return [...found.values()]
}
const accountsOf = <N extends 1 | 2>(count: N) => accounts(count) as N extends 1 ? [string] : [string, string]

const cancelled = (...codes: string[]) =>
  new TransactionCanceledException({
    message: '',
    $metadata: {},
    CancellationReasons: codes.map((Code) => ({ Code })),
  })

describe('a command', () => {
  it('moves money and is in the journal with all that it did', async () => {
    const [ann, bob] = accountsOf(2)
    await post(deps, command('in', deposit(ann, 100n)))
    const entry = await post(deps, command('on', posting(ann, bob, 30n)))
    expect(await availableOf(store, [ann, bob])).toEqual([70n, 30n])
    expect(entry).toMatchObject({ era: 0, at: 1_000, moves: [{ from: ann, to: bob, amount: 30n }] })
    expect(await store.journal.read(entry.id)).toEqual(entry)
  })

  it('that comes again answers what was done, even where it could not be done again', async () => {
    const [ann] = accountsOf(1)
    await post(deps, command('again-in', deposit(ann, 10n)))
    const all = command('again-out', posting(ann, '@external', 10n))
    const first = await post(deps, all)
    transactions = 0
    expect(await post({ ...deps, now: () => 9_999 }, all)).toEqual(first)
    expect(transactions).toBe(0)
    expect((await stateOf(store, ann)).paid).toBe(10n)
  })

  it('with the id of another is a conflict, and does nothing', async () => {
    const [ann] = accountsOf(1)
    await post(deps, command('taken', deposit(ann, 10n)))
    await expect(post(deps, command('taken', deposit(ann, 11n)))).rejects.toMatchObject({
      code: 'JournalConflict',
    })
    expect(await availableOf(store, [ann])).toEqual([10n])
  })

  it('takes no account below zero: none of it is done, and it can be asked for again later', async () => {
    const [ann, bob] = accountsOf(2)
    await post(deps, command('short-in', deposit(ann, 10n)))
    const short = command('short', posting(ann, bob, 5n), posting(ann, bob, 6n))
    await expect(post(deps, short)).rejects.toMatchObject({ code: 'NotEnough' })
    expect(await availableOf(store, [ann, bob])).toEqual([10n, 0n])
    expect(await store.journal.read(short.id)).toBeUndefined()
    await post(deps, command('short-more', deposit(ann, 1n)))
    await post(deps, short)
    expect(await availableOf(store, [ann, bob])).toEqual([0n, 11n])
  })

  it('changes four pages at once', async () => {
    const four = accounts(4)
    await post(deps, command('four', ...four.map((account, i) => deposit(account, BigInt(i + 1)))))
    expect(await availableOf(store, four)).toEqual([1n, 2n, 3n, 4n])
  })

  it('before the network is open says so', async () => {
    const other = await engine.another()
    const closed = connectStore({ tableName: other.tableName, client: other.client })
    await expect(
      post({ store: closed, now: () => 0 }, command('early', deposit('ann', 1n))),
    ).rejects.toMatchObject({ code: 'NetworkNotOpen' })
  })
})

describe('commands at the same time', () => {
  it('with one id are one command', async () => {
    const [ann] = accountsOf(1)
    const same = command('same', deposit(ann, 5n))
    const entries = await Promise.all(Array.from({ length: 20 }, () => post(deps, same)))
    expect(new Set(entries.map(({ era, at }) => `${era} ${at}`)).size).toBe(1)
    expect(await stateOf(store, ann)).toMatchObject({ available: 5n, deposited: 5n })
  })

  it('that were done between being looked for and being tried are answered, not refused for what they did', async () => {
    const [ann] = accountsOf(1)
    await post(deps, command('between-in', deposit(ann, 5n)))
    const all = command('between', posting(ann, '@external', 5n))
    let isFirst = true
    const journal = {
      ...store.journal,
      read: async (id: string) => {
        const known = await store.journal.read(id)
        if (isFirst) {
          isFirst = false
          await post(deps, all)
        }
        return known
      },
    }
    const late = await post({ ...deps, store: { ...store, journal } }, all)
    expect(late).toEqual(await store.journal.read(all.id))
    expect(await stateOf(store, ann)).toMatchObject({ available: 0n, paid: 5n })
    const other = { ...all, digest: 'other' }
    isFirst = true
    await expect(post({ ...deps, store: { ...store, journal } }, other)).rejects.toMatchObject({
      code: 'JournalConflict',
    })
  })

  it('on the same pages all happen, one after the other', async () => {
    const everyone = accounts(3)
    await post(deps, command('crowd', ...everyone.map((account) => deposit(account, 1_000n))))
    const transfers = Array.from({ length: 60 }, (_, i) => {
      const [from, to] = [everyone[i % 3] as string, everyone[(i + 1 + (i % 2)) % 3] as string]
      return command(`crowd-${i}`, posting(from, to, BigInt(i + 1)))
    })
    for (let at = 0; at < transfers.length; at += 12)
      await Promise.all(transfers.slice(at, at + 12).map((transfer) => post(deps, transfer)))
    const net = (account: string) =>
      transfers.flatMap(postingsOf).reduce((total, { from, to, amount }) => {
        if (from === account) return total - amount
        return to === account ? total + amount : total
      }, 1_000n)
    expect(await availableOf(store, everyone)).toEqual(everyone.map(net))
    expect(sum(await availableOf(store, everyone))).toBe(3_000n)
  })

  it('that spend the same money are done as far as it goes', async () => {
    const [ann, bob] = accountsOf(2)
    await post(deps, command('race-in', deposit(ann, 10n)))
    const spending = Array.from({ length: 8 }, (_, i) =>
      post(deps, command(`race-${i}`, posting(ann, bob, 3n))),
    )
    const outcomes = await Promise.allSettled(spending)
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'NotEnough' })
    expect(await availableOf(store, [ann, bob])).toEqual([1n, 9n])
  })
})

describe('what the engine here never answers with', () => {
  it('conflicts of transactions are waited for', async () => {
    const [ann, bob] = accountsOf(2)
    let left = 3
    onTransaction = async (send) => {
      if (left-- > 0) throw cancelled('None', 'TransactionConflict', 'None')
      return send()
    }
    await post(deps, command('waits', deposit(ann, 1n), deposit(bob, 1n)))
    expect(transactions).toBe(4)
    expect(await availableOf(store, [ann, bob])).toEqual([1n, 1n])
  })

  it('conflicts without end are not', async () => {
    const [ann] = accountsOf(1)
    onTransaction = () => Promise.reject(cancelled('TransactionConflict', 'None'))
    await expect(post(deps, command('busy', deposit(ann, 1n)))).rejects.toMatchObject({ code: 'StoreBusy' })
    expect(await availableOf(store, [ann])).toEqual([0n])
  })

  it('a page that changes each time is given up after 50 times', async () => {
    const [ann] = accountsOf(1)
    onTransaction = () => Promise.reject(cancelled('None', 'ConditionalCheckFailed'))
    await expect(post(deps, command('contended', deposit(ann, 1n)))).rejects.toMatchObject({
      code: 'PageContended',
    })
    expect(transactions).toBe(50)
  })

  it('an answer that is lost on its way: what was done is done, once', async () => {
    const [ann] = accountsOf(1)
    let isLost = true
    onTransaction = async (send) => {
      const answer = await send()
      if (!isLost) return answer
      isLost = false
      throw new ProvisionedThroughputExceededException({ message: '', $metadata: {} })
    }
    const entry = await post(deps, command('lost', deposit(ann, 7n)))
    expect(entry).toEqual(await store.journal.read(entry.id))
    expect(await availableOf(store, [ann])).toEqual([7n])
  })

  it('any other reason is an error, and nothing is done', async () => {
    const [ann] = accountsOf(1)
    onTransaction = () => Promise.reject(cancelled('None', 'ValidationError'))
    await expect(post(deps, command('broken', deposit(ann, 1n)))).rejects.toThrow(
      TransactionCanceledException,
    )
    expect(transactions).toBe(1)
  })
})
