import type { SettlementStore } from './ports.ts'

/**
 * Whether a closed era has nothing to settle of its own: nothing was booked in it, nothing decided of a held era, and
 * no command left it facts. Whatever moves there nevertheless comes from the eras before it.
 */
export async function isUntouched(
  { log, decisions, journal }: Pick<SettlementStore, 'log' | 'decisions' | 'journal'>,
  era: number,
  shards: number,
): Promise<boolean> {
  if (!(await log.isEmpty(era, shards))) return false
  const [decided, hasFacts] = await Promise.all([decisions.doneIn(era), journal.hasFacts(era)])
  return decided.length === 0 && !hasFacts
}
