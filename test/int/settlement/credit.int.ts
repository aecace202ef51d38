import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pageOf, partitionOfPage } from '../../../shared/domain/account.ts'
import type { Statement } from '../../../shared/domain/statement.ts'
import { creditPartition } from '../../../shared/settlement/credit.ts'
import { decideEra } from '../../../shared/settlement/decide.ts'
import { foldShard } from '../../../shared/settlement/fold.ts'
import { weighPartition } from '../../../shared/settlement/weigh.ts'
import type { Store } from '../../../shared/store/table.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { fee, metric } from '../../support/events.ts'
import { testNetwork } from '../../support/network.ts'
import { policyJson, toGroup } from '../../support/policies.ts'

/** Participants on two pages that follow each other, and on a third: all of the first partition. */
const [FIRST, SECOND, THIRD] = neighbours()

let engine: Engine

beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine.stop())

/** A network whose era 0 is decided, and only partition 0 has anybody to credit. */
async function decided(): Promise<Store> {
  const network = testNetwork(await engine.another(), policyJson(toGroup({ metric: 'work' })))
  const { store } = network
  await network.advance('2026-01-01T00:00:00Z')
  const members = [FIRST, SECOND, THIRD].map((account, index) => metric(account, 'work', BigInt(index + 1)))
  await network.book([fee('f', 1_000n), ...members])
  await network.advance('2026-01-01T01:00:00Z')
  for (let shard = 0; shard < 4; shard += 1) await foldShard({ store }, { era: 0, shard })
  for (let partition = 0; partition < 16; partition += 1)
    await weighPartition({ store }, { era: 0, partition })
  await decideEra({ store }, { era: 0 })
  return store
}

/** What era 0 did to partition 0: statements, pages, and what the partition was credited. */
async function booksOf(store: Store) {
  const statements: Statement[] = []
  for await (const statement of store.statements.list(0, 0)) statements.push(statement)
  const pages = []
  for await (const page of store.pages.list(0)) pages.push(page)
  return { statements, pages, totals: await store.statements.readCredit(0, 0) }
}

/** The store of a credit that is cut off after so many writes: the last one has taken effect, and no more come. */
function cutOffAfter(store: Store, writes: number): Store {
  let left = writes
  const over = () => new Error('the function was cut off')
  const counted =
    <Args extends unknown[], Result>(write: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      if (left === 0) throw over()
      left -= 1
      const result = await write(...args)
      if (left === 0) throw over()
      return result
    }
  return {
    ...store,
    pages: { ...store.pages, replace: counted(store.pages.replace) },
    statements: {
      ...store.statements,
      commit: counted(store.statements.commit),
      commitCredit: counted(store.statements.commitCredit),
    },
  }
}

const credit = (store: Store, after?: number) =>
  creditPartition({ store, remainingMs: () => 60_000 }, { era: 0, partition: 0, after })

describe('a credit', () => {
  it('that is cut off after any of its writes ends as if it had not been', async () => {
    const undisturbed = await decided()
    await credit(undisturbed)
    const expected = await booksOf(undisturbed)
    expect(expected.statements).toHaveLength(3)
    for (let writes = 1; ; writes += 1) {
      const store = await decided()
      const isDone = await credit(cutOffAfter(store, writes)).then(
        () => true,
        () => false,
      )
      if (isDone) break
      await credit(store)
      expect({ writes, ...(await booksOf(store)) }).toEqual({ writes, ...expected })
    }
  })

  it('is done only when every page has its credit', async () => {
    const store = await decided()
    const replaced: number[] = []
    const watched: Store = {
      ...store,
      pages: {
        ...store.pages,
        replace: async (page) => {
          replaced.push(page.page)
          return store.pages.replace(page)
        },
      },
      statements: {
        ...store.statements,
        commitCredit: async (...args) => {
          expect(replaced).toHaveLength(3)
          return store.statements.commitCredit(...args)
        },
      },
    }
    expect(await credit(watched)).toMatchObject({ done: true })
  })

  it('goes on with the page after the one it stopped at', async () => {
    const store = await decided()
    await credit(store, pageOf(FIRST))
    const { pages } = await booksOf(store)
    const credited = pages.map(({ page }) => page)
    expect(credited).toContain(pageOf(SECOND))
    expect(credited).not.toContain(pageOf(FIRST))
  })

  it('meets what commands do to a page meanwhile: both are there', async () => {
    const store = await decided()
    let met = 0
    const contended: Store = {
      ...store,
      pages: {
        ...store.pages,
        async replace(next) {
          // A command is faster, once for each page.
          if (met < 3) {
            met += 1
            const page = await store.pages.read(next.page)
            await store.pages.replace({ ...page, version: page.version + 1, label: 5 })
          }
          return store.pages.replace(next)
        },
      },
    }
    await credit(contended)
    const { pages } = await booksOf(store)
    expect(pages.map(({ creditedThrough, label }) => ({ creditedThrough, label }))).toEqual(
      Array(3).fill({ creditedThrough: 0, label: 5 }),
    )
  })
})

function neighbours(): [string, string, string] {
  const byPage = new Map<number, string>()
  for (let i = 0; ; i += 1) {
    const account = `participant-${i}`
    const page = pageOf(account)
    if (partitionOfPage(page, 16) !== 0) continue
    byPage.set(page, account)
    const [before, after] = [byPage.get(page - 1), byPage.get(page + 1)]
    const other = [...byPage].find(([one]) => Math.abs(one - page) > 2)?.[1]
    if (other === undefined) continue
    if (before !== undefined) return [before, account, other]
    if (after !== undefined) return [account, after, other]
  }
}
