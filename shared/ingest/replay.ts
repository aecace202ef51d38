import { ExchequerError } from '../domain/errors.ts'
import { admissionFor } from './admission.ts'
import { envelopeOf } from './envelope.ts'
import { follow, type IngestDeps, take, toQuarantined, viewOf } from './ingest.ts'
import { type Message, type ReadMessage, readMessage } from './messages.ts'
import type { Quarantined } from './ports.ts'

/** The most that one replay takes out of quarantine. */
export const MAX_REPLAYED = 500

export interface ReplayOrder {
  /** Which; everything that waits when absent, oldest first. */
  ids?: string[] | undefined
  /** Go on after this id: the `next` of the replay before. */
  after?: string | undefined
  /** Let in what is older than lateness. What was counted before is a duplicate all the same. */
  admitLate?: boolean | undefined
}

export interface ReplayReport {
  /** How many left quarantine. */
  replayed: number
  stillRejected: { id: string; rule: string; message: string }[]
  /** Ids that could not be written just now, and wait as before. */
  failed: string[]
  /** More may wait after this id. */
  next?: string
}

/**
 * Puts what is in quarantine through the same admission again, and books what passes. Of a message that was refused
 * whole, single events may still be refused: they wait under ids of their own, and the message itself is done with.
 * Throws `NetworkNotOpen`.
 */
export async function replay(deps: IngestDeps, order: ReplayOrder): Promise<ReplayReport> {
  const { store, sources, now } = deps
  const view = await viewOf(store)
  if (!view) throw new ExchequerError('NetworkNotOpen', 'the network is not open yet: nothing can be booked')
  const { records, report } = await recordsOf(deps, order)
  const { admitLate = false } = order
  const { pending } = view
  const admission = admissionFor(view.policy.policy, view.state, view.clock, now(), { admitLate, pending })
  const read = records.map((record) => readMessage(toMessage(record), sources, admission))
  const failed = await take(deps, view, read)
  await follow(
    deps,
    view,
    read.filter((message) => !failed.has(message)),
  )
  const done: string[] = []
  for (const [i, record] of records.entries()) {
    const message = read[i] as ReadMessage
    if (failed.has(message)) report.failed.push(record.id)
    else if (isRefusedAgain(record, message)) report.stillRejected.push(...rejectionsOf(message, [record.id]))
    else if (await splitRefusals(deps, record, message, report)) done.push(record.id)
    else report.failed.push(record.id)
  }
  await store.quarantine.markReplayed(done)
  report.replayed = done.length
  return report
}

async function recordsOf(
  { store }: Pick<IngestDeps, 'store'>,
  { ids, after }: ReplayOrder,
): Promise<{ records: Quarantined[]; report: ReplayReport }> {
  const report: ReplayReport = { replayed: 0, stillRejected: [], failed: [] }
  if (!ids) {
    const records = await store.quarantine.waiting({ after, limit: MAX_REPLAYED })
    const last = records.at(-1)
    if (records.length === MAX_REPLAYED && last) report.next = last.id
    return { records, report }
  }
  if (ids.length > MAX_REPLAYED) {
    throw new ExchequerError('TooManyIds', `one replay takes at most ${MAX_REPLAYED} ids: got ${ids.length}`)
  }
  const wanted = [...new Set(ids)]
  const found = await store.quarantine.read(wanted)
  const records = found.filter((record) => record?.status === 'waiting') as Quarantined[]
  wanted.forEach((id, i) => {
    const status = found[i]?.status
    if (status === undefined)
      report.stillRejected.push({ id, rule: 'id', message: 'nothing in quarantine has this id' })
    if (status === 'replayed')
      report.stillRejected.push({ id, rule: 'status', message: 'it was replayed before' })
  })
  return { records, report }
}

function toMessage({ id, form, original, source, detailType }: Quarantined): Message {
  return { id, body: form === 'message' ? original : envelopeOf({ source, detailType, text: original }) }
}

/** Nothing of it can be booked now either, so it stays as it is. */
function isRefusedAgain({ form }: Quarantined, { refusals }: ReadMessage): boolean {
  return refusals.some((refusal) => form === 'event' || refusal.form === 'message')
}

/** False when what is still refused of a message could not be written: then the message stays. */
async function splitRefusals(
  { store, newId, warn }: IngestDeps,
  record: Quarantined,
  message: ReadMessage,
  report: ReplayReport,
): Promise<boolean> {
  const { refusals } = message
  if (refusals.length === 0) return true
  const items = refusals.map((refusal) =>
    toQuarantined(refusal, record.messageId, newId(), record.receivedAt),
  )
  const error = (await store.quarantine.put(items)).find((one) => one !== undefined)
  if (error) warn(`what is still refused of ${record.id} could not be put into quarantine`, error)
  else
    report.stillRejected.push(
      ...rejectionsOf(
        message,
        items.map(({ id }) => id),
      ),
    )
  return error === undefined
}

function rejectionsOf({ refusals }: ReadMessage, ids: string[]): ReplayReport['stillRejected'] {
  return refusals.map(({ rule, message }, i) => ({ id: ids[i] as string, rule, message }))
}
