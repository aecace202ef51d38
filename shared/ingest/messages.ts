import { type BusEventName, isCommandName } from '../domain/event.ts'
import type { Rejection } from '../events/contracts.ts'
import { type Admission, admit, type Booking } from './admission.ts'
import { type AdmittedCommand, admitCommand, type SentCommand } from './commands.ts'
import { type EventSources, readEnvelope } from './envelope.ts'
import type { Quarantined } from './ports.ts'
import { dataTexts } from './slices.ts'

/** What came from the queue: the body is an EventBridge envelope, or should be one. */
export interface Message {
  id: string
  body: string
}

/** What was sent. */
export type Sent = Pick<Quarantined, 'form' | 'original' | 'source' | 'detailType' | 'index'>

/** Something of a message that was not admitted, with what was sent. */
export type Refusal = Sent & Rejection

/** A message as admission sees it: each of its events is in one of the lists, or the message is refused whole. */
export interface ReadMessage {
  id: string
  /** What goes to the log. */
  bookings: Booking[]
  /** What is posted at once. */
  commands: SentCommand[]
  refusals: Refusal[]
}

/** Never throws: what cannot be read is refused with the reason. */
export function readMessage(message: Message, sources: EventSources, admission: Admission): ReadMessage {
  try {
    return readParts(message, sources, admission)
  } catch (error) {
    // Nesting deeper than the stack, for one: whatever it is, it must not keep the rest of the batch from its books.
    const refusal = { form: 'message', original: message.body, source: '', detailType: '' } as const
    return {
      id: message.id,
      bookings: [],
      commands: [],
      refusals: [{ ...refusal, ...unreadable('message', error) }],
    }
  }
}

function readParts({ id, body }: Message, sources: EventSources, admission: Admission): ReadMessage {
  const envelope = readEnvelope(body, sources)
  if ('rejection' in envelope) {
    const { rejection, source, detailType } = envelope
    return {
      id,
      bookings: [],
      commands: [],
      refusals: [{ ...rejection, form: 'message', original: body, source, detailType }],
    }
  }
  const { name, source, data } = envelope
  const read: ReadMessage = { id, bookings: [], commands: [], refusals: [] }
  let texts: string[] | undefined
  const sent = (index: number) => {
    texts ??= dataTexts(body)
    const original = texts[index] as string
    return { form: 'event', original, source, detailType: name, index } as const
  }
  for (let index = 0; index < data.length; index++) {
    const verdict = verdictOn(admission, name, data[index])
    if ('rejection' in verdict) read.refusals.push({ ...verdict.rejection, ...sent(index) })
    else if ('command' in verdict) read.commands.push({ ...verdict, sent: sent(index) })
    else read.bookings.push(verdict)
  }
  return read
}

function verdictOn(
  admission: Admission,
  name: BusEventName,
  data: unknown,
): Booking | AdmittedCommand | { rejection: Rejection } {
  try {
    return isCommandName(name) ? admitCommand(admission, name, data) : admit(admission, name, data)
  } catch (error) {
    return { rejection: unreadable('data', error) }
  }
}

function unreadable(rule: string, error: unknown): Rejection {
  // Out of stack: what the engine calls that says nothing to whoever sent it.
  const why =
    error instanceof RangeError ? 'it is deeper or longer than can be walked' : (error as Error).message
  return { rule, message: `it cannot be read: ${why}`, value: '' }
}
