import { pageOf } from '../../../shared/domain/account.ts'
import type { AccountState, Page } from '../../../shared/domain/page.ts'
import type { Statement, StatementRow } from '../../../shared/domain/statement.ts'
import { bytesOf, bytesValue, type Item, keyOf } from '../../../shared/store/attributes.ts'
import { decode, encode } from '../../../shared/store/codec.ts'
import { pageSk, pagesOf, statementsOf } from '../../../shared/store/keys.ts'
import { PARTITIONS } from './life.ts'

/** A copy of a table in which single items can be spoilt, as no code of the product would. */
export class Damaged {
  private readonly table: Map<string, Item>

  constructor(items: readonly Item[]) {
    this.table = new Map(items.map((item) => [nameOf(item), item]))
  }

  get items(): Item[] {
    return [...this.table.values()]
  }

  /** The sort keys of a partition. */
  list(pk: string): string[] {
    return this.items.flatMap((item) => (item.pk?.S === pk ? [keyOf(item).sk] : [])).sort()
  }

  read<T>(pk: string, sk = '.'): T {
    return decode<T>(bytesOf(this.item(pk, sk), 'd'))
  }

  /** Changes what an item says. */
  change<T>(pk: string, sk: string, change: (value: T) => void): void {
    const value = this.read<T>(pk, sk)
    change(value)
    this.put({ ...this.item(pk, sk), d: bytesValue(encode(value)) })
  }

  /** Changes what stands beside the content of an item. */
  set(pk: string, sk: string, attributes: Item): void {
    this.put({ ...this.item(pk, sk), ...attributes })
  }

  drop(pk: string, sk = '.'): void {
    this.item(pk, sk)
    this.table.delete(`${pk} / ${sk}`)
  }

  /** Writes an item once more, under another key. */
  copy(pk: string, sk: string, to: { pk?: string; sk?: string }): void {
    const item = this.item(pk, sk)
    this.put({ ...item, pk: { S: to.pk ?? pk }, sk: { S: to.sk ?? sk } })
  }

  /** Changes what the page of an account has of it. */
  account(account: string, change: (state: AccountState) => void): void {
    this.page(account, ({ accounts }) => change(found(accounts, (state) => state.account === account)))
  }

  page(account: string, change: (page: Page) => void): void {
    this.change(...placeOf(account), change)
  }

  /** Changes what the statement of an era says of an account. */
  row(era: number, account: string, change: (row: StatementRow) => void): void {
    this.statement(era, account, ({ rows }) => change(found(rows, (row) => row.account === account)))
  }

  statement(era: number, account: string, change: (statement: Statement) => void): void {
    this.change(statementsOf(era, partitionOf(account)), pageSk(pageOf(account)), change)
  }

  private item(pk: string, sk: string): Item {
    return found(this.items, (item) => nameOf(item) === `${pk} / ${sk}`)
  }

  private put(item: Item): void {
    this.table.set(nameOf(item), item)
  }
}

/** Where the page of an account is. */
export function placeOf(account: string): [pk: string, sk: string] {
  return [pagesOf(partitionOf(account)), pageSk(pageOf(account))]
}

/** The one that is meant; a test that meets none damages nothing. */
export function found<T>(all: readonly T[], isMeant: (one: T) => boolean): T {
  const one = all.find(isMeant)
  if (one === undefined) throw new Error(`there is none in ${all.length}`)
  return one
}

function partitionOf(account: string): number {
  return Math.floor((pageOf(account) * PARTITIONS) / 16_384)
}

function nameOf(item: Item): string {
  const { pk, sk } = keyOf(item)
  return `${pk} / ${sk}`
}
