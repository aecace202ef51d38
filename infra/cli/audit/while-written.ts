import type { Item } from '../../../shared/store/attributes.ts'
import { type Audit, audit } from './audit.ts'

/** The most readings of one table: what is found in each of them is not a write that came between. */
const MAX_READINGS = 4

/**
 * Audits a table that may be written to while it is read: what is found only because one item was read before a
 * write and another after it is not found again. Answers with the last reading, and what every reading found.
 */
export async function auditWhileWritten(read: () => AsyncIterable<Item> | Iterable<Item>): Promise<Audit> {
  let last = await audit(read())
  for (let readings = 1; readings < MAX_READINGS && last.count > 0; readings += 1) {
    const next = await audit(read())
    const keys = new Set(next.findings.map(({ key }) => key))
    const lasting = last.findings.filter(({ key }) => keys.has(key))
    const isSure = lasting.length === last.findings.length
    // Findings beyond those that are kept cannot be set side by side: they count as they are.
    const beyond = Math.min(last.count - last.findings.length, next.count - next.findings.length)
    last = { ...next, findings: lasting, count: lasting.length + beyond }
    if (isSure) break
  }
  return last
}
