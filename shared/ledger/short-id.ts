import { hash } from 'node:crypto'

const SHORT = 26

/** The id of what a command makes: follows from the command's own, so the same command makes the same. Lower-case hex. */
export function shortId(commandId: string): string {
  return hash('sha256', commandId, 'hex').slice(0, SHORT)
}
