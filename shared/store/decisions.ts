import type { DecisionStore, StoredDecision } from '../settlement/ports.ts'
import { numberValue } from './attributes.ts'
import { NOT_THERE, type Table } from './dynamo.ts'
import { decisionKey, decisionsOf, eraSk, stateKey } from './keys.ts'
import { type NewId, readValue, storedValue, valueItem } from './values.ts'

/** What was decided of held eras: found by the held era, and by the era in which it is done. */
export function decisionStore(table: Table, newId: NewId): DecisionStore {
  const read = (era: number) => readValue<StoredDecision>(table, decisionKey(era))
  return {
    read,
    async commit(decision) {
      const { era, doneIn } = decision
      const refused = await table.transact([
        { put: await valueItem(table, newId, decisionKey(era), decision), when: { expression: NOT_THERE } },
        {
          put: await valueItem(table, newId, { pk: decisionsOf(doneIn), sk: eraSk(era) }, decision),
          when: { expression: NOT_THERE },
        },
        {
          // What an era does is complete once it is closed: nothing may be added while it is settled.
          check: stateKey,
          when: { expression: 'openEra = :open', values: { ':open': numberValue(doneIn) } },
        },
      ])
      return refused.length === 0 ? decision : read(era)
    },
    async doneIn(era) {
      const decisions: StoredDecision[] = []
      for await (const item of table.query({ pk: decisionsOf(era) }))
        decisions.push(await storedValue<StoredDecision>(table, item))
      return decisions
    },
  }
}
