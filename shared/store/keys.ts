import type { Key } from './attributes.ts'

/** Every key of the table in one place. Numbers in sort keys are padded, so that their order is the order of text. */

/** Sort key of an item that is alone under its partition key. */
const ALONE = '.'

const alone = (pk: string): Key => ({ pk, sk: ALONE })

export const stateKey = alone('STATE')
export const systemKey = alone('SYSTEM')
export const clockKey = alone('CLOCK')

export const policyKey = (version: number): Key => ({ pk: 'POLICY', sk: `v${pad(version, 6)}` })

export const logOf = (era: number, shard: number): string => `LOG#${era}#${shard}`
export const runningKey = (era: number): Key => alone(`RUNNING#${era}`)

export const seenOf = (shard: number): string => `SEEN#${shard}`
export const factsOf = (era: number): string => `FACTS#${era}`
export const factsKey = (
  era: number,
  shard: number,
  what: number | 'purchases',
  attempt: string,
  chunk: number,
): Key => ({
  pk: factsOf(era),
  sk: `${shard}#${what}#${attempt}#${pad(chunk, 5)}`,
})

export const eraOf = (era: number): string => `ERA#${era}`
export const foldKey = (era: number, shard: number): Key => ({ pk: eraOf(era), sk: `FOLD#${shard}` })
export const weightKey = (era: number, partition: number): Key => ({
  pk: eraOf(era),
  sk: `WEIGHT#${pad(partition, 2)}`,
})
export const planKey = (era: number): Key => ({ pk: eraOf(era), sk: 'PLAN' })
export const creditKey = (era: number, partition: number): Key => ({
  pk: eraOf(era),
  sk: `CREDIT#${pad(partition, 2)}`,
})

export const decisionKey = (era: number): Key => ({ pk: eraOf(era), sk: 'DECISION' })
export const decisionsOf = (doneIn: number): string => `DECISIONS#${doneIn}`

export const weightsKey = (era: number, partition: number, attempt: string, chunk: number): Key => ({
  pk: `WEIGHTS#${era}#${partition}`,
  sk: `${attempt}#${pad(chunk, 5)}`,
})
export const carriedOf = (partition: number): string => `CARRIED#${partition}`

export const statementsOf = (era: number, partition: number): string => `STATEMENTS#${era}#${partition}`
export const pagesOf = (partition: number): string => `PAGES#${partition}`
export const pageSk = (page: number): string => pad(page, 5)

export const journalKey = (id: string): Key => alone(`JOURNAL#${id}`)
export const fenceKey = (fence: number): Key => ({ pk: 'FENCE', sk: pad(fence, 3) })
export const outboxOf = (era: number): string => `OUTBOX#${era}`
export const entriesOf = (account: string): string => `ENTRIES#${account}`
export const entrySk = (era: number, at: number, id: string): string => `${eraSk(era)}#${pad(at, 15)}#${id}`
export const recordKey = (kind: string, id: string): Key => alone(`${kind}#${id}`)

export const SEALS = 'SEALS'
export const eraSk = (era: number): string => pad(era, 12)

export const purchaseKey = (id: string): Key => alone(`PURCHASE#${id}`)
export const QUARANTINE = 'QUARANTINE'
export const quarantineKey = (id: string): Key => ({ pk: QUARANTINE, sk: id })

/** Where a value too large for its item goes, beside it: no query over the item's own partition key meets it. */
export const partKey = ({ pk, sk }: Key, attempt: string, part: number): Key => ({
  pk: `PART#${pk}#${sk}`,
  sk: `${attempt}#${pad(part, 5)}`,
})

function pad(value: number, digits: number): string {
  return value.toString().padStart(digits, '0')
}
