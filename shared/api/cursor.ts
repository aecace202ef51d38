import { hash } from 'node:crypto'
import { ProblemError } from './problems.ts'

const VERSION = '1'
const CHECK_LENGTH = 16

/**
 * Writes where a list goes on, as text that means nothing to the caller. It is bound to its list (with whatever the
 * list was filtered by), so that a cursor of another list is found out.
 */
export function writeCursor(list: string, key: string): string {
  return Buffer.from(`${VERSION}.${check(list, key)}.${key}`).toString('base64url')
}

/** Reads a cursor of this list. Throws `InvalidCursor` for one that is foreign, tampered with or of another version. */
export function readCursor(list: string, cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString()
  const [, version, sum, key] = /^([^.]*)\.([^.]*)\.(.*)$/s.exec(text) ?? []
  if (
    version === VERSION &&
    key !== undefined &&
    sum === check(list, key) &&
    writeCursor(list, key) === cursor
  )
    return key
  throw invalidCursor(cursor)
}

/** As {@link readCursor}, for keys that are eras. */
export function readEraCursor(list: string, cursor: string): number {
  const era = readCursor(list, cursor)
  if (!/^(0|[1-9][0-9]{0,14})$/.test(era)) throw invalidCursor(cursor)
  return Number(era)
}

function invalidCursor(cursor: string): ProblemError {
  const rule = 'a cursor is what an earlier answer of the same list gave as `next`'
  return new ProblemError('InvalidCursor', `${rule}: got ${JSON.stringify(cursor)}`)
}

/** Not a secret: what a cursor points at is public. It tells a wrong cursor from a right one. */
function check(list: string, key: string): string {
  return hash('sha256', `cursor\0${VERSION}\0${list}\0${key}`, 'hex').slice(0, CHECK_LENGTH)
}
