import type { CreditTotals, Statement } from '../domain/statement.ts'
import type { StatementStore } from '../settlement/ports.ts'
import type { Key } from './attributes.ts'
import type { Table } from './dynamo.ts'
import { creditKey, pageSk, statementsOf } from './keys.ts'
import { type NewId, readValue, storedValue, writeValue } from './values.ts'

export function statementStore(table: Table, newId: NewId): StatementStore {
  return {
    commit: (partition, statement) => writeValue(table, newId, statementKey(partition, statement), statement),
    readCredit: (era, partition) => readValue<CreditTotals>(table, creditKey(era, partition)),
    commitCredit: (era, partition, totals) => writeValue(table, newId, creditKey(era, partition), totals),
    async *list(era, partition) {
      for await (const item of table.query({ pk: statementsOf(era, partition), ahead: true })) {
        yield await storedValue<Statement>(table, item)
      }
    },
  }
}

export function statementKey(partition: number, { era, page }: { era: number; page: number }): Key {
  return { pk: statementsOf(era, partition), sk: pageSk(page) }
}
