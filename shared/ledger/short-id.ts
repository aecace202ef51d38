import { hash } from 'node:crypto'

/** Characters of a made id: 104 bits, so that no two commands of a network ever make the same. */
const LENGTH = 26

/** The id of what a command makes, where nobody said one: the same however often the command is asked for. */
export function shortId(commandId: string): string {
  return hash('sha256', commandId, 'hex').slice(0, LENGTH)
}

/**
 * What a command is called by in what everybody may read. A caller's key may say what is nobody else's business, so
 * that of a request is the short id, which is also that of what it made; an event's id is public.
 */
export function commandName(commandId: string): string {
  return commandId.startsWith('cmd#') ? shortId(commandId) : commandId
}
