/** Reading untyped template values: each reader says where it looked when the shape is wrong. */

export type Fields = Readonly<Record<string, unknown>>

/** What makes the host refuse to start: something in the template it cannot honour. */
export class StartupError extends Error {
  override readonly name = 'StartupError'
}

export function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A record, or an empty one when the value is absent. */
export function recordOf(value: unknown): Fields {
  return isRecord(value) ? value : {}
}

/** A list, or an empty one when the value is absent; a single value becomes a list of one, as in IAM. */
export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value]
}

export function textsOf(value: unknown): readonly string[] {
  return listOf(value).map(String)
}

export function textOf(fields: Fields, key: string, where: string): string {
  const value = fields[key]
  if (typeof value !== 'string' || value === '') {
    throw new StartupError(`${where}: ${key} must be a text, got ${JSON.stringify(value)}`)
  }
  return value
}

export function optionalText(fields: Fields, key: string): string | undefined {
  const value = fields[key]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A number, also when the template wrote it as text (CloudFormation accepts both). */
export function numberOf(fields: Fields, key: string, fallback: number): number {
  const value = fields[key]
  if (value === undefined || value === null || value === '') return fallback
  const number = Number(value)
  if (!Number.isFinite(number))
    throw new StartupError(`${key} must be a number, got ${JSON.stringify(value)}`)
  return number
}

export function isTrue(value: unknown): boolean {
  return value === true || value === 'true'
}
