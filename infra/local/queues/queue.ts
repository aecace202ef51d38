import { hash, randomUUID } from 'node:crypto'

/** A message in a queue. */
export type Message = {
  readonly messageId: string
  /** The body as JSON text (quoted and escaped), ready to be put into a record. */
  readonly bodyJson: string
  readonly md5: string
  readonly sentMs: number
  readonly attributes: unknown
  /** Bytes of its record in a Lambda event, about. */
  readonly recordBytes: number
  receiveCount: number
  firstReceivedMs: number
  /** ARN of the queue it first failed in, once it is in a dead-letter queue. */
  deadLetterSource: string | undefined
}

/** A message handed out, until it is deleted or its visibility ends. */
export type Receipt = { readonly handle: string; readonly message: Message; visibleAtMs: number }

export type QueueSettings = {
  readonly name: string
  readonly arn: string
  readonly url: string
  readonly visibilityMs: number
  readonly delayMs: number
  readonly receiveWaitMs: number
  readonly redrive: { readonly deadLetterArn: string; readonly maxReceiveCount: number } | undefined
}

export type Depth = { readonly visible: number; readonly inFlight: number; readonly delayed: number }

/**
 * A standard queue of SQS, in memory: what it holds is gone when the host ends, also with a data folder.
 * Messages come out in the order they went in, which SQS does not promise.
 */
export type Queue = {
  readonly settings: QueueSettings
  readonly send: (body: string, attributes?: unknown, delayMs?: number) => Message
  /** Takes up to `max` messages of together at most `maxBytes` out for the visibility time. */
  readonly receive: (max: number, maxBytes?: number, visibilityMs?: number) => readonly Receipt[]
  readonly remove: (handle: string) => boolean
  readonly changeVisibility: (handle: string, visibilityMs: number) => boolean
  readonly purge: () => void
  readonly depth: () => Depth
  /** Whether a receive of `max` messages or `maxBytes` would come back full. */
  readonly fills: (max: number, maxBytes: number) => boolean
  /** Time the oldest visible message became visible, ms since the epoch; undefined when none is. */
  readonly waitingSinceMs: () => number | undefined
  /** Calls back whenever messages become visible or leave; gives the way to stop. */
  readonly onChange: (listener: () => void) => () => void
  /** Takes a message over from another queue, as a redrive does. */
  readonly accept: (message: Message) => void
  /** Takes all visible messages out for good. */
  readonly takeAll: () => readonly Message[]
  readonly close: () => void
}

export type DeadLetter = (message: Message, settings: QueueSettings) => void

/** Bytes of a record around its body. */
const RECORD_OVERHEAD = 520
/** Consumed places at the front of the list before it is cut. */
const COMPACT_AT = 1024

export function createQueue(settings: QueueSettings, deadLetter: DeadLetter): Queue {
  let visible: { message: Message; sinceMs: number }[] = []
  let head = 0
  let visibleBytes = 0
  const flights = new Map<string, Receipt>()
  const delayed = new Map<Message, number>()
  const listeners = new Set<() => void>()
  let timer: NodeJS.Timeout | undefined
  let timerAtMs = Number.POSITIVE_INFINITY
  let told = false

  /** Tells listeners once per turn, however many messages came in it. */
  const changed = () => {
    if (told) return
    told = true
    queueMicrotask(() => {
      told = false
      for (const listener of listeners) listener()
    })
  }
  const show = (message: Message) => {
    visible.push({ message, sinceMs: Date.now() })
    visibleBytes += message.recordBytes
    changed()
  }
  const shift = (): Message | undefined => {
    const item = visible[head]
    if (item === undefined) return undefined
    head++
    visibleBytes -= item.message.recordBytes
    if (head >= COMPACT_AT && head * 2 >= visible.length) {
      visible = visible.slice(head)
      head = 0
    }
    return item.message
  }
  const wakeAt = (atMs: number) => {
    if (atMs >= timerAtMs) return
    clearTimeout(timer)
    timerAtMs = atMs
    timer = setTimeout(wake, Math.max(0, atMs - Date.now()))
    timer.unref()
  }
  const wake = () => {
    timerAtMs = Number.POSITIVE_INFINITY
    const nowMs = Date.now()
    let nextMs = Number.POSITIVE_INFINITY
    for (const receipt of flights.values()) {
      if (receipt.visibleAtMs <= nowMs) comeBack(receipt)
      else nextMs = Math.min(nextMs, receipt.visibleAtMs)
    }
    for (const [message, atMs] of delayed) {
      if (atMs <= nowMs) {
        delayed.delete(message)
        show(message)
      } else nextMs = Math.min(nextMs, atMs)
    }
    if (nextMs !== Number.POSITIVE_INFINITY) wakeAt(nextMs)
  }
  const comeBack = ({ handle, message }: Receipt) => {
    flights.delete(handle)
    if (settings.redrive !== undefined && message.receiveCount >= settings.redrive.maxReceiveCount) {
      message.deadLetterSource = settings.arn
      deadLetter(message, settings)
      changed()
    } else show(message)
  }

  return {
    settings,
    send: (body, attributes, delayMs = settings.delayMs) => {
      const bodyJson = JSON.stringify(body)
      const message: Message = {
        messageId: randomUUID(),
        bodyJson,
        md5: hash('md5', body),
        sentMs: Date.now(),
        attributes,
        recordBytes: Buffer.byteLength(bodyJson) + RECORD_OVERHEAD,
        receiveCount: 0,
        firstReceivedMs: 0,
        deadLetterSource: undefined,
      }
      if (delayMs > 0) {
        delayed.set(message, message.sentMs + delayMs)
        wakeAt(message.sentMs + delayMs)
      } else show(message)
      return message
    },
    receive: (max, maxBytes = Number.POSITIVE_INFINITY, visibilityMs = settings.visibilityMs) => {
      const nowMs = Date.now()
      const receipts: Receipt[] = []
      let bytes = 0
      while (receipts.length < max) {
        const next = visible[head]?.message
        if (next === undefined || (receipts.length > 0 && bytes + next.recordBytes > maxBytes)) break
        shift()
        bytes += next.recordBytes
        next.receiveCount++
        if (next.firstReceivedMs === 0) next.firstReceivedMs = nowMs
        const receipt = { handle: randomUUID(), message: next, visibleAtMs: nowMs + visibilityMs }
        flights.set(receipt.handle, receipt)
        receipts.push(receipt)
      }
      if (receipts.length > 0) wakeAt(nowMs + visibilityMs)
      return receipts
    },
    remove: (handle) => {
      const removed = flights.delete(handle)
      if (removed) changed()
      return removed
    },
    changeVisibility: (handle, visibilityMs) => {
      const receipt = flights.get(handle)
      if (receipt === undefined) return false
      receipt.visibleAtMs = Date.now() + visibilityMs
      wakeAt(receipt.visibleAtMs)
      return true
    },
    purge: () => {
      visible = []
      head = 0
      visibleBytes = 0
      flights.clear()
      delayed.clear()
      changed()
    },
    depth: () => ({ visible: visible.length - head, inFlight: flights.size, delayed: delayed.size }),
    fills: (max, maxBytes) => visible.length - head >= max || visibleBytes >= maxBytes,
    waitingSinceMs: () => visible[head]?.sinceMs,
    onChange: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    accept: (message) => {
      message.receiveCount = 0
      message.firstReceivedMs = 0
      show(message)
    },
    takeAll: () => {
      const taken: Message[] = []
      for (let message = shift(); message !== undefined; message = shift()) taken.push(message)
      changed()
      return taken
    },
    close: () => clearTimeout(timer),
  }
}
