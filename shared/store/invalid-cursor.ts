import { ExchequerError } from '../domain/errors.ts'

/** A cursor that the store never gave. */
export function invalidCursor(cursor: string): ExchequerError {
  return new ExchequerError(
    'InvalidCursor',
    `a cursor is what a list gave as "next": got ${JSON.stringify(cursor)}`,
  )
}
