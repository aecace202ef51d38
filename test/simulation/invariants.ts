import type { Item } from '../../shared/store/attributes.ts'
import type { Change } from './database/database.ts'

/** Partition keys of what is written once and never changes. */
const ONCE =
  /^(LOG#|SEEN#|FACTS#|ERA#|WEIGHTS#|CARRIED#|STATEMENTS#|DECISIONS#|JOURNAL#|ENTRIES#|OUTBOX#|PURCHASE#|PART#|SEALS$|POLICY$)/

/** Numbers that only ever go up. */
const RISING: Record<string, string[]> = {
  STATE: ['openEra', 'closedThrough', 'sealedThrough', 'policyVersion'],
  FENCE: ['openEra'],
  CLOCK: ['watermark', 'latest', 'advancedTo'],
}

/** Whose version goes up by one with each change. */
const VERSIONED = /^(SYSTEM$|PAGES#|(OFFER|QUOTE|BOOKING|ORDER|PAYOUT|PREFERENCE|INVENTORY|RATE)#)/

/** What is wrong with a change of the table, whoever makes it and whenever; undefined when nothing is. */
export function wrongWith({ pk, sk, before, after }: Change): string | undefined {
  if (!before) return undefined
  const where = `${pk} / ${sk}`
  if (ONCE.test(pk) && !isSame(before, after))
    return `${where} is written once, and was written again with other content`
  for (const name of RISING[pk] ?? []) {
    const [was, is] = [before[name]?.N, after[name]?.N]
    if (Number(is) < Number(was)) return `${name} of ${where} went down from ${was} to ${is}`
  }
  const [was, is] = [before.version?.N, after.version?.N]
  if (VERSIONED.test(pk) && Number(is) !== Number(was) + 1)
    return `${where} went from version ${was} to ${is}`
  return undefined
}

function isSame(a: Item, b: Item): boolean {
  return sayItem(a) === sayItem(b)
}

/** An item as text, the same for the same content. */
export function sayItem(item: Item): string {
  return Object.entries(item)
    .map(([name, { S, N, B }]) => `${name}=${S ?? N ?? Buffer.from(B ?? []).toString('base64')}`)
    .sort()
    .join('\n')
}
