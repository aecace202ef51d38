import { assertInvariant } from '../domain/errors.ts'
import type { Seal } from '../domain/seal.ts'
import type { SealStore } from '../settlement/ports.ts'
import { numberValue } from './attributes.ts'
import { NOT_THERE, type Table } from './dynamo.ts'
import { eraSk, SEALS, stateKey } from './keys.ts'
import { systemItem } from './system.ts'
import { type NewId, storedValue, valueItem } from './values.ts'

export function sealStore(table: Table, newId: NewId): SealStore {
  const read = (era: number) => sealAt(table, era)
  return {
    read,
    async last() {
      for await (const item of table.query({ pk: SEALS, descending: true, limit: 1 }))
        return storedValue<Seal>(table, item)
      return undefined
    },
    async commit(seal, system) {
      const refused = await table.transact([
        {
          put: await valueItem(table, newId, { pk: SEALS, sk: eraSk(seal.era) }, seal),
          when: { expression: NOT_THERE },
        },
        {
          put: systemItem(system),
          when: { expression: 'version = :before', values: { ':before': numberValue(system.version - 1) } },
        },
        {
          update: stateKey,
          how: {
            set: 'SET sealedThrough = :through',
            expression: 'sealedThrough = :before AND closedThrough >= :through',
            values: { ':before': numberValue(seal.era - 1), ':through': numberValue(seal.through) },
          },
        },
      ])
      if (refused.length === 0) return seal
      const stored = await read(seal.era)
      const failed = refused.map((i) => ['SEAL', 'SYSTEM', 'STATE'][i]).join(', ')
      assertInvariant(
        stored !== undefined,
        () =>
          `era ${seal.era} follows the last sealed era and is closed, and system version ${system.version} follows: refused by ${failed}`,
      )
      return stored
    },
  }
}

/** The seal that covers an era: its own, or that of the range it lies in. */
export async function sealAt(
  table: Table,
  era: number,
  { eventual = false } = {},
): Promise<Seal | undefined> {
  const query = { pk: SEALS, through: eraSk(era), descending: true, limit: 1, eventual }
  for await (const item of table.query(query)) {
    const seal = await storedValue<Seal>(table, item, { eventual })
    return seal.through >= era ? seal : undefined
  }
  return undefined
}
