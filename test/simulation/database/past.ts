import type { AsOf, Database } from './database.ts'
import { NotSimulated } from './expressions.ts'

const NETWORK = new Set(['STATE', 'CLOCK', 'POLICY'])

/** Whether an item says of the network itself how far it is: instances keep that for some seconds. */
export function isNetwork(pk: string): boolean {
  return NETWORK.has(pk)
}

/** A client of the table as it was, for whom every item is as of a moment. Notes the keys of what it read. */
export function past(database: Database, momentOf: AsOf, touched: Map<string, { pk: string; sk: string }>) {
  const asOf: AsOf = (pk, sk) => {
    touched.set(`${pk}\n${sk}`, { pk, sk })
    return momentOf(pk, sk)
  }
  return async (
    _sdk: string,
    { constructor: { name }, input }: { constructor: { name: string }; input: object },
  ): Promise<unknown> => {
    const { ConsistentRead: _, ...eventual } = input as { ConsistentRead?: boolean }
    if (name === 'GetItemCommand') return database.get(eventual as never, asOf)
    if (name === 'QueryCommand') return database.query(eventual as never, asOf)
    throw new NotSimulated(`${name} by one who looks at the past`)
  }
}
