import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { Item } from '../../../shared/store/attributes.ts'
import { NotSimulated } from './expressions.ts'

/** Limits of DynamoDB. */
const PARTITION_KEY_BYTES = 2048
const SORT_KEY_BYTES = 1024

/** As the service answers to what it does not take. */
export function invalid(message: string): Error {
  return Object.assign(new Error(message), { name: 'ValidationException' })
}

/** The key of an item or, without `among`, a key alone. */
export function keyOf(key: Item | undefined, { among = false } = {}): { pk: string; sk: string } {
  const [pk, sk] = [key?.pk?.S, key?.sk?.S]
  if (pk === undefined || sk === undefined || (!among && Object.keys(key ?? {}).length !== 2))
    throw invalid('The provided key element does not match the schema')
  if (pk === '' || sk === '') throw invalid('One or more parameter values are not valid: an empty key')
  if (Buffer.byteLength(pk) > PARTITION_KEY_BYTES || Buffer.byteLength(sk) > SORT_KEY_BYTES)
    throw invalid('One or more parameter values were invalid: a key is too long')
  return { pk, sk }
}

/** As a batch or a transaction must name its items. */
export function requireDistinct(keys: readonly Item[]): void {
  const names = keys.map(({ pk, sk }) => nameOf(pk?.S ?? '', sk?.S ?? ''))
  if (new Set(names).size < names.length) throw invalid('Provided list of item keys contains duplicates')
}

export function nameOf(pk: string, sk: string): string {
  return `${pk}\n${sk}`
}

export function textAt(item: Item, name: string): string {
  return item[name]?.S ?? ''
}

/** As the service counts them. */
export function bytesOf(item: Item): number {
  let bytes = 0
  for (const [name, value] of Object.entries(item)) bytes += Buffer.byteLength(name) + valueBytes(value)
  return bytes
}

function valueBytes(value: AttributeValue): number {
  if (value.S !== undefined) return Buffer.byteLength(value.S)
  if (value.B !== undefined) return value.B.length
  if (value.N !== undefined && /^-?(0|[1-9]\d{0,37})$/.test(value.N)) return (value.N.length + 1) / 2 + 1
  throw new NotSimulated(`the value ${JSON.stringify(value)}`)
}
