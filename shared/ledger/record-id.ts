import { hash } from 'node:crypto'

/** Hex digits of a record's id: 104 bits, so that no two commands ever make the same. */
const LENGTH = 26

/** The id of the record that a command makes: the same each time the command comes again. */
export function recordIdOf(command: string): string {
  return hash('sha256', command, 'hex').slice(0, LENGTH)
}
