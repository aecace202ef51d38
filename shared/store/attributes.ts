import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { assertInvariant } from '../domain/errors.ts'

/** An item as the database's own client speaks of it: no conversion of what is mostly bytes. */
export type Item = Record<string, AttributeValue>

export interface Key {
  pk: string
  sk: string
}

export function keyItem({ pk, sk }: Key): Item {
  return { pk: { S: pk }, sk: { S: sk } }
}

export function keyOf(item: Item): Key {
  return { pk: textOf(item, 'pk'), sk: textOf(item, 'sk') }
}

/** Whole numbers of the adapter's own (eras, versions, counts, moments in ms); amounts go through the codec. */
export function numberValue(value: number | bigint): AttributeValue {
  return { N: value.toString() }
}

export function textValue(value: string): AttributeValue {
  return { S: value }
}

export function bytesValue(value: Uint8Array): AttributeValue {
  return { B: value }
}

export function numberOf(item: Item, name: string): number {
  const value = Number(item[name]?.N)
  assertInvariant(
    Number.isSafeInteger(value),
    () => `stored ${name} is a whole number: got ${JSON.stringify(item[name])}`,
  )
  return value
}

export function textOf(item: Item, name: string): string {
  const value = item[name]?.S
  assertInvariant(value !== undefined, () => `stored ${name} is text: got ${JSON.stringify(item[name])}`)
  return value
}

export function bytesOf(item: Item, name: string): Uint8Array {
  const value = item[name]?.B
  assertInvariant(value !== undefined, () => `stored ${name} is bytes: got ${JSON.stringify(item[name])}`)
  return value
}
