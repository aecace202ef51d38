import type { Move } from '../../../../shared/domain/moves.ts'
import type { JournalEntry } from '../../../../shared/ledger/ports.ts'
import { type Damaged, found } from '../damage.ts'
import type { Lived } from '../lived.ts'

/** One thing that goes wrong in the table, and what a person reads of it: each of these is in some line. */
export type Corruption = [what: string, damage: (table: Damaged, lived: Lived) => void, ...told: RegExp[]]

/** An era as sort keys have it. */
export const eraKey = (era: number): string => String(era).padStart(12, '0')

/** The journal entry with a move like this. */
export function entryWith(table: Damaged, isMeant: (move: Move) => boolean): string {
  const ids = table.items.flatMap(({ pk }) => (pk?.S?.startsWith('JOURNAL#') ? [pk.S] : []))
  return found(ids, (pk) => table.read<JournalEntry>(pk).moves.some(isMeant))
}
