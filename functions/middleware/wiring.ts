import { ExchequerError } from '../../shared/domain/errors.ts'

/** Makes a function's adapters at its first call rather than at import, and keeps them for the next ones. */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** Reads a variable that the template sets for this function. Throws `SettingMissing`. */
export function setting(name: string): string {
  const value = process.env[name]
  if (value === undefined || value === '') {
    throw new ExchequerError(
      'SettingMissing',
      `the environment variable ${name} must be set for this function`,
    )
  }
  return value
}

/** Reads a variable that holds a whole number, 0 or above. Throws `SettingMissing`, `SettingInvalid`. */
export function wholeSetting(name: string): number {
  const text = setting(name)
  if (!/^\d{1,9}$/.test(text)) {
    throw new ExchequerError(
      'SettingInvalid',
      `the environment variable ${name} must be a whole number: got ${JSON.stringify(text)}`,
    )
  }
  return Number(text)
}
