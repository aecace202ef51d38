import { bytesOf, type Item, type Key, keyOf, numberOf, textOf } from '../../../shared/store/attributes.ts'
import { decode } from '../../../shared/store/codec.ts'
import { partKey } from '../../../shared/store/keys.ts'
import type { Findings } from './finding.ts'

/** What is only on its way, or provisional, and nothing of the books: it is counted and not kept. */
const PASSING = /^(FACTS|RUNNING)#/

/** Every kind of item that the table may hold, by the beginning of its partition key. */
const KNOWN =
  /^(STATE|SYSTEM|CLOCK|POLICY|FENCE|SEALS|QUARANTINE)$|^(LOG|RUNNING|SEEN|FACTS|ERA|DECISIONS|WEIGHTS|CARRIED|STATEMENTS|PAGES|JOURNAL|OUTBOX|ENTRIES|PART|PURCHASE|OFFER|QUOTE|BOOKING|ORDER|PAYOUT|PREFERENCE|INVENTORY|RATE)#/

/**
 * All items of a table, kept as they are stored and decoded when they are asked for: memory holds the table
 * compressed, and of it what one check works on.
 */
export class Reading {
  /** How many items were read. */
  count = 0
  private readonly items = new Map<string, Map<string, Item>>()
  private readonly findings: Findings

  private constructor(findings: Findings) {
    this.findings = findings
  }

  static async of(items: AsyncIterable<Item> | Iterable<Item>, findings: Findings): Promise<Reading> {
    const reading = new Reading(findings)
    for await (const item of items) reading.keep(item)
    return reading
  }

  private keep(item: Item): void {
    this.count += 1
    const { pk, sk } = keyOf(item)
    if (!KNOWN.test(pk))
      this.findings.say('reading', { item: `${pk} / ${sk}` }, 'no reader knows such an item')
    if (PASSING.test(pk)) return
    const partition = this.items.get(pk)
    if (partition) partition.set(sk, item)
    else this.items.set(pk, new Map([[sk, item]]))
  }

  get({ pk, sk }: Key): Item | undefined {
    return this.items.get(pk)?.get(sk)
  }

  /** The items of one partition key, in the order of their sort keys. */
  all(pk: string): [sk: string, item: Item][] {
    return [...(this.items.get(pk) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))
  }

  /** What follows `prefix` in the partition keys that begin with it. */
  named(prefix: string): string[] {
    const found: string[] = []
    for (const pk of this.items.keys()) if (pk.startsWith(prefix)) found.push(pk.slice(prefix.length))
    return found.sort()
  }

  /** The value stored under a key; undefined where there is none, and where it cannot be read: then that is said. */
  value<T>(key: Key): T | undefined {
    const item = this.get(key)
    return item && this.valueOf<T>(item)
  }

  /** The value of an item, in parts or whole; undefined where it cannot be read, which is said. */
  valueOf<T>(item: Item): T | undefined {
    const key = keyOf(item)
    try {
      return decode<T>(item.parts === undefined ? bytesOf(item, 'd') : this.parts(item, key))
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.findings.say('reading', { item: nameOf(key) }, `it cannot be read: ${reason}`)
      return undefined
    }
  }

  private parts(item: Item, key: Key): Buffer {
    const attempt = textOf(item, 'attempt')
    const parts = Array.from({ length: numberOf(item, 'parts') }, (_, part) => {
      const found = this.get(partKey(key, attempt, part))
      if (found) return bytesOf(found, 'd')
      throw new Error(`part ${part} of it is missing`)
    })
    return Buffer.concat(parts)
  }
}

/** A key as findings name it. */
export function nameOf({ pk, sk }: Key): string {
  return `${pk} / ${sk}`
}
