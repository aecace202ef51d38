import { partitionOfPage } from '../domain/account.ts'
import { emptyPage, type Page } from '../domain/page.ts'
import type { PageStore } from '../settlement/ports.ts'
import { bytesOf, type Item, type Key, numberValue } from './attributes.ts'
import { decode } from './codec.ts'
import { type Condition, NOT_THERE, type Table } from './dynamo.ts'
import { pageSk, pagesOf } from './keys.ts'
import type { NetworkConstants } from './network.ts'
import { wholeItem } from './values.ts'

export function pageStore(table: Table, constants: () => Promise<NetworkConstants>): PageStore {
  const keyOf = async (page: number): Promise<Key> => pageKey(page, (await constants()).partitions)
  return {
    async *list(partition) {
      for await (const item of table.query({ pk: pagesOf(partition), ahead: true })) yield pageOf(item)
    },
    async read(page) {
      const item = await table.get(await keyOf(page))
      return item ? pageOf(item) : emptyPage(page)
    },
    async readAll(pages) {
      const { partitions } = await constants()
      const items = await table.findAll(pages.map((page) => pageKey(page, partitions)))
      return items.map((item, i) => (item ? pageOf(item) : emptyPage(pages[i] as number)))
    },
    async replace(next) {
      const { put, when } = pageWrite(next, (await constants()).partitions)
      return table.put(put, when)
    },
  }
}

/** The write of a page that was changed: only while the stored one has the version before. */
export function pageWrite(next: Page, partitions: number): { put: Item; when: Condition } {
  // A page of the genesis is stored with version 0, any other not before its first change.
  const isFirst = next.version === 1
  return {
    put: pageItem(pageKey(next.page, partitions), next),
    when: {
      expression: isFirst ? `${NOT_THERE} OR version = :before` : 'version = :before',
      values: { ':before': numberValue(next.version - 1) },
    },
  }
}

export function pageKey(page: number, partitions: number): Key {
  return { pk: pagesOf(partitionOfPage(page, partitions)), sk: pageSk(page) }
}

export function pageItem(key: Key, page: Page): Item {
  return wholeItem(key, page, { version: numberValue(page.version) })
}

export function pageOf(item: Item): Page {
  return decode<Page>(bytesOf(item, 'd'))
}
