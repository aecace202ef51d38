import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Item } from '../../../shared/store/attributes.ts'

/** Names and values that an expression refers to. */
export interface Placeholders {
  ExpressionAttributeNames?: Record<string, string> | undefined
  ExpressionAttributeValues?: Record<string, AttributeValue> | undefined
}

/** What the simulated database was asked for and does not know: a gap of the simulation, never of the product. */
export class NotSimulated extends Error {
  override name = 'NotSimulated'
}

/** An expression read word by word. Only what the product says is understood; anything else throws. */
class Words {
  readonly #words: string[]
  readonly #placeholders: Placeholders
  readonly #text: string
  #at = 0

  constructor(text: string, placeholders: Placeholders) {
    this.#text = text
    this.#words = text.match(/[#:]?\w+|<>|<=|>=|[=<>(),]|\S/g) ?? []
    this.#placeholders = placeholders
  }

  get next(): string | undefined {
    return this.#words[this.#at]
  }

  take(): string {
    const word = this.#words[this.#at]
    if (word === undefined) return this.refuse()
    this.#at += 1
    return word
  }

  /** Whether the next word is this one; then it is taken. */
  has(word: string): boolean {
    if (this.next !== word) return false
    this.#at += 1
    return true
  }

  expect(word: string): void {
    if (!this.has(word)) this.refuse()
  }

  name(): string {
    const word = this.take()
    if (/^[a-z]\w*$/i.test(word)) return word
    return this.#placeholders.ExpressionAttributeNames?.[word] ?? this.refuse()
  }

  value(): AttributeValue {
    return this.#placeholders.ExpressionAttributeValues?.[this.take()] ?? this.refuse()
  }

  end(): void {
    if (this.next !== undefined) this.refuse()
  }

  refuse(): never {
    throw new NotSimulated(`expression at ${JSON.stringify(this.next ?? 'its end')}: ${this.#text}`)
  }
}

/** Whether a condition holds of an item, or of its absence. */
export function holds(text: string, placeholders: Placeholders, item: Item | undefined): boolean {
  const words = new Words(text, placeholders)
  const attribute = (): AttributeValue | undefined => {
    const name = words.name()
    return item?.[name]
  }
  const either = (): boolean => {
    let result = both()
    while (words.has('OR')) result = both() || result
    return result
  }
  const both = (): boolean => {
    let result = one()
    while (words.has('AND')) result = one() && result
    return result
  }
  const one = (): boolean => {
    if (words.has('(')) {
      const result = either()
      words.expect(')')
      return result
    }
    if (words.has('attribute_exists')) return exists()
    if (words.has('attribute_not_exists')) return !exists()
    const actual = attribute()
    const operator = words.take()
    const order = compare(actual, words.value())
    if (operator === '=') return order === 0
    if (operator === '<') return order !== undefined && order < 0
    if (operator === '<=') return order !== undefined && order <= 0
    if (operator === '>') return order !== undefined && order > 0
    if (operator === '>=') return order !== undefined && order >= 0
    return words.refuse()
  }
  const exists = (): boolean => {
    words.expect('(')
    const found = attribute() !== undefined
    words.expect(')')
    return found
  }
  const result = either()
  words.end()
  return result
}

/** An item as `SET a = :a, b = :b` or `ADD a :a, b :b` leaves it. */
export function updated(text: string, placeholders: Placeholders, item: Item): Item {
  const words = new Words(text, placeholders)
  const next = { ...item }
  const verb = words.take()
  do {
    const name = words.name()
    if (verb === 'SET') {
      words.expect('=')
      next[name] = words.value()
    } else if (verb === 'ADD') next[name] = { N: added(next[name], words.value()) }
    else words.refuse()
  } while (words.has(','))
  words.end()
  return next
}

/** The keys a query asks for: one partition, and bounds of the sort key. */
export interface KeyRange {
  partition: string
  isWithin: (sort: string) => boolean
}

export function keyRange(
  text: string,
  placeholders: Placeholders,
  names: { partition: string; sort: string },
): KeyRange {
  const words = new Words(text, placeholders)
  if (words.name() !== names.partition) words.refuse()
  words.expect('=')
  const partition = textOf(words.value())
  let isWithin = (_sort: string): boolean => true
  if (words.has('AND')) {
    if (words.name() !== names.sort) words.refuse()
    const operator = words.take()
    const bound = textOf(words.value())
    if (operator === 'BETWEEN') {
      words.expect('AND')
      const last = textOf(words.value())
      isWithin = (sort) => sort >= bound && sort <= last
    } else if (operator === '<') isWithin = (sort) => sort < bound
    else if (operator === '<=') isWithin = (sort) => sort <= bound
    else if (operator === '>') isWithin = (sort) => sort > bound
    else words.refuse()
  }
  words.end()
  return { partition, isWithin }
}

/** Undefined where the two cannot be compared: then no comparison holds. */
function compare(a: AttributeValue | undefined, b: AttributeValue): number | undefined {
  if (a?.N !== undefined && b.N !== undefined) return order(BigInt(a.N), BigInt(b.N))
  if (a?.S !== undefined && b.S !== undefined) return order(a.S, b.S)
  if (a === undefined || (a.B === undefined && b.B === undefined)) return undefined
  throw new NotSimulated('comparing bytes')
}

export function order<T extends string | bigint>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Numbers have at most 38 digits. */
const MOST = 10n ** 38n

export class NumberOverflow extends Error {}

function added(before: AttributeValue | undefined, by: AttributeValue): string {
  if (by.N === undefined || (before !== undefined && before.N === undefined))
    throw new NotSimulated('ADD of what is no number')
  const sum = BigInt(before?.N ?? '0') + BigInt(by.N)
  if (sum >= MOST || sum <= -MOST) throw new NumberOverflow('Number overflow')
  return sum.toString()
}

function textOf(value: AttributeValue): string {
  if (value.S === undefined) throw new NotSimulated('a key that is no text')
  return value.S
}
