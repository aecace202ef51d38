import { setTimeout as sleep } from 'node:timers/promises'
import type { Entry } from './pack.ts'

/** What became of one entry: undefined when the bus took it. */
export type EntryFailure = { code: string; message: string } | undefined

/** Sends one request's entries; answers for each in order. Throws when nothing at all could be sent. */
export type PutEntries = (entries: Entry[]) => Promise<EntryFailure[]>

export interface Sent {
  events: number
  entries: number
  requests: number
  /** Events of entries that failed every time. */
  failed: number
  /** Why the last of them failed. */
  reason?: string
}

export interface SendOptions {
  /** Requests under way at once. */
  inFlight?: number
  /** How often an entry is tried in all. */
  attempts?: number
  /** Wait before the second attempt; doubles with every further one. */
  backoffMs?: number
  onProgress?: (sent: Sent) => void
}

/**
 * Sends requests a few at a time, so that a file is read no faster than the bus takes it, and tries failed entries
 * again, each at most `attempts` times. Entries that still fail are counted, not thrown: the caller decides.
 */
export async function sendRequests(
  requests: AsyncIterable<Entry[]>,
  put: PutEntries,
  { inFlight = 4, attempts = 5, backoffMs = 100, onProgress }: SendOptions = {},
): Promise<Sent> {
  const sent: Sent = { events: 0, entries: 0, requests: 0, failed: 0 }
  const underWay = new Set<Promise<void>>()
  let failure: { error: unknown } | undefined

  const sendOne = async (request: Entry[]): Promise<void> => {
    let left = request
    for (let attempt = 1; left.length > 0; attempt += 1) {
      const answers = await put(left)
      sent.requests += 1
      const failed = left.filter((_, index) => answers[index])
      for (const entry of left) if (!failed.includes(entry)) count(sent, entry)
      const reason = answers.find((answer) => answer)
      if (failed.length > 0 && attempt === attempts) {
        for (const entry of failed) sent.failed += entry.events
        sent.reason = `${reason?.code}: ${reason?.message}`
        return
      }
      if (failed.length > 0) await sleep(backoffMs * 2 ** (attempt - 1))
      left = failed
    }
    onProgress?.(sent)
  }

  for await (const request of requests) {
    if (failure) break
    const task = sendOne(request)
      .catch((error: unknown) => {
        failure ??= { error }
      })
      .finally(() => underWay.delete(task))
    underWay.add(task)
    if (underWay.size >= inFlight) await Promise.race(underWay)
  }
  await Promise.all(underWay)
  if (failure) throw failure.error
  return sent
}

function count(sent: Sent, entry: Entry): void {
  sent.events += entry.events
  sent.entries += 1
}
